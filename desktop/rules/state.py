"""What the rules page shows, as frozen values, and rules in words. Free of Qt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from desktop.bridge.rules import AuditEntry, Draft, RuleConflict, RuleRow
from desktop.compare.state import Comparison
from desktop.i18n import formats, tr
from desktop.search.state import Failure

Phase = Literal["empty", "waiting", "results", "nothing", "failed"]
PreviewPhase = Literal["none", "waiting", "results", "nothing", "failed"]
FACTORS = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0)


@dataclass(frozen=True)
class RulesView:
    """All that the page shows. `chosen` is the saved rule in the editor, None for a new one; `dirty` if changed."""

    phase: Phase = "empty"
    rows: tuple[RuleRow, ...] = ()
    conflicts: tuple[RuleConflict, ...] = ()
    chosen: RuleRow | None = None
    draft: Draft = field(default_factory=Draft)
    editing: bool = False
    dirty: bool = False
    busy: bool = False
    query: str = ""
    preview: PreviewPhase = "none"
    comparison: Comparison = field(default_factory=Comparison)
    preview_conflicts: tuple[RuleConflict, ...] = ()
    preview_failure: str = ""
    totals: tuple[int, int] = (0, 0)
    degraded: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    audit: tuple[AuditEntry, ...] = ()
    notice: str = ""
    notice_field: str = ""
    failure: Failure | None = None
    undoable: int = 0
    redoable: int = 0

    @property
    def savable(self) -> bool:
        """Whether there is something whole to save."""
        return self.editing and self.dirty and self.draft.is_whole and not self.busy

    @property
    def summary(self) -> str:
        """The line over the preview."""
        if self.preview == "waiting":
            return tr("Searching…")
        if self.preview != "results":
            return ""
        one = self.comparison
        before, after = (formats.number(count) for count in self.totals)
        return tr(
            "{before} → {after} products · {entered} new · {gone} gone · {moved} moved",
            before=before, after=after, entered=one.entered, gone=one.left_out, moved=one.moved,
        )  # fmt: skip

    @property
    def headings(self) -> tuple[str, str]:
        """What the two lists of results are."""
        if not self.draft.is_whole:
            return tr("Found now"), tr("Found now")
        before = tr("As saved") if self.dirty and self.chosen is not None else tr("Without this rule")
        return before, tr("With this rule")

    @property
    def warnings(self) -> str:
        """What the rule in the editor conflicts with, a line each."""
        return "\n".join(self.told(one) for one in self.preview_conflicts)

    def told(self, conflict: RuleConflict) -> str:
        """Return a conflict in words."""
        own = self.chosen.id if self.chosen is not None else 0
        other = next((one for one in conflict.rules if one not in (0, own)), own)
        row = next((one for one in self.rows if one.id == other), None)
        name = sentence(row.draft, self.titles) if row is not None else str(other)
        what = {
            "place": tr("Another rule wants the same place: {rule}.", rule=name),
            "product": tr("Another rule pins the same product: {rule}.", rule=name),
            "hidden": tr("One rule pins what another hides: {rule}.", rule=name),
            "opposite": tr("One rule boosts what another buries: {rule}.", rule=name),
        }.get(conflict.kind, tr("It conflicts with: {rule}.", rule=name))
        return f"{what} {tr('The other one wins.') if conflict.wins == other else tr('This one wins.')}"

    def in_conflict(self, number: int) -> bool:
        """Whether a saved rule conflicts with another saved one."""
        return any(number in one.rules for one in self.conflicts)


def action_name(action: str) -> str:
    """Return what a rule does, in a word."""
    names = {
        "pin": lambda: tr("Pin"),
        "hide": lambda: tr("Hide"),
        "boost": lambda: tr("Boost"),
        "bury": lambda: tr("Bury"),
    }
    return names[action]() if action in names else action


def kind_name(kind: str) -> str:
    """Return for what a rule is, as the end of a sentence."""
    names = {
        "query": lambda: tr("for exactly the words"),
        "pattern": lambda: tr("for words like"),
        "category": lambda: tr("in the category"),
    }
    return names[kind]() if kind in names else kind


def state_name(state: str) -> str:
    """Return whether a rule holds now."""
    names = {"live": lambda: tr("live"), "waiting": lambda: tr("waiting"), "over": lambda: tr("over")}
    return names[state]() if state in names else state


def change_name(kind: str) -> str:
    """Return what somebody did to a rule."""
    names = {
        "add": lambda: tr("added"),
        "change": lambda: tr("changed"),
        "remove": lambda: tr("removed"),
        "undo": lambda: tr("taken back"),
    }
    return names[kind]() if kind in names else kind


def sentence(draft: Draft, titles: Mapping[str, str] | None = None) -> str:
    """Return a rule as one sentence, products by their titles where these are known."""
    what = products_in_words(draft, titles or {})
    where = tr("everywhere") if draft.kind == "pattern" and draft.value == "*" else (
        tr("in the category “{value}”", value=draft.value) if draft.kind == "category"
        else tr("for words like “{value}”", value=draft.value) if draft.kind == "pattern"
        else tr("for “{value}”", value=draft.value)
    )  # fmt: skip
    factor = f"{draft.factor:g}"
    if draft.action == "pin":
        return tr("Pin {what} to place {place} {where}", what=what, place=draft.place, where=where)
    if draft.action == "hide":
        return tr("Hide {what} {where}", what=what, where=where)
    if draft.action == "boost":
        return tr("Boost {what} ×{factor} {where}", what=what, factor=factor, where=where)
    return tr("Bury {what} ÷{factor} {where}", what=what, factor=factor, where=where)


def products_in_words(draft: Draft, titles: Mapping[str, str]) -> str:
    """Return which products a rule is about."""
    if not draft.products:
        return f"{formats.field_name(draft.field)} “{draft.of}”" if draft.field else "…"
    first = titles.get(draft.products[0]) or draft.products[0]
    first = f"{first[:60]}…" if len(first) > 60 else first
    if len(draft.products) == 1:
        return first
    return tr("{first} and {count} more", first=first, count=len(draft.products) - 1)


def when(draft: Draft) -> str:
    """Return from when until when a rule holds; empty where it always does."""
    if draft.starts and draft.ends:
        return tr("{first} to {last}", first=draft.starts[:10], last=draft.ends[:10])
    if draft.starts:
        return tr("from {day}", day=draft.starts[:10])
    return tr("until {day}", day=draft.ends[:10]) if draft.ends else ""


def known_titles(known: Mapping[str, str], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return titles by product, with more of them."""
    return {**known, **{one: title for one, title in pairs if title}}
