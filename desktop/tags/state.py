"""What the tags page shows, as frozen values, and the trees made of suggestions. Free of Qt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from desktop.branches import Branch
from desktop.bridge.suggestions import PAGE, Filter, Making, Precision, Preview, Suggestion, ValueGroup
from desktop.i18n import formats, tr
from desktop.plotting import Chart, Line
from desktop.search.state import SHOWN_CHARS, Failure

Phase = Literal["empty", "waiting", "results", "nothing", "failed"]
Grouping = Literal["value", "product"]
CATEGORY = "category"
PATH = " > "
_COLOURS = ("accent", "meaning", "photo", "rule")


@dataclass(frozen=True)
class TagsView:
    """All that the page shows. `undoable` is how many operations of this sitting can be taken back."""

    phase: Phase = "empty"
    wanted: Filter = field(default_factory=Filter)
    grouping: Grouping = "value"
    rows: tuple[Suggestion, ...] = ()
    total: int = 0
    page: int = 1
    groups: tuple[ValueGroup, ...] = ()
    categories: tuple[tuple[str, int], ...] = ()
    preview: Preview | None = None
    making: Making | None = None
    precision: Chart | None = None
    undoable: int = 0
    region: tuple[int, bytes] | None = None  # a suggestion, and a picture of what spoke for it
    notice: str = ""
    failure: Failure | None = None

    @property
    def pages(self) -> int:
        """How many pages can be turned."""
        return max(1, -(-self.total // PAGE))

    @property
    def summary(self) -> str:
        """The line over the list."""
        if self.phase == "waiting":
            return tr("Searching…")
        if self.phase not in ("results", "nothing"):
            return ""
        return tr("{count} open suggestions", count=formats.number(self.total))

    @property
    def making_text(self) -> str:
        """How far the making of suggestions is; empty where none runs."""
        one = self.making
        if one is None or one.state != "running":
            return ""
        total = formats.number(one.total) if one.total else "…"
        return tr("Suggesting: {done} of {total} products", done=formats.number(one.done), total=total)

    def values_of(self, name: str) -> tuple[str, ...]:
        """Return the values that a correction of a field can be completed to."""
        known = [path for path, _ in self.categories] if name == CATEGORY else []
        return tuple(dict.fromkeys([*known, *(one.value for one in self.groups if one.field == name)]))


def shown_value(name: str, value: str) -> str:
    """Return a value as it is read: a category as a path with small arrows."""
    return value.replace(PATH, " › ") if name == CATEGORY else value


def listed(rows: Sequence[Suggestion], grouping: Grouping) -> tuple[Branch, ...]:
    """Return suggestions as a tree of two levels, groups in the order of their first suggestion."""
    groups: dict[str, list[Suggestion]] = {}
    for one in rows:
        key = f"{one.field}\0{one.value}" if grouping == "value" else one.product
        groups.setdefault(key, []).append(one)
    return tuple(_group(key, members, grouping) for key, members in groups.items())


def _group(key: str, members: Sequence[Suggestion], grouping: Grouping) -> Branch:
    first = members[0]
    value = f"{formats.field_name(first.field)}: {shown_value(first.field, first.value)}"
    name = value if grouping == "value" else first.title[:SHOWN_CHARS]
    leaves = tuple(_leaf(one, grouping) for one in members)
    return Branch(f"group\0{key}", (name[:SHOWN_CHARS], "", formats.number(len(members))), None, leaves)


def _leaf(one: Suggestion, grouping: Grouping) -> Branch:
    value = f"{formats.field_name(one.field)}: {shown_value(one.field, one.value)}"
    name = (one.title if grouping == "value" else value)[:SHOWN_CHARS]
    before = shown_value(one.field, one.before)[:SHOWN_CHARS]
    surety = formats.percent(one.confidence) + ("" if one.sure else f" · {tr('unsure')}")
    spoken = ", ".join(part for part in (one.title[:SHOWN_CHARS], value, surety) if part)
    return Branch(str(one.id), (name, before, surety), one, (), one.confidence, spoken)


def browser(groups: Iterable[ValueGroup], categories: Iterable[tuple[str, int]]) -> tuple[Branch, ...]:
    """Return what can be chosen on the left: all, each field with its values, and the shop's category tree."""
    groups = list(groups)
    everything = Branch("", (tr("All suggestions"), _number(sum(one.count for one in groups)), ""), Filter())
    fields: dict[str, list[ValueGroup]] = {}
    for one in groups:
        if one.field != CATEGORY:
            fields.setdefault(one.field, []).append(one)
    plain = [_field(name, members) for name, members in fields.items()]
    return (everything, _tree([one for one in groups if one.field == CATEGORY], dict(categories)), *plain)


def _field(name: str, members: Sequence[ValueGroup]) -> Branch:
    children = tuple(
        Branch(f"{name}\0{one.value}", (one.value[:SHOWN_CHARS], _number(one.count), ""), Filter(name, value=one.value))
        for one in members
    )
    total = _number(sum(one.count for one in members))
    return Branch(name, (formats.field_name(name), total, ""), Filter(field=name), children)


def _tree(groups: Sequence[ValueGroup], products: dict[str, int]) -> Branch:
    """Return the category tree: each path with the suggestions for it and below it, and its products."""
    counts: dict[str, int] = dict.fromkeys(products, 0)
    for one in groups:
        parts = one.value.split(PATH)
        for depth in range(1, len(parts) + 1):
            path = PATH.join(parts[:depth])
            counts[path] = counts.get(path, 0) + one.count
    below: dict[str, list[str]] = {}
    for path in sorted(counts):
        below.setdefault(path.rpartition(PATH)[0], []).append(path)

    def branch(path: str) -> Branch:
        has = _number(products[path]) if path in products else ""
        cells = (path.rpartition(PATH)[2][:SHOWN_CHARS], _number(counts[path]), has)
        children = tuple(branch(one) for one in below.get(path, ()))
        return Branch(f"{CATEGORY}\0{path}", cells, Filter(under=path), children)

    total = _number(sum(one.count for one in groups))
    tops = tuple(branch(one) for one in below.get("", ()))
    return Branch(CATEGORY, (formats.field_name(CATEGORY), total, ""), Filter(field=CATEGORY), tops)


def precision_chart(weeks: Sequence[Precision]) -> Chart:
    """Return precision over time: a line for each model and field, with its interval."""
    days = sorted({one.week for one in weeks})
    places = {day: float(date.fromisoformat(day).toordinal()) for day in days}
    by_line: dict[tuple[str, str], list[Precision]] = {}
    for one in weeks:
        by_line.setdefault((one.field, one.model), []).append(one)
    lines = tuple(
        Line(
            name=f"{formats.field_name(name)} · {suggested_by(model)}",
            x=tuple(places[one.week] for one in members),
            y=tuple(one.precision for one in members),
            low=tuple(one.low for one in members),
            high=tuple(one.high for one in members),
            colour=_COLOURS[place % len(_COLOURS)],
            dashed=place >= len(_COLOURS),
            dots=True,
        )
        for place, ((name, model), members) in enumerate(sorted(by_line.items()))
    )
    return Chart(tr("Week"), tr("Share that was right"), lines, tuple((places[day], day) for day in days))


def suggested_by(model: str) -> str:
    """Return the name of what made a suggestion: a trained model has its own."""
    return tr("votes of similar products") if model == "neighbours" else model


def _number(value: int) -> str:
    return formats.number(value) if value else ""
