"""Rules through the bridge: set, seen in both ways to search, previewed, taken back, and known to other bridges."""

import time
from typing import Any

import httpx
import pytest

from opensearch.client import Cluster
from plugin_bridge.client import BridgeClient, BridgeRefusedError
from tests.fixtures.bridge import PRODUCTS, Bridge

ALIAS = "bridge-shop"
QUERY = "couch"
WAIT_SECONDS = 60


def add(http: httpx.Client, action: str, *products: str, **more: Any) -> dict[str, Any]:
    body = {"action": action, "kind": "query", "value": QUERY, "products": list(products), **more}
    answer = http.post("/v1/rules", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def searched(http: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = http.post("/v1/search", json={"text": QUERY, "size": 20, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def storefront(cluster: Cluster, query: Any = None, **body: Any) -> list[str]:
    query = query or {"match": {"title": QUERY}}
    answer = cluster.request("POST", f"/{ALIAS}/_search", {"query": query, "size": 20, **body})
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def test_both_ways_to_search_obey_at_once_and_alike(http: httpx.Client, cluster: Cluster) -> None:
    plain = ids(searched(http))
    add(http, "hide", plain[0])
    add(http, "pin", "drill", place=2)
    expected = [plain[1], "drill", *(one for one in plain[2:] if one != "drill")]
    assert ids(searched(http)) == expected
    assert ids(searched(http, explain=True)) == expected
    assert storefront(cluster)[:2] == expected[:2] and plain[0] not in storefront(cluster)
    assert ids(searched(http, rules=False)) == plain
    assert storefront(cluster, ext={"ml_inference": {"rules": "off"}})[0] == plain[0]
    other = http.post("/v1/search", json={"text": "couches", "size": 20}).json()
    assert plain[0] in ids(other)


@pytest.mark.parametrize("mode", ["keyword", "vector", "hybrid"])
def test_every_mode_obeys_and_says_why(http: httpx.Client, mode: str) -> None:
    add(http, "pin", "drill")
    add(http, "hide", field="brand", of="nordhus")
    add(http, "boost", "couch", factor=2)
    found = searched(http, mode=mode, explain=True)
    assert ids(found)[:2] == ["drill", "couch"] and "sofa" not in ids(found)
    pinned, boosted = (hit["explain"]["rule"] for hit in found["hits"][:2])
    assert pinned["share"] == 1 and pinned["rules"][0]["action"] == "pin"
    assert boosted["share"] == pytest.approx(1 - 1 / 2)
    assert boosted["rules"][0]["action"] == "boost" and boosted["rules"][0]["factor"] == 2
    shares = [part.get("share", 0) for part in found["hits"][1]["explain"].values() if isinstance(part, dict)]
    assert sum(shares) == pytest.approx(1)
    assert all("rule" not in hit["explain"] for hit in found["hits"][2:])


def test_native_mode_similar_items_and_facets_leave_out_what_is_hidden(http: httpx.Client) -> None:
    add(http, "hide", "couch", kind="pattern", value="*")
    assert "couch" not in ids(searched(http, mode="native"))
    assert "couch" not in ids(http.get("/v1/similar/sofa").json())
    assert "couch" in ids(http.get("/v1/similar/sofa", params={"rules": False}).json())
    facets = http.post("/v1/facets", json={"fields": ["brand"]}).json()["facets"][0]["values"]
    brands = [one["brand"] for one in PRODUCTS if one["id"] != "couch"]
    assert {one["value"]: one["count"] for one in facets} == {brand: brands.count(brand) for brand in set(brands)}


def test_a_category_page_is_arranged(http: httpx.Client, cluster: Cluster) -> None:
    add(http, "pin", "pan", kind="category", value="Kitchen")
    page = {"bool": {"filter": [{"term": {"category": "kitchen"}}]}}
    assert storefront(cluster, page) == ["pan", "kettle"]
    found = http.post("/v1/search", json={"filters": {"category": "kitchen"}, "mode": "keyword"}).json()
    assert ids(found) == ["pan", "kettle"]


def test_pages_are_stable_under_pins(http: httpx.Client) -> None:
    add(http, "pin", "drill", "a/b c", place=3)
    whole = searched(http)
    paged = [one for start in range(0, whole["total"], 2) for one in ids(searched(http, size=2, **{"from": start}))]
    assert paged == ids(whole) and paged[2:4] == ["drill", "a/b c"]


def test_a_storefronts_pages_hold_a_pin_in_its_place(http: httpx.Client, cluster: Cluster) -> None:
    add(http, "pin", "drill", place=4)
    whole = storefront(cluster)
    assert whole[3] == "drill"
    pages = [storefront(cluster, size=2, **{"from": start}) for start in range(0, len(whole), 2)]
    assert [one for page in pages for one in page] == whole


def test_weights_shift_the_balance(http: httpx.Client) -> None:
    text = "frying pan for camping"
    words = http.post("/v1/search", json={"text": text, "weights": {"keyword": 50}, "explain": True}).json()
    meaning = http.post("/v1/search", json={"text": text, "weights": {"keyword": 0}, "explain": True}).json()

    def share(answer: dict[str, Any], part: str) -> float:
        return float(answer["hits"][0]["explain"][part]["share"])

    assert share(words, "keyword") + share(words, "all_words") > 0.8
    assert share(meaning, "text") > 0.99
    vector = http.post("/v1/search", json={"text": text, "mode": "vector"}).json()
    assert ids(meaning)[:3] == ids(vector)[:3]
    for wrong in ({"keyword": -1}, {"text": 1e9}, {"words": 1}):
        answer = http.post("/v1/search", json={"text": text, "weights": wrong})
        assert answer.status_code == 422 and answer.json()["error"]["field"].startswith("weights.")


def test_a_preview_changes_nothing(http: httpx.Client) -> None:
    plain = ids(searched(http))
    kept = add(http, "pin", "lamp")
    rule = {"action": "hide", "kind": "pattern", "value": "couch", "products": ["lamp"], "starts": "2099-01-01"}
    found = http.post("/v1/rules/preview", json={"rule": rule, "query": QUERY}).json()
    assert found["before"][0]["id"] == "lamp"
    assert "lamp" not in [hit["id"] for hit in found["after"]]
    assert found["conflicts"][0] | {"text": ""} == {
        "kind": "hidden", "rules": [0, kept["id"]], "wins": 0, "text": ""
    }  # fmt: skip
    assert [one["id"] for one in http.get("/v1/rules").json()["rules"]] == [kept["id"]]
    changed = kept["rule"] | {"place": 2}
    draft = {name: changed[name] for name in ("action", "kind", "value", "products", "place")}
    found = http.post("/v1/rules/preview", json={"rule": draft, "id": kept["id"]}).json()
    assert found["query"] == QUERY and not found["conflicts"]
    assert [hit["id"] for hit in found["after"]][:2] == [plain[0], "lamp"]


def test_changes_are_kept_for_ever_and_can_be_undone(http: httpx.Client) -> None:
    made = add(http, "pin", "lamp", owner="Ann", note="the lamp of the week")
    rule = {"action": "pin", "kind": "query", "value": QUERY, "products": ["tent"]}
    changed = http.put(f"/v1/rules/{made['id']}", json=rule | {"version": made["event"]}).json()
    late = http.put(f"/v1/rules/{made['id']}", json=rule | {"version": made["event"]})
    assert late.status_code == 409 and late.json()["error"]["field"] == "version"
    removed = http.delete(f"/v1/rules/{made['id']}").json()
    assert removed["rule"] is None and http.get("/v1/rules").json()["rules"] == []
    early = http.post("/v1/rules/undo", json={"event": changed["event"]})
    assert early.status_code == 409
    assert http.post("/v1/rules/undo", json={}).json()["rule"]["products"] == ["tent"]
    assert ids(searched(http))[0] == "tent"
    again = http.get("/v1/rules/audit", params={"rule": made["id"]}).json()["events"]
    assert [one["kind"] for one in again] == ["undo", "remove", "change", "add"]
    assert again[0]["undoes"] == removed["event"] and {one["by"] for one in again} == {"merchandiser"}
    redone = http.post("/v1/rules/undo", json={"event": again[0]["id"]}).json()
    assert redone["rule"] is None and ids(searched(http))[0] != "tent"


def test_a_repeat_changes_nothing(http: httpx.Client) -> None:
    first = add(http, "pin", "lamp", key="k-1")
    second = add(http, "pin", "lamp", key="k-1")
    assert second["state"] == "already" and second["id"] == first["id"]
    assert len(http.get("/v1/rules").json()["rules"]) == 1
    assert http.delete(f"/v1/rules/{first['id']}", params={"key": "k-1"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "burn"}, "action"),
        ({"value": " "}, "value"),
        ({"products": []}, "products"),
        ({"ends": "soon"}, "ends"),
        ({"colour": "red"}, "colour"),
        ({"factor": 1000}, "factor"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_place(http: httpx.Client, body: dict[str, Any], field: str) -> None:
    rule = {"action": "pin", "kind": "query", "value": "x", "products": ["lamp"]}
    answer = http.post("/v1/rules", json=rule | body)
    assert answer.status_code == 422 and answer.json()["error"]["field"] == field
    assert http.get("/v1/rules").json()["rules"] == []


def test_a_storefront_may_not_change_rules(bridge: Bridge) -> None:
    with bridge.http("storefront") as client:
        assert client.get("/v1/rules").status_code == 403
        assert client.post("/v1/rules", json={}).status_code == 403


def test_a_rule_of_another_program_is_noticed(bridge: Bridge, http: httpx.Client) -> None:
    """What the command line or another bridge writes into the database is obeyed within moments."""
    from plugin_bridge.rules.ledger import RuleLedger
    from plugin_bridge.rules.values import Draft
    from plugin_bridge.storage import open_storage

    ledger = RuleLedger(open_storage(bridge.settings), ALIAS)
    made = ledger.add(Draft("pin", "query", QUERY, ("tent",)), "ann", "from-elsewhere")
    end = time.monotonic() + WAIT_SECONDS
    while ids(searched(http))[0] != "tent":
        assert time.monotonic() < end
        time.sleep(0.1)
    ledger.remove(made.number, "ann", "and-away")


def test_where_encoding_takes_too_long_the_rules_still_hold(new_bridge: Any, cluster: Cluster) -> None:
    bridge, _ = new_bridge("rules-slow", KINDRED_DEADLINE_MS="1")
    with bridge.http("merchandiser") as http:
        add(http, "pin", "drill", kind="pattern", value="c*")
        add(http, "hide", "couch", kind="pattern", value="c*")
        for number in range(200):  # now and then a vector is there within a millisecond
            query = {"match": {"title": f"couch {number}"}}
            answer = cluster.request("POST", "/rules-slow/_search", {"query": query})
            found = [hit["_id"] for hit in answer["hits"]["hits"]]
            assert found[0] == "drill" and "couch" not in found
            if 'reason="deadline"' in http.get("/metrics").text:
                assert found == ["drill"]
                return
    raise AssertionError("no request was too slow")


def test_the_client_speaks_of_rules(bridge: Bridge, http: httpx.Client) -> None:
    with BridgeClient(bridge.url, bridge.secret("merchandiser")) as client:
        rule = {"action": "pin", "kind": "query", "value": QUERY, "products": ["tent"]}
        assert client.preview_rule(rule)["after"][0]["id"] == "tent"
        made = client.add_rule(rule)
        assert client.search(QUERY).hits[0].id == "tent"
        assert client.search(QUERY, rules=False, weights={"text": 2}).hits[0].id != "tent"
        client.change_rule(made["id"], rule | {"place": 2})
        client.remove_rule(made["id"])
        assert client.undo_rule()["rule"]["place"] == 2
        assert len(client.audit_rules()["events"]) >= 4 and len(client.rules()["rules"]) == 1
        with pytest.raises(BridgeRefusedError) as caught:
            client.remove_rule(10**6)
        assert caught.value.status == 404
