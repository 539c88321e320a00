"""What the cross-encoder reads: marks of a kind before what identifies a product, and one way to write it."""

import pytest

from plugin_bridge.pairs.reading import Pair
from plugin_bridge.pairs.serialising import both_sides, marked, serialised


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dsc-w150 camera, 8gb, ver 7.0", "# dscw150 camera = 8 gb ver ~ 7"),
        ("monitor 27 inches", "monitor = 27 in"),
        ("office 2007 ( mac )", "office ~ 2007 mac"),
        ("", ""),
    ],
)
def test_marks(text: str, found: str) -> None:
    assert marked(text) == found


def test_attributes_stand_in_a_row() -> None:
    product = {"title": "Wireless Mouse M-185", "brand": "Logitech", "price": "14.99", "model": "910-002225", "id": 3}
    assert serialised(product) == "wireless mouse # m185 | # 910002225 | logitech | $ 15"
    assert both_sides([Pair(product, {"title": "mouse"}, 1)]) == ([serialised(product)], ["mouse"])
    assert serialised({}) == ""
    assert len(serialised({"title": "word " * 1000})) <= 700
