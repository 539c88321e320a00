"""Every way in which a storefront can send its keyword query to the alias, through the real pipeline and bridge."""

import orjson
import pytest

from opensearch.generations import DEFAULT_LEXICAL

ALIAS = "bridge-shop"
SETTEE = {"match": {"title": "settee"}}  # no product has the word; the sofa and the couch are what it means


def ids(answer):
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def post(cluster, path, body=None, **params):
    return cluster.request("POST", f"/{ALIAS}/{path}", body, params=params or None)


@pytest.fixture(scope="module")
def settees(bridge, cluster):
    """What vectors find for a word that no product has."""
    assert ids(post(cluster, "_search", {"query": SETTEE}, search_pipeline="_none")) == []
    found = ids(post(cluster, "_search", {"query": SETTEE}))
    assert found[0] == "sofa"
    return found


def test_a_query_in_the_address(settees, cluster):
    assert ids(cluster.request("GET", f"/{ALIAS}/_search", params={"q": "settee", "size": 20})) == settees
    operators = cluster.request("GET", f"/{ALIAS}/_search", params={"q": "title:sofa OR title:kettle"})
    assert set(ids(operators)) == {"sofa", "kettle"}


def test_parameters_in_the_address(settees, cluster):
    page = post(cluster, "_search", {"query": SETTEE}, size=1, **{"from": 1, "_source_includes": "title,price"})
    assert ids(page) == settees[1:2]
    assert set(page["hits"]["hits"][0]["_source"]) == {"title", "price"}
    counted = post(cluster, "_search", {"query": SETTEE}, track_total_hits="true", timeout="2s")
    assert counted["hits"]["total"] == {"value": len(settees), "relation": "eq"}
    query = {"query": {"match": {"title": "reading lamp"}}}
    sorted_by_price = post(cluster, "_search", query, sort="price:asc")
    assert ids(sorted_by_price) == ids(post(cluster, "_search", query, sort="price:asc", search_pipeline="_none"))


def test_several_searches_in_one_request(settees, cluster):
    lines = [{}, {"query": SETTEE, "size": 20}, {}, {"query": {"match_all": {}}, "size": 1}]
    body = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    answers = post(cluster, "_msearch", body)["responses"]
    assert ids(answers[0]) == settees
    assert len(ids(answers[1])) == 1


def test_a_search_template(settees, cluster):
    body = {"source": {"query": {"match": {"title": "{{words}}"}}, "size": 20}, "params": {"words": "settee"}}
    assert ids(post(cluster, "_search/template", body)) == settees


def test_a_point_in_time(settees, cluster):
    pit = post(cluster, "_search/point_in_time", keep_alive="1m")["pit_id"]
    answer = cluster.request("POST", "/_search", {"query": SETTEE, "size": 20, "pit": {"id": pit}})
    cluster.request("DELETE", "/_search/point_in_time", {"pit_id": [pit]})
    # A search of a point in time names no index, so no pipeline runs: the plain keyword answer, and no error.
    assert ids(answer) in ([], settees)


def test_a_scroll_gives_every_product_once_in_the_same_order(settees, cluster):
    query = {"query": {"match": {"title": "camping boots lamp settee"}}, "size": 2}
    whole = ids(post(cluster, "_search", {**query, "size": 100}))
    answer = post(cluster, "_search", query, scroll="1m")
    seen = ids(answer)
    while ids(answer):
        answer = cluster.request("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": answer["_scroll_id"]})
        seen += ids(answer)
    assert seen == whole
    by_index_order = post(cluster, "_search", {**query, "sort": ["_doc"]}, scroll="1m")
    plain = post(cluster, "_search", {**query, "sort": ["_doc"]}, scroll="1m", search_pipeline="_none")
    assert ids(by_index_order) == ids(plain)


@pytest.mark.parametrize(
    "text",
    [
        "settee ${parameters.body}",
        "settee ${credential.token} ${x}",
        'settee "quoted" \\ back',
        "settee \u0000\u0007\n\t",
        "settee 沙发 👟",
        "settee <script>alert(1)</script>",
        "settee AND (NOT *:*)",
        "settee " * 400,
        "!!! ??? ...",
        "",
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_whatever_a_shopper_types_is_answered(settees, cluster, text):
    answer = post(cluster, "_search", {"query": {"match": {"title": text}}})
    assert answer["_shards"]["failed"] == 0
    if text.startswith("settee") and "${parameters" not in text:
        assert {"sofa", "couch"} & set(ids(answer))


def test_the_storefront_ranks_as_the_bridge_does(bridge, cluster):
    lexical = list(DEFAULT_LEXICAL)
    for text in ("settee", "warm boots for a mountain walk", "kettle"):
        clause = {"query": text, "fields": lexical, "type": "best_fields", "tie_breaker": 0.3}
        stored = post(cluster, "_search", {"query": {"multi_match": clause}, "size": 10})["hits"]["hits"]
        hits = bridge.http().post("/v1/search", json={"text": text, "size": 10}).json()["hits"]
        assert [hit["id"] for hit in hits] == [hit["_id"] for hit in stored]
        assert [hit["score"] for hit in hits] == pytest.approx([hit["_score"] for hit in stored], rel=1e-5)
