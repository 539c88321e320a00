"""Facets of a search: for each field how many of its products have which value, or between which bounds they lie.

A field's own filter does not narrow its own values, so that a second one can be chosen beside the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from plugin_bridge.errors import RequestError
from plugin_bridge.searching.filters import FilterField

FIRST = ("category", "brand", "colour", "price", "tags")
NEVER = frozenset({"title", "description", "currency"})
MAX_FIELDS = 24
MAX_VALUES = 200


@dataclass(frozen=True)
class FacetValue:
    """A value, and how many of the found products have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Facet:
    """One field. `kind` is `values` (`more`: products of values not listed) or `range` (`low`, `high`)."""

    field: str
    kind: str
    values: tuple[FacetValue, ...] = ()
    more: int = 0
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the facet as it is sent."""
        return asdict(self)


def chosen_fields(wanted: Sequence[str] | None, known: Mapping[str, FilterField]) -> list[FilterField]:
    """Return the fields to count: those asked for, else the well-known ones and then the shop's own by name.

    Raises RequestError where a field cannot be counted, or there are too many of them.
    """
    if wanted is None:
        own = sorted(set(known) - set(FIRST) - NEVER)
        names = [name for name in FIRST if name in known] + own
        return [known[name] for name in names[:MAX_FIELDS]]
    if len(wanted) > MAX_FIELDS:
        raise RequestError(f"at most {MAX_FIELDS} fields, got {len(wanted)}", field="fields")
    for name in wanted:
        if name not in known:
            raise RequestError(f"{name!r} is no field to count; there are: {', '.join(sorted(known))}", field="fields")
    return [known[name] for name in dict.fromkeys(wanted)]


def aggregations(fields: Iterable[FilterField], values: int) -> dict[str, Any]:
    """Return what counts the fields, at most `values` values of each."""
    return {
        one.name: {"stats": {"field": one.exact}} if one.number else {"terms": {"field": one.exact, "size": values}}
        for one in fields
    }


def read_facet(field: FilterField, answer: Mapping[str, Any]) -> Facet | None:
    """Return a facet of OpenSearch's answer; None where no product has the field."""
    if field.number:
        if not answer.get("count"):
            return None
        return Facet(field.name, "range", low=float(answer["min"]), high=float(answer["max"]))
    buckets = answer.get("buckets", ())
    if not buckets:
        return None
    values = tuple(FacetValue(str(one.get("key_as_string", one["key"])), int(one["doc_count"])) for one in buckets)
    return Facet(field.name, "values", values, more=int(answer.get("sum_other_doc_count", 0)))
