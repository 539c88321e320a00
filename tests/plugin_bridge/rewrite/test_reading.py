"""Where the shopper's text is taken from, and what binds vector candidates."""

import pytest

from opensearch.generations import EncoderRef, Generation
from plugin_bridge.rewrite.fusion import keyword_mass
from plugin_bridge.rewrite.lexical import floor
from plugin_bridge.rewrite.reading import Unreadable, read_query

RED = {"match": {"title": {"query": "red shoe", "boost": 1.0}}}
BRAND = {"match": {"brand": "Acme"}}
CHEAP = {"range": {"price": {"lte": 10}}}
IN_STOCK = {"term": {"stock": True}}


@pytest.mark.parametrize(
    "query",
    [
        RED,
        {"match": {"title": "red shoe"}},
        {"match_phrase": {"title": "red shoe"}},
        {"multi_match": {"query": "red shoe", "fields": ["title^3", "brand"]}},
        {"combined_fields": {"query": "red shoe", "fields": ["title", "brand"]}},
        {"query_string": {"query": "red shoe", "default_field": "title"}},
        {"simple_query_string": {"query": "red shoe", "fields": ["title"]}},
        {"bool": {"must": [RED], "filter": [CHEAP]}},
        {"bool": {"must": RED, "should": [BRAND]}},
        {"bool": {"should": [RED, {"match": {"brand": {"query": "red shoe", "boost": 4}}}]}},
        {"dis_max": {"queries": [RED, {"term": {"sku": "red shoe"}}]}},
        {"constant_score": {"filter": RED}},
        {"function_score": {"query": RED, "functions": [{"weight": 2}]}},
        {"bool": {"must": [{"bool": {"should": [RED]}}, CHEAP]}},
    ],
)
def test_the_text_is_found_in_scoring_position(query):
    assert read_query(query).text == "red shoe"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"match_all": {}}, "no_text"),
        ({"bool": {"filter": [RED]}}, "no_text"),
        ({"bool": {"must_not": [RED]}}, "no_text"),
        ({"match": {"price": 12}}, "no_text"),
        ({"match": {"title": "?! --"}}, "no_words"),
        ({"match": {"title": ""}}, "no_words"),
        ({"match_phrase_prefix": {"title": "red sh"}}, "prefix"),
        ({"match_bool_prefix": {"title": "red sh"}}, "prefix"),
        ({"multi_match": {"query": "red sh", "type": "bool_prefix", "fields": ["title"]}}, "prefix"),
        ({"multi_match": {"query": "red sh", "type": "PHRASE_PREFIX", "fields": ["title"]}}, "prefix"),
        ({"bool": {"should": [RED, {"prefix": {"title": "sh"}}]}}, "prefix"),
        ({"query_string": {"query": "red AND shoe"}}, "operators"),
        ({"query_string": {"query": "title:red"}}, "operators"),
        ({"query_string": {"query": "red -shoe"}}, "operators"),
        ({"query_string": {"query": "sho*"}}, "operators"),
        ({"simple_query_string": {"query": "red | shoe"}}, "operators"),
        ({"simple_query_string": {"query": '"red shoe"'}}, "operators"),
        ({"more_like_this": {"like": "red"}}, "unknown_clause"),
        ({"bool": {"must": [RED, {"script_score": {}}]}}, "unknown_clause"),
        ({"bool": {"must": [RED], "filter": [{"percolate": {}}]}}, "unknown_filter"),
        ({"bool": {"must": [RED], "filter": [{"bool": {"must": [{"knn": {}}]}}]}}, "unknown_filter"),
        ({"function_score": {"query": RED, "boost_mode": "sum"}}, "additive_boost"),
        ({"function_score": {"query": RED, "min_score": 3}}, "min_score"),
        ({"match": {"title": "red"}, "term": {"a": 1}}, "malformed"),
        (["match"], "malformed"),
    ],
)
def test_what_is_no_shoppers_text_passes_unchanged(query, reason):
    with pytest.raises(Unreadable, match=f"^{reason}$"):
        read_query(query)


def test_a_hyphen_inside_a_word_is_no_operator():
    assert read_query({"query_string": {"query": "t-shirt x-large"}}).text == "t-shirt x-large"


def test_of_several_texts_the_longest_required_one_is_the_shoppers_and_the_others_bind():
    query = {"bool": {"must": [RED, BRAND], "should": [{"match": {"title": "a much longer optional text"}}]}}
    reading = read_query(query)
    assert reading.text == "red shoe"
    assert reading.binding == {"bool": {"filter": [BRAND]}}


