"""Vectors come back only to those who ask for them by name."""

import pytest

from plugin_bridge.rewrite.source import without_internal

FIELDS = ("kindred_text", "kindred_image")


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (None, {"excludes": ["kindred_*"]}),
        (True, {"excludes": ["kindred_*"]}),
        (False, False),
        ("title", "title"),
        (["title", "price"], ["title", "price"]),
        (["*"], {"includes": ["*"], "excludes": ["kindred_*"]}),
        (["ti*", "k*"], {"includes": ["ti*", "k*"], "excludes": ["kindred_*"]}),
        (["kindred_text"], {"includes": ["kindred_text"], "excludes": ["kindred_image"]}),
        ({"includes": [], "excludes": ["price"]}, {"excludes": ["price", "kindred_*"]}),
        ({"includes": ["*"], "excludes": []}, {"includes": ["*"], "excludes": ["kindred_*"]}),
        ({"excludes": "price"}, {"excludes": ["price", "kindred_*"]}),
    ],
)
def test_internal_fields_are_left_out_unless_named(asked, sent):
    assert without_internal(asked, FIELDS) == sent
