"""The history of decisions, read: what is in force, by whom, and how right each model was over time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from plugin_bridge.evaluation.statistics import proportion_interval
from plugin_bridge.review.marks import Mark
from plugin_bridge.review.values import STATE_OF
from plugin_bridge.storage import Storage
from plugin_bridge.storage.schema import events, operations


@dataclass(frozen=True)
class Decision:
    """One event that is in force. `mark` is what it put into the index, `before` what was there."""

    id: int
    suggestion: int
    product: str
    field: str
    action: str
    suggested: str
    chosen: str | None
    model: str
    confidence: float
    by: str
    at: str
    mark: Mark | None = None
    before: Mark | None = None


@dataclass(frozen=True)
class Operation:
    """One request of one person."""

    id: int
    kind: str
    by: str
    at: str
    undoes: int | None


@dataclass(frozen=True)
class Precision:
    """How often a model's suggestions for a field were right, of those decided in one week (its Monday)."""

    week: str
    model: str
    field: str
    decided: int
    accepted: int
    corrected: int
    refused: int
    precision: float
    ci95: tuple[float, float]


class History:
    """The events of one alias. Safe to share between threads."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage = storage
        self._alias = alias

    def decisions(self, operation: int | None = None) -> list[Decision]:
        """Return the decisions in force, oldest first: all, or those of one operation."""
        later, last = events.alias("later"), events.alias("last")
        revived = select(last.c.id).where(last.c.undoes == later.c.id).exists()
        undone = select(later.c.id).where(later.c.undoes == events.c.id, ~revived).exists()
        chosen = select(events).where(events.c.alias == self._alias, events.c.action.in_(STATE_OF), ~undone)
        if operation is not None:
            chosen = chosen.where(events.c.operation == operation)
        with self._storage.read() as connection:
            rows = connection.execute(chosen.order_by(events.c.id)).mappings().all()
        return [_decision(row) for row in rows]

    def operation(self, number: int) -> Operation | None:
        """Return an operation, None where there is none of this number."""
        chosen = select(operations).where(operations.c.id == number, operations.c.alias == self._alias)
        with self._storage.read() as connection:
            row = connection.execute(chosen).mappings().first()
        return None if row is None else Operation(row["id"], row["kind"], row["by"], row["at"], row["undoes"])

    def events(self, product: str | None = None, *, size: int = 50, offset: int = 0) -> list[dict[str, Any]]:
        """Return the history, newest first: every decision, what took it back, and who did it."""
        chosen = select(events).where(events.c.alias == self._alias)
        if product is not None:
            chosen = chosen.where(events.c.product == product)
        with self._storage.read() as connection:
            rows = connection.execute(chosen.order_by(events.c.id.desc()).limit(size).offset(offset)).mappings().all()
        hidden = ("mark", "mark_before", "alias")
        return [{str(name): value for name, value in row.items() if name not in hidden} for row in rows]


def precision(decisions: Sequence[Decision]) -> list[Precision]:
    """Return, by week, model and field, the share of accepted suggestions among all that people decided.

    What was taken back does not count; a corrected value counts as wrong.
    """
    counts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(STATE_OF, 0))
    for one in decisions:
        counts[_monday(one.at), one.model, one.field][one.action] += 1
    found = []
    for (week, model, field), by_action in sorted(counts.items()):
        accepted, decided = by_action["accept"], sum(by_action.values())
        shares = (by_action["correct"], by_action["refuse"], accepted / decided)
        interval = proportion_interval(accepted, decided)
        found.append(Precision(week, model, field, decided, accepted, *shares, interval))
    return found


def _monday(at: str) -> str:
    year, week, _ = date.fromisoformat(at[:10]).isocalendar()
    return date.fromisocalendar(year, week, 1).isoformat()


def _decision(row: Any) -> Decision:
    own_names = Decision.__dataclass_fields__.keys() - {"mark", "before"}
    plain: dict[str, Any] = {name: row[name] for name in own_names}
    return Decision(**plain, mark=_mark(row["mark"]), before=_mark(row["mark_before"]))


def _mark(kept: dict[str, Any] | None) -> Mark | None:
    return None if kept is None else Mark(**kept)
