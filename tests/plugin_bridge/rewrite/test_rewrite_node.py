"""The rewritten request on a real node: each trap of the drop-in that a request body can meet."""

from dataclasses import replace

import pytest

from opensearch.errors import ClusterRefusedError
from opensearch.generations import DEFAULT_LEXICAL
from plugin_bridge.rewrite import rewrite
from plugin_bridge.rewrite.bodies import hybrid_body, similar_body, vector_body
from tests.plugin_bridge.rewrite import shelf
from tests.plugin_bridge.rewrite.answers import COUCH, RED_SHOE, ids, titles, total
from tests.plugin_bridge.rewrite.conftest import build, remove_all


def test_products_that_only_the_vector_finds_come_in_first(shelf_generation):
    body = {"query": COUCH, "size": 18}
    assert total(shelf_generation.plain(body)) == 0
    found = shelf_generation.search(body)
    # 2 sizes x 3 brands x 3 copies are red sofas
    assert len(titles(found)) == 2 * 3 * 3
    assert all("red sofa" in title for title in titles(found))


def test_keyword_matches_stay_and_the_total_covers_both(shelf_generation):
    plain = shelf_generation.plain({"query": RED_SHOE, "size": 500})
    fused = shelf_generation.search({"query": RED_SHOE, "size": 500})
    assert set(ids(plain)) <= set(ids(fused))
    assert total(fused) == len(ids(fused))


def test_nonsense_finds_nothing(shelf_generation):
    for text in ("asdfgh", "qwerty zxcvb"):
        assert total(shelf_generation.search({"query": {"match": {"title": text}}})) == 0


def test_an_unknown_article_number_finds_nothing_though_a_vector_would(shelf_generation):
    generation = shelf_generation.generation
    query = {"query": {"match": {"title": "XK-4471-B"}}}
    result = rewrite(query, generation, lambda text: shelf.embed("red shoe"), shelf.knows)
    assert result.reason == "article_number"
    assert total(shelf_generation.plain(result.body)) == 0


def test_filters_and_must_not_bind_products_that_only_the_vector_finds(shelf_generation):
    query = {
        "bool": {
            "must": [COUCH, {"term": {"category": "sofa"}}],
            "filter": [{"term": {"brand.raw": "Birch"}}, {"range": {"price": {"gte": 5}}}],
            "must_not": [{"term": {"variants": 2}}],
        }
    }
    sources = [hit["_source"] for hit in shelf_generation.search({"query": query, "size": 100})["hits"]["hits"]]
    assert sources
    for source in sources:
        assert source["brand"] == "Birch"
        assert source["category"][-1] == "sofa"
        assert source["price"] >= 5
        assert source["variants"] != 2


def test_totals_and_facets_are_the_same_for_size_zero_and_every_page(shelf_generation):
    facets = {"brands": {"terms": {"field": "brand.raw"}}}
    answers = [
        shelf_generation.search({"query": RED_SHOE, "aggs": facets, "size": size, "from": start})
        for size, start in ((0, 0), (10, 0), (10, 50), (10, 400))
    ]
    assert {total(answer) for answer in answers} == {total(answers[0])}
    assert all(answer["aggregations"] == answers[0]["aggregations"] for answer in answers)
    counted = sum(bucket["doc_count"] for bucket in answers[0]["aggregations"]["brands"]["buckets"])
    assert counted == total(answers[0]) > 0


def test_pages_to_500_deep_repeat_nothing_and_skip_nothing(shelf_generation):
    query = {"match": {"title": "small red blue green plain thing shoe"}}
    whole = ids(shelf_generation.search({"query": query, "size": 500}))
    assert len(whole) > 250
    for size in (7, 50):
        paged = []
        for start in range(0, 500, size):
            paged += ids(shelf_generation.search({"query": query, "size": size, "from": start}))
        assert paged[:500] == whole


def test_a_product_without_a_vector_does_not_fail_the_search(shelf_generation):
    found = shelf_generation.search({"query": {"match": {"title": "plain thing"}}, "size": 100})
    assert any(id_.startswith("x") for id_ in ids(found))


