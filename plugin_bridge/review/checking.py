"""What speaks against a decision before it is recorded: pure, but for the question whether a category exists."""

from collections.abc import Iterable, Mapping
from typing import Any

from opensearch.client import Cluster
from opensearch.mappings import INTERNAL_PREFIX
from opensearch.scanning import scan
from plugin_bridge.review import marks
from plugin_bridge.review.marks import MULTIPLE, Mark, as_list, indexed
from plugin_bridge.review.values import Conflict, StoredSuggestion
from plugin_bridge.tagging.suggesting import CATEGORY, split_path

_NOT_SUGGESTED = frozenset({"id", "title", "image", "price", "currency"})


def against(one: StoredSuggestion, source: Mapping[str, Any] | None, *, writes: bool) -> Conflict | None:
    """Return what stands against deciding a suggestion, given its product's document; None where nothing does.

    `writes` says that the decision would change the product; a refusal does not, and what was done to the field since
    does not matter to it.
    """
    if source is None:
        return _conflict("gone", one, f"there is no product {one.product!r} any more")
    if not writes or one.field in MULTIPLE:
        return None
    mark = marks.read(source).marks.get((one.field, None))
    if mark is not None and mark.active and mark.since > one.made:
        what = f"was set to {mark.value!r} by {mark.by} at {mark.at}"
        message = f"{one.field} of {one.product!r} {what}, after this was suggested"
        return _conflict("edited", one, message, mark)
    if mark is None and source.get(one.field) not in (one.base, indexed(one.field, one.value)):
        message = (
            f"{one.field} of {one.product!r} was {one.base!r} when this was suggested and is "
            f"{source.get(one.field)!r} now; suggest again"
        )
        return _conflict("changed", one, message)
    return None


def current(one: StoredSuggestion, source: Mapping[str, Any], value: str | None = None) -> Mark | None:
    """Return the mark that a decision for a suggestion with this value would replace."""
    probe = Mark(one.field, one.value if value is None else value, "", "", "")
    return marks.read(source).marks.get(probe.key)


def is_usable(field: str) -> bool:
    """Return whether a field of this name may be written by a decision."""
    return (
        bool(field) and not field.startswith((INTERNAL_PREFIX, "_")) and field not in ("id", "title", "image", "price")
    )


def no_category(one: StoredSuggestion, value: str) -> Conflict:
    """Return the conflict that says that no product has a category."""
    return _conflict("no_category", one, f"the category {value!r} does not exist in the catalogue any more")


def missing_categories(cluster: Cluster, index: str, values: Iterable[str]) -> set[str]:
    """Return those category paths that no product of the index has, neither as its own nor as one above it."""
    missing = set()
    for value in set(values):
        levels = list(split_path(value))
        query = {"bool": {"filter": [{"term": {CATEGORY: level}} for level in levels]}}
        hits = scan(cluster, index, query, source=[CATEGORY])
        if not any(as_list(hit["_source"].get(CATEGORY))[: len(levels)] == levels for hit in hits):
            missing.add(value)
    return missing


def _conflict(code: str, one: StoredSuggestion, message: str, mark: Mark | None = None) -> Conflict:
    by, at = (mark.by, mark.at) if mark else (None, None)
    return Conflict(code, message, one.id, one.product, one.field, by, at)
