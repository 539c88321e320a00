"""Rules on a real node: hidden, pinned, boosted, buried products on all pages, beside all that a request can ask."""

from dataclasses import replace

import pytest

from plugin_bridge.rewrite import left_alone, rewrite
from plugin_bridge.rewrite.ruling import categories_of, places, rules_met
from plugin_bridge.rules import RuleBook
from plugin_bridge.rules.values import Rule
from tests.plugin_bridge.rewrite import shelf
from tests.plugin_bridge.rewrite.answers import COUCH, RED_SHOE, ids, total

FACETS = {"brands": {"terms": {"field": "brand.raw"}}}


def rule(number, action, *products, value="red shoe", kind="query", **more):
    return Rule(action, kind, value, products, id=number, **more)


def ruled(shelf_generation, body, *rules, named=False):
    """Return what the bridge makes of a request under rules, its pins placed as the endpoint places them."""
    book = RuleBook(rules)
    result = rewrite(body, shelf_generation.generation, shelf.embed, shelf.knows, named=named, rules=book)
    return placed(shelf_generation, result)


def placed(shelf_generation, result):
    if result.ruled is None or result.ruled.probe is None:
        return result.body
    return result.ruled.placed(ids(shelf_generation.plain(result.ruled.probe)))


def found(shelf_generation, body, *rules, **more):
    return shelf_generation.plain(ruled(shelf_generation, body, *rules, **more))


@pytest.fixture(scope="module")
def ranking(shelf_generation):
    """The ranking for red shoes without rules, whole."""
    return ids(shelf_generation.search({"query": RED_SHOE, "size": 500}))


def test_hidden_products_leave_results_totals_and_aggregations(shelf_generation, ranking):
    body = {"query": RED_SHOE, "size": 500, "aggs": FACETS}
    answer = found(shelf_generation, body, rule(1, "hide", *ranking[:3]))
    # further down stand those that come in for them among the nearest
    assert ids(answer)[:50] == ranking[3:53]
    assert not set(ranking[:3]) & set(ids(answer))
    assert total(answer) == len(ids(answer))
    assert sum(one["doc_count"] for one in answer["aggregations"]["brands"]["buckets"]) == total(answer)
    by_brand = found(shelf_generation, body, rule(1, "hide", field="brand", of="acme"))
    assert total(by_brand) and "Acme" not in {one["key"] for one in by_brand["aggregations"]["brands"]["buckets"]}


def test_hidden_products_take_no_place_among_the_nearest(shelf_generation):
    few = replace(shelf_generation.generation, fusion=replace(shelf_generation.generation.fusion, k=3))
    body = {"query": COUCH, "size": 20}
    nearest = ids(shelf_generation.plain(rewrite(body, few, shelf.embed, shelf.knows).body))
    book = RuleBook([rule(1, "hide", *nearest, value="crimson couch")])
    answer = shelf_generation.plain(rewrite(body, few, shelf.embed, shelf.knows, rules=book).body)
    assert len(ids(answer)) == 3 and not set(ids(answer)) & set(nearest)


@pytest.mark.parametrize("pins", [{1: "p0200"}, {3: "p0200"}, {1: "p0200", 2: "p0007"}, {2: "p0200", 5: "p0007"}])
def test_a_pinned_product_stands_once_over_all_pages_in_its_place(shelf_generation, ranking, pins):
    rules = [rule(at, "pin", one, place=at) for at, one in pins.items()]
    expected = [one for one in ranking if one not in pins.values()]
    for at, one in sorted(pins.items()):
        expected.insert(at - 1, one)
    body = {"query": RED_SHOE, "aggs": FACETS}
    paged, totals, facets = [], set(), []
    for start in range(0, 42, 6):
        answer = found(shelf_generation, {**body, "size": 6, "from": start}, *rules)
        paged += ids(answer)
        totals.add(total(answer))
        facets.append(answer["aggregations"])
    assert paged == expected[:42]
    # products that the words do not find come in by their pins
    assert totals == {len(set(ranking) | set(pins.values()))}
    assert all(one == facets[0] for one in facets)


def test_a_pin_passes_the_requests_filters_or_is_not_there(shelf_generation, ranking):
    body = {"query": {"bool": {"must": [RED_SHOE], "filter": [{"term": {"brand.raw": "Birch"}}]}}, "size": 5}
    acme, birch = "p0001", "p0002"
    assert (
        shelf_generation.cluster.request("GET", f"/{shelf_generation.generation.index}/_doc/{acme}")["_source"]["brand"]
        == "Acme"
    )
    plain = ids(shelf_generation.search(body))
    assert ids(found(shelf_generation, body, rule(1, "pin", acme))) == plain
    assert ids(found(shelf_generation, body, rule(1, "pin", birch)))[0] == birch
    assert ids(found(shelf_generation, body, rule(1, "pin", acme, birch, place=2))) == [*plain[:2], birch, *plain[2:4]]
    post = {"query": RED_SHOE, "post_filter": {"term": {"brand.raw": "Birch"}}, "size": 5}
    assert acme not in ids(found(shelf_generation, post, rule(1, "pin", acme, place=3)))