def test_post_filter_highlight_and_named_queries_keep_their_meaning(shelf_generation):
    body = {
        "query": {"bool": {"must": [{"match": {"title": {"query": "red shoe", "_name": "words"}}}]}},
        "post_filter": {"term": {"brand.raw": "Cobalt"}},
        "highlight": {"fields": {"title": {}}},
        "size": 9,
    }
    hits = shelf_generation.search(body)["hits"]["hits"]
    assert {hit["_source"]["brand"] for hit in hits} == {"Cobalt"}
    assert "<em>red shoe</em>" in hits[0]["highlight"]["title"][0]
    assert hits[0]["matched_queries"] == ["words"]


def test_collapse_gives_one_product_of_each_group_in_fused_order(shelf_generation):
    answer = shelf_generation.search({"query": COUCH, "collapse": {"field": "brand.raw"}})
    assert sorted(hit["_source"]["brand"] for hit in answer["hits"]["hits"]) == ["Acme", "Birch", "Cobalt"]
    assert all("red sofa" in title for title in titles(answer))
    grouped = {"field": "brand.raw", "inner_hits": {"name": "more", "size": 2}}
    first = shelf_generation.search({"query": RED_SHOE, "collapse": grouped})["hits"]["hits"][0]
    assert "red shoe" in first["_source"]["title"]
    assert len(first["inner_hits"]["more"]["hits"]["hits"]) == 2


def test_collapse_changes_no_score(shelf_generation):
    flat = shelf_generation.search({"query": RED_SHOE, "size": 20})
    collapsed = shelf_generation.search({"query": RED_SHOE, "size": 20, "collapse": {"field": "sku"}})
    # `sku` differs for every product, so nothing collapses
    for one, other in zip(flat["hits"]["hits"], collapsed["hits"]["hits"], strict=True):
        assert one["_score"] == other["_score"]


def test_a_title_gains_by_words_near_each_other_and_by_holding_all_of_them(shelf_generation):
    body = {"query": {"match": {"title": "small shoe"}}, "size": 300}
    scores = {hit["_id"]: hit["_score"] for hit in shelf_generation.search(body)["hits"]["hits"]}
    generation = shelf_generation.generation
    plain = replace(generation, fusion=replace(generation.fusion, phrase_weight=0.0, all_words=0.0))
    without = shelf_generation.plain(rewrite(body, plain, shelf.embed, shelf.knows).body)["hits"]["hits"]
    assert {hit["_id"] for hit in without} == set(scores)
    all_words, most = generation.fusion.all_words, generation.fusion.all_words + generation.fusion.phrase_weight
    for hit in without:
        gain = scores[hit["_id"]] - hit["_score"]
        title = hit["_source"]["title"]
        # one word stands between the two, and the slop allows three
        met = title.startswith("small") and title.endswith("shoe")
        assert (all_words < gain < most) if met else gain == pytest.approx(0, abs=1e-5)


def test_business_boosts_multiply_after_fusion(shelf_generation):
    boosted = {
        "function_score": {
            "query": RED_SHOE,
            "functions": [{"filter": {"term": {"brand.raw": "Birch"}}, "weight": 3}],
            "boost_mode": "multiply",
            "boost": 2,
        }
    }
    plain = {hit["_id"]: hit for hit in shelf_generation.search({"query": RED_SHOE, "size": 400})["hits"]["hits"]}
    hits = shelf_generation.search({"query": boosted, "size": 400})["hits"]["hits"]
    assert {hit["_source"]["brand"] for hit in hits[:20]} == {"Birch"}
    for hit in hits[:20]:
        assert hit["_score"] == pytest.approx(2 * 3 * plain[hit["_id"]]["_score"], rel=1e-4)
    assert {hit["_id"] for hit in hits} == set(plain)


def test_the_floor_holds_under_business_boosts(shelf_generation):
    boosted = {"function_score": {"query": {"match": {"title": "asdfgh"}}, "functions": [{"weight": 9}], "boost": 5}}
    assert total(shelf_generation.search({"query": boosted})) == 0


