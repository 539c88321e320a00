"""The database's side of reviewing: suggestions, the history of decisions, and the writes to the index that they want.

A decision and the write that it wants are one transaction. The write is made after it and noted when it is done; what
is still wanted after a crash is made again, which changes nothing where it had been made.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, case, func, insert, select, update

from plugin_bridge.review.marks import MULTIPLE, Mark
from plugin_bridge.review.values import STATE_OF, Conflict, Group, Page, StoredSuggestion, Wanted
from plugin_bridge.storage import Storage
from plugin_bridge.storage.schema import events, intents, operations, suggestions
from plugin_bridge.tagging.suggesting import CATEGORY, PATH_SEPARATOR, Suggestion

T = TypeVar("T")
_AT_ONCE = 500  # parameters of one statement are limited

MACHINE = "kindred"


@dataclass(frozen=True)
class Step:
    """A decision ready to be recorded. `mark` is what the index is to carry, `before` the one that it replaces."""

    suggestion: StoredSuggestion
    action: str
    chosen: str | None = None
    mark: Mark | None = None
    before: Mark | None = None
    undoes: int | None = None


@dataclass(frozen=True)
class Intent:
    """A write that the index needs; `expects` is the stamp of the mark that it may replace."""

    event: int
    suggestion: int
    product: str
    mark: Mark
    expects: str | None


def waiting_aliases(storage: Storage) -> list[str]:
    """Return the aliases whose index lacks decisions."""
    chosen = select(intents.c.alias).where(intents.c.state == "pending").distinct()
    with storage.read() as connection:
        return sorted(connection.execute(chosen).scalars())


class Ledger:
    """What is known of the suggestions for one alias. Safe to share between threads."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage = storage
        self.alias = alias

    def add(self, made: Sequence[tuple[str, Suggestion, Any]], at: str) -> int:
        """Store suggestions as (product, suggestion, the field's value now); return how many.

        They take the place of open ones for the same field of the product. A value that a person refused for a product
        is not stored again.
        """
        fields = {(product, one.field) for product, one, _ in made}
        with self._storage.write() as connection:
            refused = self._refused(connection, {product for product, _, _ in made})
            new = [
                {"alias": self.alias, "product": product, "made": at, "state": "open", "base": base, **_row(one)}
                for product, one, base in made
                if (product, one.field, one.value) not in refused
            ]
            if fields:
                connection.execute(
                    update(suggestions)
                    .where(
                        suggestions.c.alias == self.alias,
                        suggestions.c.product == bindparam("p"),
                        suggestions.c.field == bindparam("f"),
                        suggestions.c.state == "open",
                    )
                    .values(state="superseded"),
                    [{"p": product, "f": field} for product, field in sorted(fields)],
                )
            if new:
                connection.execute(insert(suggestions), new)
        return len(new)

    def find(self, wanted: Wanted, *, size: int = 50, offset: int = 0) -> Page:
        """Return a page of suggestions, the most confident first."""
        chosen = self._where(select(suggestions), wanted)
        with self._storage.read() as connection:
            total = connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()
            ordered = chosen.order_by(suggestions.c.confidence.desc(), suggestions.c.id)
            rows = connection.execute(ordered.limit(size).offset(offset)).mappings().all()
        return Page(total, tuple(_stored(row) for row in rows))

    def groups(self, wanted: Wanted, size: int = 1000) -> list[Group]:
        """Return the suggestions by value, the most frequent values of each field first."""
        table = suggestions.c
        many = func.count().label("many")
        sure = func.sum(case((table.sure, 1), else_=0))
        figures = (many, sure, func.min(table.confidence), func.max(table.confidence))
        chosen = self._where(select(table.field, table.value, *figures), wanted)
        ordered = chosen.group_by(table.field, table.value).order_by(table.field, many.desc(), table.value)
        with self._storage.read() as connection:
            return [Group(*row) for row in connection.execute(ordered.limit(size))]

    def named(self, ids: Iterable[int]) -> dict[int, StoredSuggestion]:
        """Return suggestions by id; those that do not exist are left out."""
        found: dict[int, StoredSuggestion] = {}
        with self._storage.read() as connection:
            for part in _parts(list(dict.fromkeys(ids))):
                chosen = self._where(select(suggestions), Wanted(state=None)).where(suggestions.c.id.in_(part))
                found |= {row["id"]: _stored(row) for row in connection.execute(chosen).mappings()}
        return found

    def record(
        self, kind: str, steps: Sequence[Step], by: str, at: str, undoes: int | None = None
    ) -> tuple[int | None, list[tuple[Step, int]], list[Conflict]]:
        """Record decisions in one transaction; on return they are on the disk.

        Returns the operation, each recorded step with its event, and conflicts for suggestions that somebody else has
        decided in between.
        """
        with self._storage.write() as connection:
            steps, conflicts = self._still_open(connection, steps)
            if not steps:
                return None, [], conflicts
            values = {"alias": self.alias, "kind": kind, "by": by, "at": at, "undoes": undoes}
            operation = connection.execute(insert(operations).values(**values)).inserted_primary_key
            assert operation is not None
            rows = [self._event(step, operation[0], by, at) for step in steps]
            made = connection.execute(insert(events).returning(events.c.id, sort_by_parameter_order=True), rows)
            recorded = list(zip(steps, made.scalars().all(), strict=True))
            self._set_states(connection, recorded)
            wanted = [self._intent(step, event) for step, event in recorded if step.mark is not None]
            if wanted:
                connection.execute(insert(intents), wanted)
        return operation[0], recorded, conflicts

    def pending(self) -> list[Intent]:
        """Return the writes that are still wanted, oldest first."""
        chosen = (
            select(intents, events.c.suggestion)
            .join(events, events.c.id == intents.c.event)
            .where(intents.c.alias == self.alias, intents.c.state == "pending")
            .order_by(intents.c.event)
        )
        with self._storage.read() as connection:
            rows = connection.execute(chosen).mappings().all()
        return [
            Intent(row["event"], row["suggestion"], row["product"], Mark(**row["mark"]), row["expects"]) for row in rows
        ]

    def settle(self, done: Sequence[Intent], failed: Sequence[tuple[Intent, Conflict]], at: str) -> None:
        """Note what became of writes. A decision that the index could not take is withdrawn, and may be made again."""
        with self._storage.write() as connection:
            failed = self._still_pending(connection, failed)
            _set_intents(connection, [(one, "done", None) for one in done])
            _set_intents(connection, [(one, conflict.code, conflict.message) for one, conflict in failed])
            for intent, conflict in failed:
                self._withdraw(connection, intent, conflict, at)

    def close_gone(self, ids: Sequence[int]) -> None:
        """Close suggestions whose product was deleted."""
        with self._storage.write() as connection:
            for part in _parts(ids):
                still = suggestions.c.id.in_(part) & (suggestions.c.state == "open")
                connection.execute(update(suggestions).where(still).values(state="gone"))

    def _where(self, chosen: Select[Any], wanted: Wanted) -> Select[Any]:
        table = suggestions.c
        chosen = chosen.where(table.alias == self.alias)
        for name in ("product", "field", "value", "model", "sure", "state"):
            value = getattr(wanted, name)
            if value is not None:
                chosen = chosen.where(table[name] == value)
        if wanted.min_confidence > 0:
            chosen = chosen.where(table.confidence >= wanted.min_confidence)
        if wanted.max_confidence < 1:
            chosen = chosen.where(table.confidence <= wanted.max_confidence)
        if wanted.under is not None:
            below = table.value.startswith(wanted.under + PATH_SEPARATOR, autoescape=True)
            chosen = chosen.where((table.field == CATEGORY) & ((table.value == wanted.under) | below))
        return chosen if wanted.ids is None else chosen.where(table.id.in_(wanted.ids))

    def _refused(self, connection: Connection, products: set[str]) -> set[tuple[str, str, str]]:
        found: set[tuple[str, str, str]] = set()
        table = suggestions.c
        for part in _parts(sorted(products)):
            chosen = select(table.product, table.field, table.value).where(
                table.alias == self.alias, table.state == "refused", table.product.in_(part)
            )
            found |= {(row[0], row[1], row[2]) for row in connection.execute(chosen)}
        return found

    def _still_open(self, connection: Connection, steps: Sequence[Step]) -> tuple[list[Step], list[Conflict]]:
        """Return the steps whose suggestion is as the person saw it, and a conflict for each other one."""
        states: dict[int, str] = {}
        for part in _parts([step.suggestion.id for step in steps]):
            chosen = select(suggestions.c.id, suggestions.c.state).where(suggestions.c.id.in_(part)).with_for_update()
            states |= {row[0]: row[1] for row in connection.execute(chosen)}
        left, conflicts = [], []
        for step in steps:
            expected = step.suggestion.state
            state = states.get(step.suggestion.id)
            if state == expected:
                left.append(step)
            else:
                conflicts.append(self._decided(connection, step.suggestion, state or "gone"))
        return left, conflicts

    def _still_pending(
        self, connection: Connection, failed: Sequence[tuple[Intent, Conflict]]
    ) -> list[tuple[Intent, Conflict]]:
        """Return those that no other process, repairing at the same time, has settled."""
        left: set[int] = set()
        for part in _parts([one.event for one, _ in failed]):
            chosen = select(intents.c.event).where(intents.c.event.in_(part), intents.c.state == "pending")
            left |= set(connection.execute(chosen.with_for_update()).scalars())
        return [pair for pair in failed if pair[0].event in left]

    def _decided(self, connection: Connection, one: StoredSuggestion, state: str) -> Conflict:
        closed_by = select(suggestions.c.closed_by).where(suggestions.c.id == one.id).scalar_subquery()
        concerns = (events.c.suggestion == one.id) | (events.c.id == closed_by)
        last = (
            connection.execute(select(events).where(concerns).order_by(events.c.id.desc()).limit(1)).mappings().first()
        )
        by, at = (last["by"], last["at"]) if last else (None, None)
        message = f"{one.field} {one.value!r} of {one.product!r} was decided already: {state}"
        if by and at:
            message = f"{one.field} {one.value!r} of {one.product!r} was decided already: {state} by {by} at {at[:19]}Z"
        return Conflict("decided", message, one.id, one.product, one.field, by, at)

    def decided(self, one: StoredSuggestion) -> Conflict:
        """Return the conflict that says by whom, and when, a suggestion was decided."""
        with self._storage.read() as connection:
            return self._decided(connection, one, one.state)

    def _event(self, step: Step, operation: int, by: str, at: str) -> dict[str, Any]:
        one = step.suggestion
        return {
            "operation": operation,
            "suggestion": one.id,
            "alias": self.alias,
            "product": one.product,
            "field": one.field,
            "action": step.action,
            "suggested": one.value,
            "chosen": step.chosen,
            "model": one.model,
            "confidence": one.confidence,
            "by": by,
            "at": at,
            "undoes": step.undoes,
            "mark": None if step.mark is None else asdict(step.mark),
            "mark_before": None if step.before is None else asdict(step.before),
        }

    def _intent(self, step: Step, event: int) -> dict[str, Any]:
        assert step.mark is not None
        expects = None if step.before is None else step.before.stamp
        row = {"event": event, "alias": self.alias, "product": step.suggestion.product, "state": "pending"}
        return row | {"mark": asdict(step.mark), "expects": expects}

    def _set_states(self, connection: Connection, recorded: Sequence[tuple[Step, int]]) -> None:
        states = [
            {"i": step.suggestion.id, "s": STATE_OF.get(step.action, "open"), "c": None if step.undoes else event}
            for step, event in recorded
        ]
        target = update(suggestions).where(suggestions.c.id == bindparam("i"))
        connection.execute(target.values(state=bindparam("s"), closed_by=bindparam("c")), states)
        # Where a field has one value, a decision for it closes what else was proposed, and undoing it opens that again.
        closing = [
            {"p": step.suggestion.product, "f": step.suggestion.field, "c": event}
            for step, event in recorded
            if step.action in ("accept", "correct") and step.suggestion.field not in MULTIPLE
        ]
        if closing:
            others = (
                update(suggestions)
                .where(
                    suggestions.c.alias == self.alias,
                    suggestions.c.product == bindparam("p"),
                    suggestions.c.field == bindparam("f"),
                    suggestions.c.state == "open",
                )
                .values(state="superseded", closed_by=bindparam("c"))
            )
            connection.execute(others, closing)
        self._open_again(connection, [step.undoes for step, _ in recorded if step.undoes is not None])

    def _open_again(self, connection: Connection, undone: Sequence[int]) -> None:
        for part in _parts(undone):
            closed = suggestions.c.closed_by.in_(part) & (suggestions.c.state == "superseded")
            connection.execute(update(suggestions).where(closed).values(state="open", closed_by=None))

    def _withdraw(self, connection: Connection, intent: Intent, conflict: Conflict, at: str) -> None:
        event = connection.execute(select(events).where(events.c.id == intent.event)).mappings().one()
        kept = ("operation", "suggestion", "alias", "product", "field", "suggested", "chosen", "model", "confidence")
        row = {name: event[name] for name in kept}
        row |= {"action": "withdrawn", "by": MACHINE, "at": at, "reason": conflict.message, "undoes": intent.event}
        connection.execute(insert(events).values(**row))
        state = "gone" if conflict.code == "gone" else "open"
        if event["undoes"] is not None:  # the undo was withdrawn: what it was to undo is in force
            action = connection.execute(select(events.c.action).where(events.c.id == event["undoes"])).scalar_one()
            state = STATE_OF.get(action, state)
        table = suggestions.c
        connection.execute(update(suggestions).where(table.id == intent.suggestion).values(state=state, closed_by=None))
        self._open_again(connection, [intent.event])


def _set_intents(connection: Connection, settled: Sequence[tuple[Intent, str, str | None]]) -> None:
    if settled:
        target = update(intents).where(intents.c.event == bindparam("e"))
        rows = [{"e": one.event, "s": state, "w": why} for one, state, why in settled]
        connection.execute(target.values(state=bindparam("s"), why=bindparam("w")), rows)


def _row(one: Suggestion) -> dict[str, Any]:
    # A model's figures may be numpy's, which no database driver knows.
    figures = {"confidence": float(one.confidence), "sure": bool(one.sure)}
    return {"field": one.field, "value": one.value, "model": one.model, "evidence": dict(one.evidence), **figures}


def _stored(row: Any) -> StoredSuggestion:
    return StoredSuggestion(**{name: row[name] for name in StoredSuggestion.__dataclass_fields__})


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