def test_a_pin_of_no_product_changes_nothing(shelf_generation, ranking):
    for place in (1, 4):
        answer = found(shelf_generation, {"query": RED_SHOE, "size": 10}, rule(1, "pin", "gone", place=place))
        assert ids(answer) == ranking[:10]


def test_boosted_products_come_up_and_buried_ones_go_down(shelf_generation, ranking):
    body = {"query": RED_SHOE, "size": 500}
    low, high = ranking[30], ranking[0]
    boosted = ids(found(shelf_generation, body, rule(1, "boost", low, factor=3)))
    buried = ids(found(shelf_generation, body, rule(1, "bury", high, factor=3)))
    assert boosted.index(low) < 5 and set(boosted) == set(ranking)
    assert buried.index(high) > 20 and set(buried) == set(ranking)
    branded = found(shelf_generation, body, rule(1, "boost", field="brand", of="cobalt", factor=100))
    brands = [hit["_source"]["brand"] for hit in branded["hits"]["hits"]]
    assert brands == sorted(brands, key=lambda one: one != "Cobalt")


def test_every_hit_tells_which_rules_met_it(shelf_generation, ranking):
    rules = [rule(1, "pin", "p0200"), rule(2, "boost", ranking[0]), rule(3, "bury", field="brand", of="Acme")]
    hits = found(shelf_generation, {"query": RED_SHOE, "size": 500}, *rules, named=True)["hits"]["hits"]
    met = {hit["_id"]: rules_met(hit.get("matched_queries", ())) for hit in hits}
    brands = {hit["_id"]: hit["_source"]["brand"] for hit in hits}
    assert 1 in met["p0200"] and 2 in met[ranking[0]]
    assert all((3 in numbers) == (brands[one] == "Acme") for one, numbers in met.items())


def test_without_vectors_the_rules_are_obeyed_too(shelf_generation):
    for body in (
        {"query": RED_SHOE},
        {"query": {"match_all": {}}},
        {"query": {"bool": {"filter": [{"term": {"category": "shoe"}}]}}},
    ):
        plain = shelf_generation.plain({**body, "size": 20})
        rules = [
            rule(1, "hide", ids(plain)[0], kind="pattern", value="*"),
            rule(2, "pin", ids(plain)[9], kind="pattern", value="*", place=2),
        ]
        result = left_alone({**body, "size": 20}, shelf_generation.generation, "deadline", RuleBook(rules))
        assert result.reason == "deadline"
        answer = shelf_generation.plain(placed(shelf_generation, result))
        expected = [one for one in ids(plain) if one not in (ids(plain)[0], ids(plain)[9])]
        assert ids(answer)[:5] == [expected[0], ids(plain)[9], *expected[1:4]]
        assert total(answer) == total(plain) - 1


def test_a_category_page_has_its_own_rules(shelf_generation):
    page = {"query": {"bool": {"must": [{"match_all": {}}], "filter": [{"term": {"category": "lamp"}}]}}, "size": 500}
    plain = ids(shelf_generation.plain(page))
    answer = found(shelf_generation, page, rule(1, "pin", plain[7], kind="category", value="Lamp"))
    assert ids(answer)[0] == plain[7] and sorted(ids(answer)) == sorted(plain)
    other = found(shelf_generation, {"query": RED_SHOE}, rule(1, "hide", plain[0], kind="category", value="lamp"))
    assert ids(other) == ids(shelf_generation.search({"query": RED_SHOE}))


@pytest.mark.parametrize(
    "more",
    [
        {"sort": [{"price": "asc"}, "_score"]},
        {"min_score": 0.1},
        {"rescore": {"window_size": 20, "query": {"rescore_query": {"match": {"title": "small"}}}}},
        {"search_after": [3.0], "sort": [{"price": "asc"}]},
    ],
)
def test_where_the_order_is_the_shops_own_only_hiding_is_obeyed(shelf_generation, ranking, more):
    body = {"query": RED_SHOE, "size": 500, **more}
    plain = ids(shelf_generation.plain(body))
    rules = [rule(1, "hide", plain[1]), rule(2, "pin", "p0200"), rule(3, "boost", plain[-1])]
    assert ids(found(shelf_generation, body, *rules)) == [one for one in plain if one != plain[1]]


