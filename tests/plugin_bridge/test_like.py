"""Searching like a product, alone and moved by words: "this, but blue"."""

import numpy as np
import pytest

from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.client import BridgeClient
from plugin_bridge.searching.likeness import moved
from tests.fixtures.bridge import Bridge
from tests.plugin_bridge.test_service import ALIAS, ids, picture, refusal


def test_like_a_product_alone_is_similar_items(bridge: Bridge) -> None:
    with bridge.http() as http:
        by_search = http.post("/v1/search", json={"like": "sofa", "size": 4})
        by_similar = http.get("/v1/similar/sofa", params={"size": 4})
        assert ids(by_search) == ids(by_similar)
        assert "sofa" not in ids(by_search)
        assert by_search.json()["query"] == "sofa"


def test_words_move_what_a_product_is_like(bridge: Bridge) -> None:
    with bridge.http() as http:
        plain = ids(http.post("/v1/search", json={"like": "sofa", "size": 9}))
        moved_there = http.post("/v1/search", json={"like": "sofa", "text": "for boiling water", "size": 9})
        assert moved_there.json()["query"] == "for boiling water"
        ranked = ids(moved_there)
        assert ranked.index("kettle") < plain.index("kettle")
        assert ranked.index("couch") < ranked.index("drill")  # still like the sofa
        assert "sofa" not in ranked


def test_filters_pages_and_explanations_hold(bridge: Bridge) -> None:
    wanted = {"like": "sofa", "text": "for reading", "filters": {"brand": "Lune"}, "explain": True}
    with bridge.http() as http:
        whole = http.post("/v1/search", json=wanted)
        assert set(ids(whole)) == {"couch", "mattress", "lamp"}
        paged = [ids(http.post("/v1/search", json=wanted | {"size": 1, "from": page}))[0] for page in range(3)]
        assert paged == ids(whole)
        first = whole.json()["hits"][0]
        assert first["explain"]["text"]["cosine"] > 0
        by_vector = http.post("/v1/search", json=wanted | {"mode": "vector"})
        assert set(ids(by_vector)) == {"couch", "mattress", "lamp"}


def test_a_product_with_an_awkward_id_and_a_form(bridge: Bridge) -> None:
    with bridge.http() as http:
        assert "a/b c" not in ids(http.post("/v1/search", json={"like": "a/b c"}))
        form = http.post("/v1/search", files={"like": (None, "sofa"), "text": (None, "grey"), "size": (None, "3")})
        assert len(ids(form)) == 3
    with BridgeClient(bridge.url, bridge.secret()) as client:
        assert client.search("grey", like="sofa", size=2).hits[0].id != "sofa"


def test_what_cannot_be_liked(bridge: Bridge) -> None:
    with bridge.http() as http:
        assert refusal(http.post("/v1/search", json={"like": "nothing"}), 404)["field"] == "id"
        for mode in ("keyword", "native"):
            wrong = http.post("/v1/search", json={"like": "sofa", "mode": mode})
            assert refusal(wrong, 400)["field"] == "mode"
        both = http.post("/v1/search", data={"like": "sofa"}, files={"image": ("a.png", picture((1, 2, 3)))})
        assert refusal(both, 400)["field"] == "like"


def test_a_product_without_vectors(bridge: Bridge, cluster: Cluster) -> None:
    live = generations.live(cluster, ALIAS)
    assert live is not None
    cluster.request("PUT", f"/{live.index}/_doc/bare", {"title": "bare"}, params={"refresh": True})
    try:
        with bridge.http() as http:
            wrong = refusal(http.post("/v1/search", json={"like": "bare", "text": "blue"}), 409)
        assert "has no vectors yet" in wrong["message"]
    finally:
        cluster.request("DELETE", f"/{live.index}/_doc/bare", params={"refresh": True})


def test_the_direction_between_a_product_and_words() -> None:
    one, other = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    assert moved(one, other, photo=False) == pytest.approx([2**-0.5, 2**-0.5])
    assert moved(one, other, photo=True) == pytest.approx([5**-0.5, 2 * 5**-0.5])
    assert moved(None, other, photo=True) is other
    assert moved(one, -one, photo=False) == pytest.approx([-1.0, 0.0])
