"""Filters on product fields: from a person's `{"brand": "Acme", "price": {"lt": 50}}` to exact clauses.

A value is matched exactly, never parsed: nothing in it can be an operator.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from opensearch.mappings import INTERNAL_PREFIX
from plugin_bridge.errors import RequestError
from plugin_bridge.rewrite.reading import Clause

RANGES = ("gt", "gte", "lt", "lte")
MAX_FILTERS = 50
MAX_VALUES = 1000
MAX_VALUE_CHARS = 1024

_NUMBERS = frozenset({"double", "float", "half_float", "long", "integer", "short", "byte", "unsigned_long"})
_EXACT = frozenset({"keyword", "boolean", "ip", "date", "constant_keyword"})
_ARGUMENT = re.compile(r"\s*(?P<field>[^=<>]+?)\s*(?P<sign>>=|<=|=|>|<)\s*(?P<value>.*?)\s*", re.DOTALL)
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


@dataclass(frozen=True)
class FilterField:
    """A product field that can be filtered: `exact` is the field that holds the whole value as one term."""

    name: str
    exact: str
    number: bool


def filter_fields(properties: Mapping[str, Any]) -> dict[str, FilterField]:
    """Return, by name, the fields of a mapping's `properties` that can be filtered."""
    found: dict[str, FilterField] = {}
    for name, mapping in properties.items():
        kind = mapping.get("type")
        if name.startswith(INTERNAL_PREFIX) or mapping.get("index") is False:
            continue
        if kind in _NUMBERS:
            found[name] = FilterField(name, name, number=True)
        elif kind in _EXACT:
            found[name] = FilterField(name, name, number=False)
        elif kind == "text":
            for part, sub in mapping.get("fields", {}).items():
                if sub.get("type") == "keyword":
                    found[name] = FilterField(name, f"{name}.{part}", number=False)
                    break
    return found


def clauses(filters: Mapping[str, Any], fields: Mapping[str, FilterField]) -> list[Clause]:
    """Return the filter clauses; all must hold. A list of values means any of them.

    Raises RequestError naming the filter where a field cannot be filtered or a value does not fit it.
    """
    if len(filters) > MAX_FILTERS:
        raise RequestError(f"at most {MAX_FILTERS} filters, got {len(filters)}", field="filters")
    return [_clause(name, wanted, fields) for name, wanted in filters.items()]


def parse_arguments(arguments: Iterable[str]) -> dict[str, Any]:
    """Return the filters of command-line arguments: FIELD=VALUE, FIELD>=NUMBER; one field twice means either value."""
    filters: dict[str, Any] = {}
    for argument in arguments:
        match = _ARGUMENT.fullmatch(argument)
        if match is None:
            raise RequestError(f"--filter {argument!r} is not FIELD=VALUE", field="filter")
        field, sign, value = match["field"], match["sign"], match["value"]
        if sign != "=":
            bounds = filters.setdefault(field, {})
            if not isinstance(bounds, dict):
                raise RequestError(f"--filter {field}: a range and a value exclude each other", field="filter")
            bounds[_SIGNS[sign]] = value
        elif field not in filters:
            filters[field] = value
        elif isinstance(filters[field], dict):
            raise RequestError(f"--filter {field}: a range and a value exclude each other", field="filter")
        else:
            before = filters[field]
            filters[field] = [*(before if isinstance(before, list) else [before]), value]
    return filters


def _clause(name: str, wanted: Any, fields: Mapping[str, FilterField]) -> Clause:
    field = fields.get(name)
    if field is None:
        known = ", ".join(sorted(fields))
        raise RequestError(f"{name!r} is no field to filter by; there are: {known}", field=f"filters.{name}")
    if isinstance(wanted, Mapping):
        return _range(field, wanted)
    if isinstance(wanted, list):
        if not 1 <= len(wanted) <= MAX_VALUES:
            raise RequestError(f"{name}: 1 to {MAX_VALUES} values, got {len(wanted)}", field=f"filters.{name}")
        return {"terms": {field.exact: [_value(field, one) for one in wanted]}}
    return {"term": {field.exact: {"value": _value(field, wanted)}}}


def _range(field: FilterField, wanted: Mapping[str, Any]) -> Clause:
    if not field.number:
        raise RequestError(f"{field.name} holds words: give a value, not a range", field=f"filters.{field.name}")
    if not wanted or not set(wanted) <= set(RANGES):
        raise RequestError(
            f"{field.name}: a range has {', '.join(RANGES)}, got {', '.join(map(str, wanted)) or 'nothing'}",
            field=f"filters.{field.name}",
        )
    return {"range": {field.exact: {bound: _value(field, value) for bound, value in wanted.items()}}}


def _value(field: FilterField, value: Any) -> str | float:
    where = f"filters.{field.name}"
    if field.number:
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise RequestError(f"{field.name} holds numbers, {value!r} is none", field=where)
        return number
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise RequestError(f"{field.name}: a value is text or a number, got {value!r}", field=where)
    if len(str(value)) > MAX_VALUE_CHARS:
        raise RequestError(f"{field.name}: a value has at most {MAX_VALUE_CHARS} characters", field=where)
    return str(value)