def test_boosts_of_the_storefronts_clause_do_not_drown_the_vectors(shelf_generation):
    def order(boost):
        query = {"match": {"title": {"query": "red shoe", "boost": boost}}}
        hits = shelf_generation.search({"query": query, "size": 50})["hits"]["hits"]
        return [round(hit["_score"], 3) for hit in hits]

    assert order(1) == order(20)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"sort": [{"price": "asc"}]}, "explicit_sort"),
        ({"sort": ["_score", {"sku": "asc"}]}, "explicit_sort"),
        ({"sort": [{"_score": "asc"}]}, "explicit_sort"),
        ({"min_score": 0.5}, "part_min_score"),
        ({"rescore": {"window_size": 10, "query": {"rescore_query": {"match_all": {}}}}}, "part_rescore"),
        ({"highlight": {"fields": {"title": {"type": "plain"}}}}, "plain_highlighter"),
        ({"terminate_after": 5}, "part_terminate_after"),
        ({"ext": {"ml_inference": {"kindred": "off"}}}, "switched_off"),
    ],
)
def test_requests_that_pass_unchanged_come_back_as_without_kindred(shelf_generation, part, reason):
    body = {"query": RED_SHOE, "size": 30, **part}
    result = shelf_generation.rewritten(body)
    assert result.reason == reason
    assert {**result.body, "_source": None} == {**body, "_source": None}
    if "ext" not in part:  # ml_inference alone may read `ext`
        assert ids(shelf_generation.plain(result.body)) == ids(shelf_generation.plain(body))


def test_inner_hits_of_the_query_come_back_also_beside_a_collapse(shelf_generation):
    nested = {"nested": {"path": "offers", "query": {"match": {"offers.seller": "Birch"}}, "inner_hits": {}}}
    query = {"bool": {"must": [RED_SHOE], "filter": [nested]}}
    for part in ({}, {"collapse": {"field": "sku"}}):
        first = shelf_generation.search({"query": query, **part})["hits"]["hits"][0]
        assert first["inner_hits"]["offers"]["hits"]["hits"][0]["_source"]["seller"] == "Birch"


def test_a_scroll_gives_every_product_once_in_fused_order(cluster, shelf_generation):
    query = {"match": {"title": "small red blue green plain thing shoe"}}
    whole = ids(shelf_generation.search({"query": query, "size": 1000}))
    answer = shelf_generation.search({"query": query, "size": 50}, scroll="1m")
    seen = ids(answer)
    while ids(answer):
        answer = cluster.request("POST", "/_search/scroll", {"scroll": "1m", "scroll_id": answer["_scroll_id"]})
        seen += ids(answer)
    cluster.request("DELETE", "/_search/scroll", {"scroll_id": [answer["_scroll_id"]]})
    assert seen == whole
    assert len(seen) > 250


def test_a_sort_by_score_alone_is_no_explicit_sort(shelf_generation):
    for sort in (["_score"], [{"_score": {"order": "desc"}}], {"_score": "desc"}):
        answer = shelf_generation.search({"query": RED_SHOE, "sort": sort})
        assert ids(answer) == ids(shelf_generation.search({"query": RED_SHOE}))


def test_vectors_stay_out_of_answers_that_do_not_name_them(shelf_generation):
    for body in ({"query": RED_SHOE}, {"query": {"match_all": {}}}, {"query": RED_SHOE, "_source": ["*"]}):
        result = shelf_generation.rewritten(body)
        for hit in shelf_generation.plain(result.body)["hits"]["hits"]:
            assert not [name for name in hit["_source"] if name.startswith("kindred_")]
    named = shelf_generation.rewritten({"query": RED_SHOE, "_source": ["title", "kindred_text"]})
    hit = shelf_generation.plain(named.body)["hits"]["hits"][0]
    assert len(hit["_source"]["kindred_text"]) == shelf.DIMENSION
    assert set(hit["_source"]) == {"title", "kindred_text"}


def test_an_alias_switched_in_between_gives_exactly_the_keyword_answer(cluster, shelf_generation):
    other = build(cluster, "othershelf", dimension=shelf.DIMENSION * 2)
    try:
        for part in ({}, {"collapse": {"field": "brand.raw"}}):
            plain = {"query": RED_SHOE, "size": 400, **part}
            meant = shelf_generation.rewritten(plain).body
            got = cluster.request("POST", f"/{other.index}/_search", meant)
            assert ids(got) == ids(cluster.request("POST", f"/{other.index}/_search", plain))
            assert total(got) > 0
        boosted = {"function_score": {"query": RED_SHOE, "functions": [{"weight": 2}]}}
        got = cluster.request("POST", f"/{other.index}/_search", shelf_generation.rewritten({"query": boosted}).body)
        assert ids(got) == ids(cluster.request("POST", f"/{other.index}/_search", {"query": boosted}))
    finally:
        remove_all(cluster, "othershelf")


