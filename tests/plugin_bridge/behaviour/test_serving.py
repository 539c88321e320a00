"""Recommendations from a real generation, over HTTP and in process."""

import threading
from typing import Any

import httpx
import numpy as np
import pytest

from plugin_bridge.behaviour import recommending
from plugin_bridge.behaviour.publishing import publish
from plugin_bridge.behaviour.recommending import SCORERS, Wish
from plugin_bridge.in_process import open_recommender
from plugin_bridge.service.recommending import MOST_IDS
from plugin_bridge.settings import Settings
from tests.fixtures.habits import ALIAS, Served

BASKET = ["item-0", "item-4"]  # aisle 0


def ask(served: Served, **wish: Any) -> dict[str, Any]:
    with served.bridge.http() as client:
        response = client.post("/v1/recommend", json=wish)
    assert response.status_code == 200, response.text
    return dict(response.json())


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def refused(served: Served, **wish: Any) -> httpx.Response:
    with served.bridge.http() as client:
        return client.post("/v1/recommend", json=wish)


def test_known_products_have_their_vector_and_new_ones_a_predicted_one(served: Served) -> None:
    assert served.published.counts["predicted"] == 1
    assert served.published.counts["known"] == 47
    assert served.published.counts["written"] == 48
    again = publish(served.cluster, ALIAS, served.shop.model)
    assert again.counts["written"] == 0  # nothing changed, nothing is written


def test_what_comes_next_is_of_the_aisle_and_not_owned(served: Served) -> None:
    found = ask(served, history=BASKET, size=6, explain=True)
    assert not found["degraded"]
    assert found["history_used"] == 2
    assert len(ids(found)) == 6
    assert not set(ids(found)) & set(BASKET)
    same_aisle = [one for one in ids(found) if one == "new-0" or int(one.split("-")[1]) % 4 == 0]
    assert len(same_aisle) >= 5
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3, 4, 5, 6]
    assert not any(name.startswith("kindred_") for hit in found["hits"] for name in hit["product"])
    because = [hit["explain"]["text"] for hit in found["hits"]]
    assert any(text.startswith("because you bought Aisle 0 thing") for text in because)


def test_where_few_of_the_likeliest_pass_the_others_are_asked_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = Wish(history=BASKET, size=10, filters={"brand": "odd"}, alias=ALIAS)
    found = []
    with open_recommender(Settings(home=served.shop.home), served.cluster) as recommender:
        for first in (recommending.CANDIDATES, 0):
            monkeypatch.setattr(recommending, "FIRST", first)
            monkeypatch.setattr(recommending, "NEAREST", 1)
            hits = recommender.recommend(wish).answer.hits
            found.append([(hit.id, hit.score) for hit in hits])
    # The aisle's own products are all even: twice as many as are wanted do not hold ten odd ones.
    assert found[0] == found[1]
    assert len(found[0]) == 10


def test_filters_stock_and_deleted_products(served: Served) -> None:
    found = ask(served, history=BASKET, size=40, filters={"brand": "even"})
    assert ids(found)
    assert all(hit["product"]["brand"] == "even" for hit in found["hits"])
    assert "item-8" not in ids(found)  # sold out
    assert "item-12" not in ids(found)  # no longer in the shop
    cheap = ask(served, history=BASKET, size=40, filters={"price": {"lt": 10}})
    assert all(hit["product"]["price"] < 10 for hit in cheap["hits"])
    assert refused(served, history=BASKET, filters={"nonsense": 1}).status_code == 400


def test_a_new_product_is_recommended_by_its_predicted_vector(served: Served) -> None:
    found = ask(served, history=["item-0", "item-4", "item-16"], size=48, explain=True)
    new = [hit for hit in found["hits"] if hit["id"] == "new-0"]
    assert new
    assert new[0]["explain"]["predicted"] is True


def test_a_customer_of_the_diary_is_recommended_to_by_id(served: Served) -> None:
    found = ask(served, customer="C1", size=5)
    assert found["history_used"] > 0
    assert int(ids(found)[0].split("-")[1]) % 4 == 1  # it owns ten of the twelve things of its aisle
    assert "C1" not in str(found)  # what is logged and cached elsewhere holds no raw id
    assert "C1" not in served.bridge.log.read_text()
    again = ask(served, customer="C1", size=40, owned=True)
    assert len(ids(again)) > len(ids(ask(served, customer="C1", size=40)))


def test_unknown_customers_and_histories_get_what_is_popular_and_are_told(served: Served) -> None:
    stranger = ask(served, customer="nobody", size=3)
    assert len(ids(stranger)) == 3
    assert "nothing is known of this customer" in stranger["notes"][0]
    unknown = ask(served, history=["no-such-item", "item-12345"], size=3)
    assert len(ids(unknown)) == 3
    assert unknown["notes"] == ["2 items of the history are unknown to the model and were left out"]
    assert len(ids(ask(served, size=3, context="Malta"))) == 3


