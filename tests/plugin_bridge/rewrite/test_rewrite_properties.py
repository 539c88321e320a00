"""Generated requests, each sent to the real node as it is and rewritten."""

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from opensearch.errors import ClusterRefusedError
from tests.plugin_bridge.rewrite import shelf

WORDS = [word for words in shelf.MEANINGS for word in words] + ["plain", "thing", "asdfgh", "KD-00012"]
shoppers_texts = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join),
    st.text(min_size=0, max_size=30),
    st.sampled_from(
        ['<script>alert("x")</script>', "red && (shoe OR *:*)", "${parameters.body}", '"', "\\", "红色 鞋", "👟"]
    ),
)
boosts = st.sampled_from([1, 1.0, 0.5, 3, 20])


def text_clause(text):
    fields = st.sampled_from([["title"], ["title^3", "brand"], ["title^2.5", "brand^0.5", "colour.text"]])
    return st.one_of(
        st.builds(lambda boost: {"match": {"title": {"query": text, "boost": boost}}}, boosts),
        st.builds(lambda how: {"match": {"title": {"query": text, "operator": how}}}, st.sampled_from(["and", "or"])),
        st.just({"match": {"brand": text}}),
        st.just({"match_phrase": {"title": {"query": text, "slop": 2}}}),
        st.builds(
            lambda names, kind, boost: {"multi_match": {"query": text, "fields": names, "type": kind, "boost": boost}},
            fields,
            st.sampled_from(["best_fields", "most_fields", "cross_fields", "phrase", "bool_prefix"]),
            boosts,
        ),
        st.builds(lambda names: {"combined_fields": {"query": text, "fields": names[:1]}}, fields),
        st.builds(lambda names: {"query_string": {"query": text, "fields": names, "lenient": True}}, fields),
        st.builds(lambda names: {"simple_query_string": {"query": text, "fields": names}}, fields),
    )


filters = st.one_of(
    st.builds(lambda value: {"term": {"brand.raw": value}}, st.sampled_from(shelf.BRANDS)),
    st.builds(lambda values: {"terms": {"category": values}}, st.lists(st.sampled_from(shelf.THINGS), min_size=1)),
    st.builds(
        lambda low, width: {"range": {"price": {"gte": low, "lt": low + width}}}, st.integers(0, 40), st.integers(1, 50)
    ),
    st.just({"exists": {"field": "stock"}}),
    st.just({"match": {"title": "small"}}),
    st.just({"prefix": {"brand.raw": "B"}}),
    st.just({"bool": {"should": [{"term": {"variants": 0}}, {"term": {"variants": 1}}]}}),
    st.just({"ids": {"values": ["p0001", "p0002", "p0003"]}}),
)


@st.composite
def queries(draw, text):
    """A storefront's query around `text`, and the filters that stand at its top."""
    scoring = draw(text_clause(text))
    for _ in range(draw(st.integers(0, 2))):
        scoring = draw(
            st.sampled_from(
                [
                    {"constant_score": {"filter": scoring}},
                    {"dis_max": {"queries": [scoring, {"term": {"sku": text[:50]}}], "tie_breaker": 0.3}},
                    {"bool": {"should": [scoring, {"term": {"brand.raw": {"value": "Acme", "boost": 2}}}]}},
                    {"bool": {"must": [scoring], "must_not": [{"term": {"variants": 9}}]}},
                    {
                        "function_score": {
                            "query": scoring,
                            "field_value_factor": {"field": "stock", "modifier": "log1p"},
                        }
                    },
                    {"function_score": {"query": scoring, "functions": [{"weight": 2}], "boost_mode": "sum"}},
                    {"function_score": {"query": scoring, "functions": [{"weight": 2}], "boost_mode": "replace"}},
                ]
            )
        )
    binding = draw(st.lists(filters, max_size=2))
    excluded = draw(st.lists(filters, max_size=1))
    if binding or excluded or draw(st.booleans()):
        return {"bool": {"must": [scoring], "filter": binding, "must_not": excluded}}, binding, excluded
    return scoring, [], []


PARTS = {
    "aggs": {"brands": {"terms": {"field": "brand.raw"}}, "price": {"stats": {"field": "price"}}},
    "highlight": {"fields": {"title": {}, "brand": {"number_of_fragments": 0}}},
    "_source": ["title", "price", "brand", "category", "variants", "stock"],
    "post_filter": {"term": {"colour": "red"}},
    "sort": [{"price": "desc"}, {"sku": "asc"}],
    "explain": True,
    "collapse": {
        "field": "brand.raw",
        "inner_hits": {"name": "more", "highlight": {"fields": {"title": {}}}},
    },
    "profile": True,
    "min_score": 1.5,
    "track_scores": True,
    "suggest": {"near": {"text": "sofaa", "term": {"field": "title"}}},
}


@st.composite
def requests(draw):
    query, binding, excluded = draw(queries(draw(shoppers_texts)))
    body = {"query": query, "track_total_hits": True, "size": draw(st.sampled_from([0, 1, 10, 500]))}
    if draw(st.booleans()):
        body["from"] = draw(st.sampled_from([0, 3, 100]))
    for part in draw(st.lists(st.sampled_from(sorted(PARTS)), max_size=3, unique=True)):
        body[part] = PARTS[part]
    return body, binding, excluded


def ids(answer):
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def marked(answer, among):
    return {hit["_id"]: hit.get("highlight") for hit in answer["hits"]["hits"] if hit["_id"] in among}


def matching(shelf_generation, clauses, excluded):
    query = {"bool": {"filter": clauses, "must_not": excluded}}
    return set(ids(shelf_generation.plain({"query": query, "size": 1000, "_source": False})))


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(requests())
def test_opensearch_accepts_every_rewritten_request_and_it_keeps_its_meaning(shelf_generation, request_):
    body, binding, excluded = request_
    result = shelf_generation.rewritten(body)
    event(result.reason)
    try:
        plain = shelf_generation.plain(body)
    except ClusterRefusedError as refusal:  # the storefront's own mistake stays the storefront's own
        with pytest.raises(ClusterRefusedError, match=str(refusal.status)):
            shelf_generation.plain(result.body)
        return
    answer = shelf_generation.plain(result.body)
    total = answer["hits"]["total"]["value"]
    if result.reason != "rewritten":
        assert ids(answer) == ids(plain)
        assert total == plain["hits"]["total"]["value"]
        assert answer.get("aggregations") == plain.get("aggregations")
        return
    assert total >= plain["hits"]["total"]["value"]  # no keyword match is lost
    if "highlight" in body and "collapse" not in body:
        both = set(ids(answer)) & set(ids(plain))
        assert marked(answer, both) == marked(plain, both)
    if "collapse" not in body:
        assert len(ids(answer)) == max(0, min(body["size"], total - body.get("from", 0)))
    everything = {**result.body, "size": 1000, "from": 0}
    found = set(ids(shelf_generation.plain(everything)))
    assert set(ids(answer)) <= found
    assert found <= matching(shelf_generation, binding, excluded)
    if "aggs" in body and "post_filter" not in body:
        counted = sum(bucket["doc_count"] for bucket in answer["aggregations"]["brands"]["buckets"])
        assert counted == total