@pytest.mark.parametrize(
    "more",
    [
        {"highlight": {"fields": {"title": {}, "brand": {}}}},
        {"highlight": {"fields": {"title": {"type": "plain"}}}},
        {"collapse": {"field": "brand.raw", "inner_hits": {"name": "others", "size": 2}}},
        {"profile": True, "explain": True},
        {"fields": ["title"], "_source": False, "track_scores": True},
        {"suggest": {"title": {"text": "shoo", "term": {"field": "title"}}}},
    ],
)
def test_what_else_a_request_asks_keeps_working(shelf_generation, more):
    body = {"query": RED_SHOE, "size": 3, **more}
    rules = [rule(1, "pin", "p0200", place=2), rule(2, "hide", field="brand", of="Cobalt"), rule(3, "boost", "p0007")]
    answer = found(shelf_generation, body, *rules, named=True)
    assert ids(answer)[1] == "p0200"
    marked = [hit.get("highlight", {}) for hit in answer["hits"]["hits"]]
    assert all("brand" not in one for one in marked)


@pytest.mark.parametrize(
    "query",
    [
        {"match_phrase_prefix": {"title": "red sho"}},
        {"query_string": {"query": "red AND shoe"}},
        {"function_score": {"query": RED_SHOE, "min_score": 0.1}},
        {"nested": {"path": "offers", "query": {"term": {"offers.seller": "Acme"}}}},
        {"fuzzy": {"title": "shoo"}},
        {"boosting": {"positive": RED_SHOE, "negative": {"term": {"brand.raw": "Acme"}}, "negative_boost": 0.5}},
        {"knn": {"kindred_text": {"vector": [1.0] * shelf.DIMENSION, "k": 5}}},
        {"script_score": {"query": RED_SHOE, "script": {"source": "_score"}}},
        {"geo_distance": {"distance": "900km", "place": {"lat": 52, "lon": 1}}},
        {"hybrid": {"queries": [RED_SHOE]}},
        {"unheard_of": {}},
    ],
)
def test_hiding_everywhere_reaches_requests_that_are_not_read_and_breaks_none(shelf_generation, query):
    body = {"query": query, "size": 20}
    book = RuleBook([rule(1, "hide", "p0200", kind="pattern", value="*")])
    result = rewrite(body, shelf_generation.generation, shelf.embed, shelf.knows, rules=book)
    if set(query) & {"hybrid", "unheard_of"}:
        assert result.body["query"] == query
        return
    plain = shelf_generation.plain(body)
    hidden = RuleBook([rule(1, "hide", ids(plain)[0], kind="pattern", value="*")])
    answer = shelf_generation.plain(
        rewrite(body, shelf_generation.generation, shelf.embed, shelf.knows, rules=hidden).body
    )
    assert ids(plain)[0] not in ids(answer) and total(answer) == total(plain) - 1


@pytest.mark.parametrize("switch", [{"kindred": "off"}, {"rules": "off"}])
def test_rules_are_switched_off_by_the_request(shelf_generation, switch):
    body = {"query": RED_SHOE, "ext": {"ml_inference": switch}}
    book = RuleBook([rule(1, "hide", "p0001", value="*", kind="pattern")])
    generation = shelf_generation.generation
    expected = rewrite(body, generation, shelf.embed, shelf.knows)
    assert rewrite(body, generation, shelf.embed, shelf.knows, rules=book) == expected


def test_on_another_index_only_words_and_rules_are_left(shelf_generation, ranking):
    """The alias moved in between: the query's vectors find nothing there, its rules still hold."""
    elsewhere = replace(shelf_generation.generation, index="elsewhere-g001")
    plain = ids(shelf_generation.plain({"query": RED_SHOE, "size": 50}))
    book = RuleBook([rule(1, "hide", plain[0]), rule(2, "pin", plain[20])])
    body = rewrite({"query": RED_SHOE, "size": 50}, elsewhere, shelf.embed, shelf.knows, rules=book).body
    expected = [plain[20], *(one for one in plain[1:] if one != plain[20])]
    assert ids(shelf_generation.plain(body))[:49] == expected


def test_places_are_filled_in_order():
    book = RuleBook([rule(1, "pin", "a", place=2), rule(2, "pin", "b", "c", place=4)])
    pins = book.effect("red shoe").pins
    assert [(one.place, one.product) for one in pins] == [(2, "a"), (4, "b"), (5, "c")]
    assert places(pins, ["a", "b", "c", "x", "y"]) == ["x", "a", "y", "b", "c"]
    assert places(pins, ["b", "x", "y", "z"]) == ["x", "y", "z", "b"]
    assert places(pins, ["a", "x"]) == ["x", "a"]
    assert places(pins, []) == []


def test_categories_are_those_that_every_product_must_have():
    query = {"bool": {"must": [RED_SHOE], "filter": [{"term": {"category": {"value": "Shoe"}}}]}}
    assert categories_of(query) == {"shoe"}
    assert categories_of({"bool": {"filter": {"terms": {"category": ["Shoe"]}}}}) == {"shoe"}
    assert categories_of({"bool": {"filter": {"terms": {"category": ["Shoe", "Mug"]}}}}) == frozenset()
    assert categories_of({"bool": {"must_not": {"term": {"category": "Shoe"}}}}) == frozenset()