def test_a_history_of_ten_thousand_is_capped_and_said(served: Served) -> None:
    found = ask(served, history=[f"item-{n % 48}" for n in range(10_000)], size=3, owned=True)
    assert found["notes"] == ["the history has 10,000 items; its latest 1,000 were used"]
    assert found["history_used"] == 1_000
    assert refused(served, history=["item-1"] * (MOST_IDS + 1)).status_code == 422


def test_a_basket_and_the_favourites_of_the_like_minded(served: Served) -> None:
    basket = ask(served, history=BASKET, kind="basket", size=3)
    assert basket["mode"] == "basket"
    assert all(int(one.split("-")[1]) % 4 == 0 for one in ids(basket))
    liked = ask(served, history=BASKET, kind="favourites", size=3)
    assert all(int(one.split("-")[1]) % 4 == 0 for one in ids(liked))


def test_diversity_changes_what_is_shown(served: Served) -> None:
    best = ask(served, history=["item-0", "item-1"], size=6)
    mixed = ask(served, history=["item-0", "item-1"], size=6, diversity=0.9)
    assert ids(best)[0] == ids(mixed)[0]
    assert set(ids(best)) != set(ids(mixed))


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"history": ["a"], "customer": "b"}, 400),
        ({"kind": "everything"}, 422),
        ({"diversity": 2}, 422),
        ({"size": -1}, 400),
        ({"history": "item-1"}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_wrong_wishes_are_refused(served: Served, wish: dict[str, Any], status: int) -> None:
    assert refused(served, **wish).status_code == status


def test_too_late_is_answered_by_what_is_popular(served: Served) -> None:
    settings = Settings(home=served.shop.home, alias=ALIAS)
    done = threading.Event()
    with open_recommender(settings, served.cluster) as recommender:
        recommender._settings = settings.model_copy(update={"search_deadline_ms": 0})
        for _ in range(SCORERS):
            recommender._threads.submit(done.wait)  # all that could score are busy
        found = recommender.recommend(Wish(history=BASKET, size=3))
        done.set()
    assert found.answer.degraded
    assert found.answer.reason == "scoring took longer than 0 ms"
    assert len(found.answer.hits) == 3


def test_segments_are_the_aisles(served: Served) -> None:
    with served.bridge.http("merchandiser") as client:
        found = client.get("/v1/segments", params={"count": 4}).json()
    assert sum(one["customers"] for one in found["segments"]) == 160
    for one in found["segments"]:
        aisles = {int(mark["item"].split("-")[1]) % 4 for mark in one["products"]}
        assert len(aisles) == 1
        # Customers buy in their own aisle only, a quarter of them each; what all products have marks nobody.
        assert [mark["value"] for mark in one["tags"]] == [f"aisle {aisles.pop()}"]
        assert one["tags"][0]["lift"] == pytest.approx(4, rel=0.15)
        points = np.array([(point["x"], point["y"]) for point in found["points"] if point["segment"] == one["segment"]])
        assert [one["x"], one["y"]] == pytest.approx(points.mean(axis=0).tolist(), abs=1e-3)  # all 160 are mapped
    with served.bridge.http() as client:
        assert client.get("/v1/segments").status_code == 403


def test_a_storefronts_search_is_ranked_for_its_customer(served: Served) -> None:
    def search(**ext: Any) -> list[tuple[str, float]]:
        body: dict[str, Any] = {"query": {"match": {"title": "thing"}}, "size": 47, "_source": ["title"]}
        if ext:
            body["ext"] = {"ml_inference": ext}
        hits = served.cluster.search(ALIAS, body)["hits"]["hits"]
        assert not any("kindred_behaviour" in hit["_source"] for hit in hits)
        return [(hit["_id"], round(hit["_score"], 4)) for hit in hits]

    plain = search()
    wait_until(lambda: dict(search(history=["item-1", "item-5"])) != dict(plain))
    personal = dict(search(history=["item-1", "item-5"]))
    gains = {one: personal[one] - score for one, score in plain if one in personal}
    aisle = [gain for one, gain in gains.items() if one != "new-0" and int(one.split("-")[1]) % 4 == 1]
    others = [gain for one, gain in gains.items() if one != "new-0" and int(one.split("-")[1]) % 4 != 1]
    assert min(aisle) > max(others)
    for nothing in ({"history": []}, {"history": "item-1"}, {"history": [1, 2]}, {"history": ["no-such"]}):
        assert search(**nothing) == plain


def wait_until(holds: Any, seconds: float = 90.0) -> None:
    import time

    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
