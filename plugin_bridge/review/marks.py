"""What people decided about a product, as its document carries it: pure functions over fields.

A mark says who set which field to what, and when. Beside the marks stands each field's `own` value, the one that the
catalogue gives. So a catalogue can change under a person's value without undoing it, and taking the decision back
gives the catalogue's newest value, not an old copy.

Two copies of a product's marks are brought together by taking the newer mark of each field; what was taken back stays
as an inactive mark, so that this works for it too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from opensearch.mappings import REVIEWED, REVIEWED_FIELDS
from plugin_bridge.tagging.suggesting import CATEGORY, TAGS, split_path

# Fields with several values: people add to what the catalogue has, for all others they replace it.
MULTIPLE = frozenset({TAGS})

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Mark:
    """One decision. `stamp` is when it came into force (ISO 8601, UTC), with something of its own after a `#`.

    `value` is as the suggestion had it (a category path is one text). In a field with several values each value has a
    mark of its own; `active` is false where the decision was taken back. `since` is when the person `by` chose the
    value, which is earlier than the stamp where an undo brought it back.
    """

    field: str
    value: str
    by: str
    stamp: str
    since: str
    active: bool = True

    @property
    def key(self) -> Key:
        """What the mark is about: a field, or one value of a field with several."""
        return self.field, self.value if self.field in MULTIPLE else None

    @property
    def at(self) -> str:
        """When the value was chosen, to the second."""
        return self.since[:19] + "Z"


@dataclass(frozen=True)
class Reviewed:
    """All marks of a product by key, and the catalogue's own values of the fields that have one."""

    own: Mapping[str, Any] = field(default_factory=dict)
    marks: Mapping[Key, Mark] = field(default_factory=dict)


def read(source: Mapping[str, Any]) -> Reviewed:
    """Return what people decided about the product whose document this is."""
    kept = source.get(REVIEWED) or {}
    marks = (Mark(**one) for one in kept.get("marks", ()))
    return Reviewed(kept.get("own", {}), {mark.key: mark for mark in marks})


def stored(reviewed: Reviewed) -> dict[str, Any]:
    """Return the document's fields that `read` reads."""
    marks = [asdict(reviewed.marks[key]) for key in sorted(reviewed.marks, key=str)]
    return {REVIEWED: {"own": dict(reviewed.own), "marks": marks}, REVIEWED_FIELDS: sorted(reviewed.own)}


def add(source: Mapping[str, Any], marks: Iterable[Mark]) -> dict[str, Any]:
    """Return the fields that a document needs so that it has these marks, too; empty where it has them all.

    The newer mark of a field stays.
    """
    before = read(source)
    own, all_of_them = dict(before.own), dict(before.marks)
    for mark in marks:
        own.setdefault(mark.field, source.get(mark.field))
        known = all_of_them.get(mark.key)
        if known is None or known.stamp < mark.stamp:
            all_of_them[mark.key] = mark
    after = Reviewed(own, all_of_them)
    if after == before:
        return {}
    wanted = values(after) | stored(after)
    return {name: value for name, value in wanted.items() if source.get(name) != value}


def lay_over(fields: Mapping[str, Any], reviewed: Reviewed, *, partial: bool = False) -> dict[str, Any]:
    """Return a catalogue's fields with people's values over them, and the marks beside.

    `fields` become the product's own values. With `partial`, they are changes: those that they do not name stay.
    """
    if not reviewed.marks:
        return dict(fields)
    named = {name for name in reviewed.own if name in fields or not partial}
    own = dict(reviewed.own) | {name: fields.get(name) for name in named}
    after = Reviewed(own, reviewed.marks)
    laid = {name: value for name, value in values(after).items() if name in named}
    laid = {name: value for name, value in laid.items() if value is not None or name in fields}
    if partial and own == reviewed.own:
        return {**fields, **laid}
    return {**fields, **laid, **stored(after)}


def values(reviewed: Reviewed) -> dict[str, Any]:
    """Return the values that the product's fields have, by people's decisions; None where there is none."""
    found = dict(reviewed.own)
    for mark in sorted(reviewed.marks.values(), key=lambda one: one.stamp):
        if not mark.active:
            continue
        if mark.field in MULTIPLE:
            present = as_list(found[mark.field])
            found[mark.field] = [*present, *([] if mark.value in present else [mark.value])]
        else:
            found[mark.field] = indexed(mark.field, mark.value)
    return found


def indexed(name: str, value: str) -> Any:
    """Return a suggestion's value as the index holds it: a category is the list of its levels."""
    return list(split_path(value)) if name == CATEGORY else value


def as_list(value: Any) -> list[Any]:
    """Return a field's values as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