def test_point_in_time_profile_and_explain_are_answered(cluster, shelf_generation):
    index = shelf_generation.generation.index
    pit = cluster.request("POST", f"/{index}/_search/point_in_time", params={"keep_alive": "1m"})
    body = {"query": COUCH, "pit": {"id": pit["pit_id"]}, "profile": True, "explain": True}
    result = shelf_generation.rewritten(body)
    assert result.reason == "rewritten"
    answer = cluster.request("POST", "/_search", result.body)
    assert total(answer) > 0 and "profile" in answer and "_explanation" in answer["hits"]["hits"][0]
    cluster.request("DELETE", "/_search/point_in_time", {"pit_id": [pit["pit_id"]]})


def test_suggest_script_fields_and_stored_parts_are_answered(shelf_generation):
    body = {
        "query": COUCH,
        "suggest": {"words": {"text": "sofaa", "term": {"field": "title"}}},
        "script_fields": {"half": {"script": {"source": "doc['price'].value / 2"}}},
        "docvalue_fields": ["price"],
        "fields": ["title"],
        "track_total_hits": True,
        "version": True,
        "seq_no_primary_term": True,
        "timeout": "2s",
        "stats": ["group"],
        "track_scores": True,
    }
    answer = shelf_generation.search(body)
    assert answer["suggest"]["words"][0]["options"][0]["text"] == "sofa"
    hit = answer["hits"]["hits"][0]
    assert hit["fields"]["half"][0] == hit["fields"]["price"][0] / 2
    assert hit["_version"] == 1


def test_items_like_a_product_leave_itself_out_and_obey_filters(shelf_generation):
    generation = shelf_generation.generation
    vector = shelf.embed("small red sofa")
    body = similar_body(
        generation, "p0001", text_vector=vector, image_vector=None, filters=[{"term": {"brand.raw": "Acme"}}], size=3
    )
    answer = shelf_generation.plain(body)
    assert titles(answer)[0] == "small red sofa"
    assert "p0001" not in ids(answer)
    assert {hit["_source"]["brand"] for hit in answer["hits"]["hits"]} == {"Acme"}


def test_a_search_by_vector_alone_and_with_words(shelf_generation):
    vector = shelf.embed("blue cup")
    alone = shelf_generation.plain(vector_body(shelf_generation.generation, text_vector=vector, size=5))
    assert all("blue mug" in title for title in titles(alone))
    both = vector_body(shelf_generation.generation, text="large", text_vector=vector, size=5)
    assert all(title == "large blue mug" for title in titles(shelf_generation.plain(both)))
    with pytest.raises(ValueError, match="at least one vector"):
        vector_body(shelf_generation.generation)


def answered(shelf_generation, body):
    try:
        shelf_generation.plain(body)
    except ClusterRefusedError as error:
        return error.status
    return 200


@pytest.mark.parametrize("words", [16, 17, 250, 448, 452, 510, 511, 512, 513, 700, 1020, 1023, 1024, 1025, 2000])
def test_a_long_text_is_refused_only_where_it_is_without_kindred(shelf_generation, words):
    text = " ".join(f"red{number}" for number in range(words))
    for query in (
        {"match": {"title": text}},
        {"multi_match": {"query": text, "fields": ["title^3", "brand", "colour.text"]}},
        {"query_string": {"query": text, "fields": ["title", "brand"]}},
        {"bool": {"must": [{"match": {"title": text}}], "filter": [{"term": {"brand.raw": "Acme"}}]}},
        {"match_phrase": {"title": text}},
    ):
        rewritten = shelf_generation.rewritten({"query": query}).body
        assert answered(shelf_generation, rewritten) == answered(shelf_generation, {"query": query}), query.keys()


def test_the_bridges_own_clause_is_never_too_long(shelf_generation):
    for text in ("word" * 2500, "red shoe " * 1100, "鞋" * 10_000, "a.b-c " * 1600):
        generation = replace(shelf_generation.generation, lexical=DEFAULT_LEXICAL)
        body = hybrid_body(text, generation, shelf.embed, shelf.knows)
        assert answered(shelf_generation, body) == 200


def test_the_request_itself_is_not_modified(shelf_generation):
    body = {"query": {"bool": {"must": [RED_SHOE], "filter": [{"term": {"sku": "a"}}]}}, "_source": ["title"]}
    before = repr(body)
    shelf_generation.rewritten(body)
    assert repr(body) == before
