"""Every kind of filter and of scoring clause, through the rewritten request on a real node."""

import pytest

from tests.plugin_bridge.rewrite.answers import COUCH, ids, total

BOX = {"top_left": {"lat": 53, "lon": -1}, "bottom_right": {"lat": 49, "lon": 1}}
FILTERS = [
    {"term": {"brand.raw": "Birch"}},
    {"terms": {"category": ["sofa", "rug"]}},
    {"range": {"price": {"gte": 3, "lt": 40}}},
    {"exists": {"field": "needed"}},
    {"ids": {"values": [f"p{number:04d}" for number in range(1, 200)]}},
    {"match_all": {}},
    {"match": {"brand": "birch"}},
    {"match_phrase": {"title": "red sofa"}},
    {"multi_match": {"query": "birch", "fields": ["title", "brand"]}},
    {"combined_fields": {"query": "birch", "fields": ["title", "brand"]}},
    {"query_string": {"query": "brand:(birch OR acme) AND -title:lamp"}},
    {"simple_query_string": {"query": "birch | acme", "fields": ["brand"]}},
    {"match_phrase_prefix": {"title": "red so"}},
    {"match_bool_prefix": {"title": "red so"}},
    {"prefix": {"brand.raw": "Bi"}},
    {"wildcard": {"brand.raw": "B*h"}},
    {"regexp": {"brand.raw": "B.*"}},
    {"fuzzy": {"brand.raw": {"value": "Birsh"}}},
    {"nested": {"path": "offers", "query": {"match": {"offers.seller": "Birch"}}, "inner_hits": {}}},
    {"terms_set": {"category": {"terms": ["sofa", "Home"], "minimum_should_match_field": "needed"}}},
    {"bool": {"should": [{"term": {"stock": 1}}, {"term": {"stock": 2}}], "minimum_should_match": "1"}},
    {"constant_score": {"filter": {"term": {"brand.raw": "Birch"}}}},
    {"dis_max": {"queries": [{"term": {"stock": 1}}, {"term": {"stock": 2}}]}},
    {"geo_distance": {"distance": "200km", "place": {"lat": 51, "lon": 0}}},
    {"geo_bounding_box": {"place": BOX}},
]


@pytest.mark.parametrize("filter_", FILTERS, ids=lambda clause: next(iter(clause)))
def test_every_kind_of_filter_binds_in_every_place(shelf_generation, filter_):
    allowed = set(ids(shelf_generation.plain({"query": {"bool": {"filter": [filter_]}}, "size": 1000})))
    for bound in ({"filter": [filter_]}, {"must_not": [{"bool": {"must_not": [filter_]}}]}):
        for part in ({}, {"collapse": {"field": "sku"}}):
            query = {"bool": {"must": [COUCH], **bound}}
            found = ids(shelf_generation.search({"query": query, "size": 300, **part}))
            assert found
            assert set(found) <= allowed


@pytest.mark.parametrize(
    "clause",
    [
        {"term": {"brand.raw": {"value": "Birch", "boost": 3}}},
        {"terms": {"brand.raw": ["Birch"]}},
        {"range": {"price": {"gte": 10, "boost": 2}}},
        {"exists": {"field": "stock"}},
        {"ids": {"values": ["p0001"]}},
        {"match_all": {"boost": 2}},
        {"distance_feature": {"field": "place", "origin": {"lat": 51, "lon": 0}, "pivot": "10km"}},
        {"geo_distance": {"distance": "200km", "place": {"lat": 51, "lon": 0}}},
        {"geo_bounding_box": {"place": BOX}},
    ],
    ids=lambda clause: next(iter(clause)),
)
def test_every_kind_of_scoring_clause_without_text_is_accepted(shelf_generation, clause):
    for query in ({"bool": {"must": [COUCH], "should": [clause]}}, {"bool": {"must": [COUCH, clause]}}):
        assert total(shelf_generation.search({"query": query, "size": 300})) > 0
