"""Labels over HTTP, through a real bridge and a real node: what the desktop and other clients rely on."""

import time
import uuid
from typing import Any

import httpx
import pytest

from plugin_bridge.client import BridgeClient
from tests.fixtures.bridge import PRODUCTS, Bridge

IDS = [one["id"] for one in PRODUCTS]
QUERY = "boots for the labels test"


def key() -> str:
    return str(uuid.uuid4())


def label(left: str, right: str, said: str, **more: object) -> dict[str, object]:
    return {"key": key(), "left": left, "right": right, "label": said, "at": None, "source": "search", **more}


@pytest.fixture
def http(bridge: Bridge) -> httpx.Client:
    return bridge.http("merchandiser")


def save(http: httpx.Client, *labels: dict[str, object]) -> httpx.Response:
    return http.post("/v1/labels/pairs", json={"labels": list(labels)})


def wait_for_pairs(http: httpx.Client) -> dict[str, Any]:
    """Return the next pairs; the first ones are made in the background."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        answer = http.get("/v1/labels/next", params={"count": 3})
        assert answer.status_code == 200, answer.text
        if answer.json()["left"] is not None:
            return dict(answer.json())
        time.sleep(0.1)
    raise AssertionError("the queue is not ready")


def test_the_queue_asks_for_pairs_and_never_twice(http: httpx.Client) -> None:
    seen: set[str] = set()
    for _ in range(4):
        answer = wait_for_pairs(http)
        pairs = answer["pairs"]
        assert pairs and answer["left"] is not None
        assert not seen & {one["key"] for one in pairs}
        for one in pairs:
            assert {one["left"]["id"], one["right"]["id"]} <= set(IDS) and one["left"]["product"]["title"]
            assert one["why"]["kind"] in ("uncertain", "disagreement", "diverse", "random") and one["why"]["text"]
            assert -1 <= one["similarity"]["text"] <= 1
        seen |= {one["key"] for one in pairs}
        said = [label(one["left"]["id"], one["right"]["id"], "dissimilar", source="queue") for one in pairs]
        assert [one["state"] for one in save(http, *said).json()["saved"]] == ["saved"] * len(pairs)


def test_labels_are_saved_repeated_taken_back_and_settled(bridge: Bridge, http: httpx.Client) -> None:
    first = label("sofa", "tent", "similar")
    answer = save(http, first, label("tent", "tent", "similar"), label("sofa", "ghost", "similar"))
    assert answer.status_code == 200
    body = answer.json()
    assert [one["state"] for one in body["saved"]] == ["saved"]
    assert {one["field"]: one["message"] for one in body["refused"]} == {
        "right": "there is no product 'ghost'",
    } | {one["field"]: one["message"] for one in body["refused"] if "both are" in one["message"]}
    assert len(body["refused"]) == 2
    assert save(http, first).json()["saved"] == [{**body["saved"][0], "state": "already"}]
    with bridge.http("admin") as other:
        against = save(other, label("tent", "sofa", "dissimilar")).json()
        assert [(one["by"], one["label"]) for one in against["conflicts"][0]["labels"]] == [
            ("merchandiser", "similar"),
            ("admin", "dissimilar"),
        ]
        refused = other.post("/v1/labels/undo", json={"key": key(), "of": first["key"]})
        assert refused.status_code == 403 and "merchandiser" in refused.json()["error"]["message"]
    conflicts = http.get("/v1/labels/conflicts").json()["conflicts"]
    assert ("sofa", "tent") in {(one["left"], one["right"]) for one in conflicts}
    settled = http.post("/v1/labels/settle", json={"left": "sofa", "right": "tent", "label": "dissimilar"})
    assert settled.json()["state"] == "saved"
    left = http.get("/v1/labels/conflicts").json()["conflicts"]
    assert ("sofa", "tent") not in {(one["left"], one["right"]) for one in left}
    undo = {"key": key(), "of": first["key"]}
    done = http.post("/v1/labels/undo", json=undo).json()
    assert done == {"undone": body["saved"][0]["id"], "left": "sofa", "right": "tent", "label": "similar"}
    assert http.post("/v1/labels/undo", json=undo).json() == done
    rows = http.get("/v1/labels/pairs", params={"product": "tent", "size": 10}).json()["labels"]
    assert [one["kind"] for one in rows][:2] == ["undo", "settle"]
    assert {"id", "left", "right", "label", "by", "at", "source", "key", "pair"} <= set(rows[0])


def test_the_figures_of_labelling(http: httpx.Client) -> None:
    save(http, label("drill", "lamp", "similar"), label("drill", "boots", "skip"))
    stats = http.get("/v1/labels/stats").json()
    assert stats["mine"] >= 2 and stats["today"] >= stats["mine"]
    assert {"pairs", "similar", "dissimilar", "skipped", "annotators", "conflicts", "curve"} <= set(stats)
    assert set(stats["agreement"]) == {"kappa", "low", "high", "pairs"}
    assert stats["verdict"]["stop"] is None and "Too few labels" in stats["verdict"]["text"]


def test_judgments_over_http(http: httpx.Client) -> None:
    given = {"key": key(), "query": "  boots   for the labels test ", "product": "boots", "rating": 3}
    body = {"judgments": [given, {"key": key(), "query": QUERY, "product": "ghost", "rating": 1}]}
    answer = http.post("/v1/judgments", json=body).json()
    assert [one["state"] for one in answer["saved"]] == ["saved"] and answer["refused"][0]["field"] == "product"
    found = http.get("/v1/judgments", params={"query": QUERY}).json()["judgments"]
    assert [(one["product"], one["rating"], one["by"]) for one in found] == [("boots", 3, "merchandiser")]
    header, *rows = http.get("/v1/judgments/export", params={"format": "quepid"}).text.splitlines()
    assert header == "query,docid,rating"
    assert f"{QUERY},boots,3" in rows  # among those of other tests of the same shop
    again = f"{header}\n{QUERY},boots,3\n{QUERY},sofa,1\n"
    imported = http.post("/v1/judgments/import", params={"format": "quepid"}, content=again)
    assert {name: imported.json()[name] for name in ("rows", "saved", "already")} == {
        "rows": 2,
        "saved": 1,
        "already": 1,
    }
    http.post("/v1/judgments/undo", json={"key": key(), "of": given["key"]})
    left = http.get("/v1/judgments", params={"query": QUERY}).json()["judgments"]
    assert [(one["product"], one["rating"]) for one in left] == [("sofa", 1)]


def test_files_over_http(http: httpx.Client) -> None:
    save(http, label("pan", "kettle", "similar"))
    content = http.get("/v1/labels/export", params={"format": "csv"}).text
    assert content.startswith("left,right,label,by,at,source\r\n") and "kettle,pan,similar,merchandiser" in content
    report = http.post("/v1/labels/import", content=content.encode()).json()
    assert report["saved"] == 0 and report["already"] == report["rows"] > 0
    report = http.post("/v1/labels/import", content=b"left,right,label\npan,ghost,1\nlamp,pan,0\n").json()
    assert (report["saved"], report["refused"][0]["line"]) == (1, 2)
    refused = http.post("/v1/labels/import", content=b"left,right\npan,lamp\n")
    assert refused.status_code == 422 and "no column label" in refused.json()["error"]["message"]
    assert http.post("/v1/labels/import", params={"format": "xml"}, content=b"").status_code == 422


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/labels/pairs", {"labels": []}, "labels"),
        ("/v1/labels/pairs", {"labels": [{"left": "a", "right": "b", "label": "skip"}]}, "labels.0.key"),
        ("/v1/labels/pairs", {"labels": [label("a", "b", "alike")]}, "labels.0.label"),
        ("/v1/labels/pairs", {"labels": [label("a", "b", "skip", extra=1)]}, "labels.0.extra"),
        ("/v1/labels/pairs", {"labels": [label("sofa", "sofa", "skip")]}, "right"),
        ("/v1/labels/pairs", {"labels": [label("sofa", "ghost", "skip")]}, "right"),
        ("/v1/labels/undo", {"key": "k"}, "id"),
        ("/v1/labels/settle", {"left": "a", "right": "b", "label": "skip"}, "label"),
        ("/v1/judgments", {"judgments": [{"key": "k", "query": "q", "product": "sofa", "rating": 4}]}, None),
        ("/v1/judgments", {"judgments": [{"key": "k", "query": " ", "product": "sofa", "rating": 1}]}, "query"),
    ],
)
def test_wrong_requests_are_told(http: httpx.Client, path: str, body: dict[str, Any], field: str | None) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error["message"] and (field is None or error["field"] == field)


def test_who_may_label(bridge: Bridge) -> None:
    with bridge.http("storefront") as shopper:
        for method, path in (("GET", "/v1/labels/next"), ("POST", "/v1/labels/pairs"), ("GET", "/v1/judgments/export")):
            assert shopper.request(method, path).status_code == 403
    with bridge.http(None) as nobody:
        assert nobody.get("/v1/labels/stats").status_code == 401


def test_an_alias_without_products_is_told(http: httpx.Client) -> None:
    answer = http.get("/v1/labels/next", params={"alias": "nobody"})
    assert answer.status_code == 409 and "nothing is live behind nobody" in answer.json()["error"]["message"]


def test_the_client_has_a_method_for_each(bridge: Bridge) -> None:
    with BridgeClient(bridge.url, bridge.secret("merchandiser")) as client:
        assert {"pairs", "left"} <= set(client.next_pairs(2, exclude=["x"]))
        mine = label("hose" if "hose" in IDS else IDS[0], IDS[-1], "similar")
        saved = client.save_labels([mine])["saved"][0]
        assert client.undo_label(key(), id=saved["id"])["undone"] == saved["id"]
        assert client.labels(size=1)[0]["kind"] == "undo"
        assert client.label_stats()["pairs"] >= 0 and client.label_conflicts() is not None
        again = [label(IDS[0], IDS[-1], "similar")]
        client.save_labels(again)
        assert client.settle_labels(IDS[0], IDS[-1], "similar")["state"] == "saved"
        judged = {"key": key(), "query": "tea", "product": IDS[0], "rating": 1}
        client.save_judgments([judged])
        assert [one["rating"] for one in client.judgments("tea")] == [1]
        assert client.undo_judgment(key(), of=judged["key"])["rating"] == 1
