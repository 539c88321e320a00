"""Suggestions are written and read without loss."""

import orjson

from plugin_bridge.tagging.suggesting import ProductSuggestions, Suggestion, join_path, split_path


def test_what_is_written_is_read_again():
    why = {"neighbours": [{"id": "7", "title": "Red boot", "similarity": 0.9, "value": "Shoes"}]}
    sure = Suggestion("category", "Shoes > Boots", 0.97, True, "neighbours", why)
    unsure = Suggestion("colour", "红色", 0.4, False, "neighbours")
    whole = ProductSuggestions("p1", (sure, unsure), ("colour",))
    assert ProductSuggestions.from_json(orjson.loads(orjson.dumps(whole.to_json()))) == whole


def test_a_path_is_one_text():
    assert join_path(("Apparel", "Topwear", "Shirts")) == "Apparel > Topwear > Shirts"
    assert split_path("Apparel > Topwear > Shirts") == ("Apparel", "Topwear", "Shirts")
    assert split_path("") == ()
