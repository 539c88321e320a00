"""Merchandising rules and what the bridge says of them, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from desktop.bridge.answers import Hit, one_line, sentence
from desktop.bridge.client import Bridge, Wanted

ACTIONS = ("pin", "hide", "boost", "bury")
KINDS = ("query", "pattern", "category")
FIELDS = ("brand", "category", "colour", "tags")
PREVIEW_SIZE = 12
AUDIT_SIZE = 200


@dataclass(frozen=True)
class Draft:
    """What a rule says: `action` with `products` (or all whose `field` is `of`) for requests of a `kind` and `value`.

    `starts` and `ends` are its first and its last day, or moments where it does not begin or end with a day; empty
    where it always holds.
    """

    action: str = "pin"
    kind: str = "query"
    value: str = ""
    products: tuple[str, ...] = ()
    field: str = ""
    of: str = ""
    place: int = 1
    factor: float = 1.5
    starts: str = ""
    ends: str = ""
    priority: int = 0
    owner: str = ""
    note: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all is said that a rule needs."""
        return bool(self.value.strip()) and bool(self.products or (self.field and self.of.strip()))

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Draft":
        """Read the parts of a rule that people say."""
        plain = cls()
        return cls(
            action=str(document["action"]),
            kind=str(document["kind"]),
            value=one_line(document["value"]),
            products=tuple(str(one) for one in document.get("products") or ()),
            field=str(document.get("field") or ""),
            of=one_line(document.get("of")),
            place=int(document.get("place") or plain.place),
            factor=float(document.get("factor") or plain.factor),
            starts=_day(document.get("starts")),
            ends=_day(document.get("ends"), end=True),
            priority=int(document.get("priority") or 0),
            owner=one_line(document.get("owner")),
            note=str(document.get("note") or ""),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge takes it: products or a field, not both."""
        chosen = replace(self, field="", of="") if self.products else self
        return {
            **vars(chosen),
            "products": list(chosen.products),
            "starts": chosen.starts or None,
            "ends": chosen.ends or None,
        }


@dataclass(frozen=True)
class RuleRow:
    """A saved rule. `state` is live, waiting or over, `version` what a change of it must name."""

    id: int
    version: int
    state: str
    by: str
    at: str
    draft: Draft

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "RuleRow":
        """Read one rule."""
        return cls(
            id=int(document["id"]),
            version=int(document.get("version") or 0),
            state=str(document.get("state") or "live"),
            by=str(document.get("by") or ""),
            at=str(document.get("at") or ""),
            draft=Draft.read(document),
        )


@dataclass(frozen=True)
class RuleConflict:
    """Two rules that cannot both have their way (0: the one that is not saved yet), and which of them has."""

    kind: str
    rules: tuple[int, int]
    wins: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "RuleConflict":
        """Read one conflict."""
        one, other = document["rules"]
        return cls(str(document["kind"]), (int(one), int(other)), int(document.get("wins") or 0))


@dataclass(frozen=True)
class Previewed:
    """The first results without and with a rule."""

    query: str
    before: tuple[Hit, ...]
    after: tuple[Hit, ...]
    conflicts: tuple[RuleConflict, ...]
    generation: str = ""
    total_before: int = 0
    total_after: int = 0
    degraded: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Previewed":
        """Read the answer of `POST /v1/rules/preview`."""
        total = document.get("total") or {}
        return cls(
            query=str(document.get("query") or ""),
            before=tuple(Hit.read(one) for one in document["before"]),
            after=tuple(Hit.read(one) for one in document["after"]),
            conflicts=tuple(RuleConflict.read(one) for one in document.get("conflicts") or ()),
            generation=str(document.get("generation") or ""),
            total_before=int(total.get("before") or 0),
            total_after=int(total.get("after") or 0),
            degraded=sentence(document.get("reason")) if document.get("degraded") else "",
        )


@dataclass(frozen=True)
class Changed:
    """A change that the bridge has kept: its entry in the history, and the rule (None: it is gone)."""

    event: int
    id: int
    rule: RuleRow | None
    conflicts: tuple[RuleConflict, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Changed":
        """Read the answer to a change."""
        rule = document.get("rule")
        return cls(
            event=int(document["event"]),
            id=int(document["id"]),
            rule=None if rule is None else RuleRow.read(rule),
            conflicts=tuple(RuleConflict.read(one) for one in document.get("conflicts") or ()),
        )


@dataclass(frozen=True)
class AuditEntry:
    """One entry of the history."""

    id: int
    rule: int
    kind: str
    by: str
    at: str
    before: Draft | None
    after: Draft | None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "AuditEntry":
        """Read one entry."""
        before, after = (
            None if document.get(name) is None else Draft.read(document[name]) for name in ("before", "after")
        )
        kind, by, at = (str(document.get(name) or "") for name in ("kind", "by", "at"))
        return cls(int(document["id"]), int(document["rule"]), kind, by, at, before, after)


class Rules:
    """What is said to a bridge about rules. Calls wait for their answer, as the bridge's own do."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def listed(self) -> tuple[tuple[RuleRow, ...], tuple[RuleConflict, ...]]:
        """Return all rules, those that go first first, and the conflicts among them."""

        def reader(document: Any) -> tuple[tuple[RuleRow, ...], tuple[RuleConflict, ...]]:
            rows = tuple(RuleRow.read(one) for one in document["rules"])
            return rows, tuple(RuleConflict.read(one) for one in document.get("conflicts") or ())

        return self._bridge.read(reader, self._bridge.ask("GET", "/v1/rules"))

    def add(self, draft: Draft, key: str = "") -> Changed:
        """Add a rule; the same key again changes nothing."""
        return self._change("POST", "/v1/rules", draft.to_json() | {"key": key or uuid4().hex})

    def change(self, row: RuleRow, draft: Draft, key: str = "") -> Changed:
        """Change a rule, unless somebody else has changed it since `row`."""
        body = draft.to_json() | {"key": key or uuid4().hex, "version": row.version}
        return self._change("PUT", f"/v1/rules/{row.id}", body)

    def remove(self, row: RuleRow) -> Changed:
        """Remove a rule, unless somebody else has changed it since `row`."""
        params = {"key": uuid4().hex, "version": row.version}
        return self._bridge.read(Changed.read, self._bridge.ask("DELETE", f"/v1/rules/{row.id}", params=params))

    def undo(self, event: int) -> Changed:
        """Take a change back; undoing an undo does it again."""
        return self._change("POST", "/v1/rules/undo", {"event": event, "key": uuid4().hex})

    def preview(self, draft: Draft, number: int | None, query: str, *, without: bool) -> Previewed:
        """Return what a rule would change; `number` is the one that it takes the place of.

        `without` compares with nothing in its place, else with that rule as it was saved.
        """
        body: dict[str, Any] = {"rule": draft.to_json(), "id": number, "size": PREVIEW_SIZE, "without": without}
        if query:
            body["query"] = query
        return self._bridge.read(Previewed.read, self._bridge.ask("POST", "/v1/rules/preview", body))

    def found(self, draft: Draft, query: str) -> Previewed:
        """Return what is found now, for a rule that does not say yet which products it is about."""
        filters = {"category": draft.value} if draft.kind == "category" and draft.value else {}
        answer = self._bridge.search(Wanted(text=query, filters=filters), size=PREVIEW_SIZE)
        return Previewed(
            query=query,
            before=answer.hits,
            after=answer.hits,
            conflicts=(),
            generation=answer.generation,
            total_before=answer.total,
            total_after=answer.total,
            degraded=answer.reason,
        )

    def audit(self) -> tuple[AuditEntry, ...]:
        """Return who changed what, newest first."""

        def reader(document: Any) -> tuple[AuditEntry, ...]:
            return tuple(AuditEntry.read(one) for one in document["events"])

        return self._bridge.read(reader, self._bridge.ask("GET", "/v1/rules/audit", params={"size": AUDIT_SIZE}))

    def _change(self, method: str, path: str, body: dict[str, Any]) -> Changed:
        return self._bridge.read(Changed.read, self._bridge.ask(method, path, body))


def _day(moment: Any, *, end: bool = False) -> str:
    """Return the day of a moment that begins one, or with `end` the day that ends with it; any other as it is."""
    text = str(moment or "")
    if not text.endswith("T00:00:00+00:00"):
        return text
    try:
        return (date.fromisoformat(text[:10]) - timedelta(days=1 if end else 0)).isoformat()
    except ValueError:
        return text
