"""Reviewing over HTTP: who may, what is answered, and what stands in the way."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.testclient import TestClient

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.client import BridgeClient, BridgeRefusedError
from plugin_bridge.review.desk import ReviewDesk
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.values import Wanted
from plugin_bridge.service.app import create_app
from plugin_bridge.service.context import open_context
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore
from tests.fixtures.bridge import known_commands
from tests.plugin_bridge.review.conftest import Suggest, Tagger, source

SAYS = {
    "blank": [("category", "Fruit", 0.9), ("category", "Shoes", 0.2), ("tags", "new", 0.6)],
    "shoe": [("tags", "summer", 0.95)],
}


@pytest.fixture
def http(cluster: Cluster, tmp_path: Path, alias: str, generation: Generation) -> Iterator[TestClient]:
    """A bridge in this process over the test's generation and database, with a merchandiser's token named anna."""
    settings = Settings(home=tmp_path / "home", alias=alias)
    context = open_context(settings, known_commands(), Cluster(cluster.url))
    desk = ReviewDesk(
        settings, context.storage, context.cluster, context.registry.pool, lambda name, generation: Tagger(SAYS)
    )
    secret = TokenStore(settings.home).add("anna", "merchandiser")
    with TestClient(create_app(replace(context, desk=desk))) as client:  # type: ignore[arg-type]
        client.headers["authorization"] = f"Bearer {secret}"
        yield client


def ids(http: TestClient, **params: Any) -> list[int]:
    return [one["id"] for one in http.get("/v1/suggestions", params=params).json()["suggestions"]]


def make(http: TestClient, **body: Any) -> dict[str, Any]:
    started = http.post("/v1/suggestions/make", json=body)
    assert started.status_code == 202, started.text
    end = time.monotonic() + 120
    while time.monotonic() < end:
        state: dict[str, Any] = http.get(f"/v1/suggestions/jobs/{started.json()['job']}").json()
        if state["state"] != "running":
            return state
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def test_a_storefront_may_not(http: TestClient, tmp_path: Path) -> None:
    secret = TokenStore(tmp_path / "home").secret("storefront")
    assert http.get("/v1/suggestions", headers={"authorization": f"Bearer {secret}"}).status_code == 403
    assert http.post("/v1/suggestions/accept", json={"ids": [1]}, headers={"authorization": ""}).status_code == 401


def test_made_listed_accepted_and_taken_back(http: TestClient, cluster: Cluster, generation: Generation) -> None:
    state = make(http, all=True)
    assert (state["state"], state["by"], state["done"], state["total"]) == ("done", "anna", 5, 5)
    assert state["result"]["by_field"] == {"category": 2, "tags": 2}
    page = http.get("/v1/suggestions", params={"size": 2}).json()
    assert page["total"] == 4
    assert [one["confidence"] for one in page["suggestions"]] == [0.95, 0.9]
    assert len(ids(http, sure=True)) == 2
    assert len(ids(http, field="category", value="Fruit", product="blank")) == 1
    (number,) = ids(http, value="summer")
    answer = http.post("/v1/suggestions/accept", json={"ids": [number]})
    assert answer.status_code == 200
    assert (answer.json()["decided"][0]["product"], answer.json()["pending"]) == ("shoe", 0)
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "summer"]
    (event,) = http.get("/v1/suggestions/history", params={"product": "shoe"}).json()["events"]
    assert (event["by"], event["action"], event["model"]) == ("anna", "accept", "tiny")
    (week,) = http.get("/v1/suggestions/precision").json()["weeks"]
    assert (week["model"], week["accepted"], week["precision"]) == ("tiny", 1, 1.0)
    (row,) = map(orjson.loads, http.get("/v1/suggestions/export").text.splitlines())
    assert (row["id"], row["tags"], row["reviewed"]) == ("shoe", ["sale", "summer"], ["tags"])
    undone = http.post("/v1/suggestions/undo", json={"operation": answer.json()["operation"]})
    assert undone.status_code == 200
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale"]
    assert ids(http, value="summer", state="any") == [number]


def test_grouped_by_value_and_with_their_products(http: TestClient) -> None:
    make(http, all=True)
    groups = http.get("/v1/suggestions/groups").json()["groups"]
    found = [(one["field"], one["value"], one["count"], one["sure"]) for one in groups]
    assert found == [
        ("category", "Fruit", 1, 1), ("category", "Shoes", 1, 0), ("tags", "new", 1, 0), ("tags", "summer", 1, 1)
    ]  # fmt: skip
    assert (groups[1]["lowest"], groups[1]["highest"]) == (0.2, 0.2)
    assert len(http.get("/v1/suggestions/groups", params={"sure": True, "field": "tags"}).json()["groups"]) == 1
    page = http.get("/v1/suggestions", params={"field": "tags", "value": "summer", "products": True}).json()
    assert page["products"] == {"shoe": {"title": "Running shoe", "category": ["Shoes", "Trainers"], "tags": ["sale"]}}
    assert http.get("/v1/suggestions/groups", params={"state": "?"}).status_code == 422


def test_a_category_and_those_below_it(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SAYS, "apple", [("category", "Shoes > Boots", 0.5), ("tags", "Shoes > no category", 0.5)])
    monkeypatch.setitem(SAYS, "boot", [("category", "Shoes_ > Boots", 0.5)])
    make(http, all=True)
    under = http.get("/v1/suggestions", params={"under": "Shoes"}).json()["suggestions"]
    assert {(one["product"], one["value"]) for one in under} == {("blank", "Shoes"), ("apple", "Shoes > Boots")}
    preview = http.post("/v1/suggestions/preview", json={"action": "refuse", "under": "Shoes"}).json()
    assert preview["count"] == 2
    done = http.post(
        "/v1/suggestions/bulk", json={"action": "refuse", "under": "Shoes", "token": preview["token"]}
    ).json()
    assert {one["product"] for one in done["decided"]} == {"blank", "apple"}


def test_correct_and_refuse(http: TestClient, cluster: Cluster, generation: Generation) -> None:
    make(http, ids=["blank"])
    (number,) = ids(http, value="Fruit")
    refusal = http.post("/v1/suggestions/correct", json={"id": number, "value": "Nowhere"})
    assert refusal.status_code == 409
    assert refusal.json()["conflicts"][0]["code"] == "no_category"
    assert "does not exist in the catalogue" in refusal.json()["error"]["message"]
    assert http.post("/v1/suggestions/correct", json={"id": number, "value": "Shoes > Boots"}).status_code == 200
    assert source(cluster, generation.index, "blank")["category"] == ["Shoes", "Boots"]
    (tag,) = ids(http, field="tags")
    assert http.post("/v1/suggestions/refuse", json={"ids": [tag]}).json()["decided"][0]["action"] == "refuse"
    again = http.post("/v1/suggestions/accept", json={"ids": [tag]})
    assert (again.status_code, again.json()["conflicts"][0]["by"]) == (409, "anna")
    assert http.post("/v1/suggestions/accept", json={"ids": [10**6]}).status_code == 404


def test_in_bulk(http: TestClient, cluster: Cluster, generation: Generation) -> None:
    make(http, all=True)
    wanted = {"action": "accept", "min_confidence": 0.5}
    preview = http.post("/v1/suggestions/preview", json=wanted).json()
    assert (preview["count"], preview["products"]) == (3, 2)
    assert http.post("/v1/suggestions/bulk", json=wanted | {"token": "x"}).status_code == 409
    done = http.post("/v1/suggestions/bulk", json=wanted | {"token": preview["token"]}).json()
    assert len(done["decided"]) == 3
    assert source(cluster, generation.index, "blank")["category"] == ["Fruit"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("accept", {"ids": []}, "ids"),
        ("accept", {"ids": [1], "who": "me"}, "who"),
        ("correct", {"id": 1}, "value"),
        ("preview", {"action": "correct"}, "action"),
        ("preview", {"action": "accept", "min_confidence": 2}, "min_confidence"),
        ("undo", {"operation": "x"}, "operation"),
        ("make", {}, "ids"),
        ("make", {"all": True, "ids": ["a"]}, "ids"),
    ],
)
def test_wrong_requests_are_named(http: TestClient, path: str, body: dict[str, Any], field: str) -> None:
    answer = http.post(f"/v1/suggestions/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def test_what_is_not_there(http: TestClient) -> None:
    assert http.get("/v1/suggestions", params={"state": "lost"}).status_code == 422
    assert http.get("/v1/suggestions/jobs/99").status_code == 404
    assert http.post("/v1/suggestions/undo", json={"operation": 99}).status_code == 404
    assert http.post("/v1/suggestions/make", json={"all": True, "alias": "nowhere"}).status_code == 409


def test_a_bridge_that_starts_writes_what_was_recorded(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest, tmp_path: Path, alias: str
) -> None:
    (number,) = suggest(("shoe", "tags", "late", 0.9))
    kill = reviewer.documents.mark
    reviewer.documents.mark = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        reviewer.accept([number], "anna")
    reviewer.documents.mark = kill  # type: ignore[method-assign]
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale"]
    context = open_context(Settings(home=tmp_path / "home", alias=alias), known_commands(), Cluster(cluster.url))
    with TestClient(create_app(context)):  # type: ignore[arg-type]
        end = time.monotonic() + 120
        while reviewer.ledger.pending() and time.monotonic() < end:
            time.sleep(0.05)
    assert source(cluster, generation.index, "shoe")["tags"] == ["sale", "late"]
    assert reviewer.ledger.find(Wanted(state="accepted")).total == 1


def test_a_damaged_database_stops_no_search(
    cluster: Cluster, generation: Generation, tmp_path: Path, alias: str
) -> None:
    settings = Settings(home=tmp_path / "home", alias=alias)
    settings.home.mkdir()
    (settings.home / "kindred.db").write_bytes(b"no database" * 1000)
    with TestClient(create_app(open_context(settings, known_commands(), Cluster(cluster.url)))) as client:  # type: ignore[arg-type]
        client.headers["authorization"] = f"Bearer {TokenStore(settings.home).secret('merchandiser')}"
        answer: httpx.Response = client.get("/v1/suggestions")
        assert answer.status_code == 500
        assert "is damaged" in answer.json()["error"]["message"]
        assert client.post("/v1/search", json={"text": "shoe", "mode": "keyword"}).json()["total"] == 2


def test_the_client_speaks_to_it(http: TestClient, cluster: Cluster, generation: Generation) -> None:
    def passed_on(request: httpx.Request) -> httpx.Response:
        path, headers = request.url.raw_path.decode(), dict(request.headers)
        answer = http.request(request.method, path, content=request.content, headers=headers)
        return httpx.Response(answer.status_code, content=answer.content)

    secret = http.headers["authorization"].split()[1]
    client = BridgeClient("http://testserver", secret, transport=httpx.MockTransport(passed_on))
    number = client.make_suggestions()
    while client.job(number)["state"] == "running":
        time.sleep(0.02)
    (tag,) = client.suggestions(value="summer")["suggestions"]
    done = client.accept([tag["id"]])
    with pytest.raises(BridgeRefusedError, match=r"decided already: accepted by anna") as told:
        client.accept([tag["id"]])
    assert told.value.status == 409
    client.undo(done["operation"])
    (fruit,) = client.suggestions(value="Fruit", sure=True)["suggestions"]
    assert client.correct(fruit["id"], "Shoes")["decided"][0]["value"] == "Shoes"
    preview = client.preview("refuse", field="tags")
    assert preview["count"] == len(client.decide_in_bulk("refuse", preview["token"], field="tags")["decided"]) == 2
    with pytest.raises(BridgeRefusedError, match="loaded without photos"):
        client.duplicates()