@pytest.mark.parametrize(
    ("query", "binding"),
    [
        (RED, None),
        ({"bool": {"must": [RED]}}, None),
        ({"bool": {"must": [RED], "filter": [CHEAP]}}, {"bool": {"filter": [CHEAP]}}),
        ({"bool": {"must": [RED, IN_STOCK]}}, {"bool": {"filter": [IN_STOCK]}}),
        ({"bool": {"must": [RED], "must_not": CHEAP}}, {"bool": {"must_not": [CHEAP]}}),
        ({"bool": {"must": [RED], "should": [BRAND]}}, None),
        ({"bool": {"should": [RED, BRAND]}}, None),
        (
            {"bool": {"should": [RED, BRAND], "minimum_should_match": 2}},
            {"bool": {"should": [{"match_all": {}}, BRAND], "minimum_should_match": 2}},
        ),
        (
            {"dis_max": {"queries": [{"bool": {"must": [RED], "filter": [CHEAP]}}, BRAND]}},
            {
                "bool": {
                    "should": [{"bool": {"filter": [CHEAP]}}, BRAND],
                    "minimum_should_match": 1,
                }
            },
        ),
        (
            {"bool": {"must": [{"bool": {"must": [RED], "filter": [CHEAP]}}], "filter": [IN_STOCK]}},
            {"bool": {"filter": [{"bool": {"filter": [CHEAP]}}, IN_STOCK]}},
        ),
        ({"constant_score": {"filter": {"bool": {"must": RED, "filter": CHEAP}}}}, {"bool": {"filter": [CHEAP]}}),
    ],
)
def test_filters_bind_vector_candidates(query, binding):
    assert read_query(query).binding == binding


def test_names_and_inner_hits_do_not_stand_twice():
    nested = {"nested": {"path": "offers", "query": {"exists": {"field": "offers.id"}}, "inner_hits": {}}}
    named = {"term": {"brand.raw": {"value": "Acme", "_name": "brand"}}}
    query = {"bool": {"must": [RED], "filter": [nested, named]}}
    reading = read_query(query)
    assert reading.core == query
    assert reading.binding == {
        "bool": {
            "filter": [
                {"nested": {"path": "offers", "query": {"exists": {"field": "offers.id"}}}},
                {"term": {"brand.raw": {"value": "Acme"}}},
            ]
        }
    }


def test_business_boosts_are_taken_off_also_inside_a_bool():
    boosted = {"function_score": {"query": RED, "functions": [{"weight": 2}], "boost_mode": "multiply"}}
    reading = read_query({"bool": {"must": [boosted], "filter": [CHEAP]}})
    assert reading.core == {"bool": {"must": [RED], "filter": [CHEAP]}}
    assert reading.boosts == ({"functions": [{"weight": 2}], "boost_mode": "multiply"},)


@pytest.mark.parametrize(
    ("query", "mass"),
    [
        (RED, 1.0),
        ({"match": {"title": {"query": "red", "boost": 4}}}, 4.0),
        ({"multi_match": {"query": "red", "fields": ["title^3", "brand^2.5"]}}, 3.0),
        ({"multi_match": {"query": "red", "fields": ["title^3", "brand"], "type": "most_fields", "boost": 2}}, 8.0),
        ({"bool": {"must": [RED], "should": [RED, CHEAP], "boost": 3}}, 3 * (1 + 1 + 0)),
        ({"dis_max": {"queries": [RED, {"match": {"title": {"query": "red", "boost": 7}}}]}}, 7.0),
    ],
)
def test_keyword_mass_grows_with_boosts(query, mass):
    assert keyword_mass(query) == mass


GENERATION = Generation("a", 1, "a-g001", EncoderRef("m", "f", 2), None, floor=0.5, word_floor=0.3)
KNOWN = frozenset({"shoe", "chocolate", "iphone", "for", "red", "红"}).__contains__


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("red shoe", 0.3),
        ("RED qqqq", 0.3),
        ("choclate", 0.3),  # a letter missing
        ("chocolaet", 0.3),  # two letters swapped
        ("sho", 0.5),  # too short for a slip of the finger
        ("asdfgh", 0.5),
        ("for to", 0.5),  # stop words mean nothing
        ("iphone 13", 0.3),
        ("XK-4471-B", None),
        ("B00X4WHP5E", None),
        ("4008321", None),
        ("asdfgh 500gb", None),
        ("4711", 0.5),
        ("红色鞋", 0.3),
    ],
)
def test_the_words_choose_the_floor(text, least):
    assert floor(text, GENERATION, KNOWN) == least
