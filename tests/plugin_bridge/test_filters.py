"""Filters: exact clauses from what people type."""

import math
from typing import Any

import pytest

from opensearch import mappings
from plugin_bridge.errors import RequestError
from plugin_bridge.searching.filters import clauses, filter_fields, parse_arguments

FIELDS = filter_fields(
    {
        **mappings.properties(4, 4),
        "material": {"type": "keyword"},
        "weight_kg": {"type": "double"},
        "parts": {"type": "object", "enabled": False},
    }
)


def test_what_can_be_filtered() -> None:
    assert {"brand", "category", "colour", "price", "material", "weight_kg", "title"} <= set(FIELDS)
    assert not [name for name in FIELDS if name.startswith("kindred_")]
    assert not {"description", "image", "parts"} & set(FIELDS)  # no exact values, or not indexed at all
    assert FIELDS["brand"].exact == "brand.raw"
    assert FIELDS["category"].exact == "category"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"brand": "Acme"}, [{"term": {"brand.raw": {"value": "Acme"}}}]),
        ({"brand": ["Acme", "Zorn"]}, [{"terms": {"brand.raw": ["Acme", "Zorn"]}}]),
        ({"price": 5}, [{"term": {"price": {"value": 5.0}}}]),
        ({"price": "5.5"}, [{"term": {"price": {"value": 5.5}}}]),
        ({"price": {"gte": 1, "lt": "9"}}, [{"range": {"price": {"gte": 1.0, "lt": 9.0}}}]),
        ({"material": True}, [{"term": {"material": {"value": "true"}}}]),
        ({"material": 7}, [{"term": {"material": {"value": "7"}}}]),
        ({"brand": "* OR 1=1"}, [{"term": {"brand.raw": {"value": "* OR 1=1"}}}]),
        ({}, []),
    ],
)
def test_filters_become_exact_clauses(filters: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert clauses(filters, FIELDS) == expected


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"nope": 1}, "filters.nope"),
        ({"kindred_tie": 1}, "filters.kindred_tie"),
        ({"price": "cheap"}, "filters.price"),
        ({"price": math.inf}, "filters.price"),
        ({"price": True}, "filters.price"),
        ({"price": {"like": 1}}, "filters.price"),
        ({"price": {}}, "filters.price"),
        ({"brand": {"gt": "A"}}, "filters.brand"),
        ({"brand": []}, "filters.brand"),
        ({"brand": None}, "filters.brand"),
        ({"brand": [["x"]]}, "filters.brand"),
        ({"brand": "x" * 1025}, "filters.brand"),
        ({"brand": ["x"] * 1001}, "filters.brand"),
        ({f"f{i}": 1 for i in range(51)}, "filters"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(filters: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as refused:
        clauses(filters, FIELDS)
    assert refused.value.field == field
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["brand=Acme"], {"brand": "Acme"}),
        (["brand=Acme", "brand=Zorn", "colour=red"], {"brand": ["Acme", "Zorn"], "colour": "red"}),
        (["price>=10", "price<20.5"], {"price": {"gte": "10", "lt": "20.5"}}),
        (["price<=3"], {"price": {"lte": "3"}}),
        (["name=a=b"], {"name": "a=b"}),
        (["name="], {"name": ""}),
        ([" brand = Acme "], {"brand": "Acme"}),
    ],
)
def test_arguments_of_the_command_line(arguments: list[str], expected: dict[str, Any]) -> None:
    assert parse_arguments(arguments) == expected


@pytest.mark.parametrize("arguments", [["brand"], ["=x"], ["price>1", "price=2"], ["price=2", "price>1"]])
def test_wrong_arguments(arguments: list[str]) -> None:
    with pytest.raises(RequestError):
        parse_arguments(arguments)
