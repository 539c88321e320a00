"""The database's side of rules: what holds, and who made, changed, removed or took back what.

Every change is one transaction that adds a row to the history. A change that its client sends again, known by its
`key`, is answered as it was the first time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from plugin_bridge.errors import RequestError
from plugin_bridge.rules.values import Draft, Rule, draft_json, read_draft
from plugin_bridge.storage import Storage
from plugin_bridge.storage.rules import rule_events, rules


@dataclass(frozen=True)
class Change:
    """A change that was made: its entry in the history, and the rule since then (None: there is none any more)."""

    event: int
    number: int
    rule: Rule | None
    already: bool = False


def state_of(storage: Storage) -> tuple[int, int]:
    """Return what changes with every change of any shop's rules: the newest entry of the history, and their number.

    Where two are written at the same time, the later number may be there before the earlier one.
    """
    with storage.read() as connection:
        row = connection.execute(select(func.max(rule_events.c.id), func.count(rule_events.c.id))).one()
    return int(row[0] or 0), int(row[1])


def standing_rules(storage: Storage) -> dict[str, list[Rule]]:
    """Return the rules of every shop by its alias, oldest first."""
    with storage.read() as connection:
        rows = connection.execute(_standing()).mappings().all()
    found: dict[str, list[Rule]] = {}
    for row in rows:
        found.setdefault(row["alias"], []).append(_rule(row))
    return found


class RuleLedger:
    """The rules of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str) -> None:
        self._storage = storage
        self.alias = alias

    def rules(self) -> list[Rule]:
        """Return the rules, oldest first."""
        chosen = _standing().where(rules.c.alias == self.alias)
        with self._storage.read() as connection:
            return [_rule(row) for row in connection.execute(chosen).mappings()]

    def add(self, draft: Draft, by: str, key: str) -> Change:
        """Add a rule."""
        with self._storage.write() as connection:
            before = self._again(connection, key, "add")
            if before is not None:
                return before
            made = connection.execute(insert(rules).values(alias=self.alias)).inserted_primary_key
            assert made is not None
            return self._record(connection, made[0], "add", None, draft_json(draft), by, key)

    def change(self, number: int, draft: Draft, by: str, key: str, version: int | None = None) -> Change:
        """Put other words in the place of a rule's.

        Raises RequestError: 404 where there is no such rule, 409 where `version` is not its last one.
        """
        return self._put(number, draft_json(draft), "change", by, key, version)

    def remove(self, number: int, by: str, key: str, version: int | None = None) -> Change:
        """Remove a rule; raises what `change` raises."""
        return self._put(number, None, "remove", by, key, version)

    def undo(self, event: int | None, by: str, key: str) -> Change:
        """Take a change back, by default this person's last one that stands; undoing an undo does it again.

        Raises RequestError: 404 where there is no such change, 409 where the rule was changed since.
        """
        with self._storage.write() as connection:
            before = self._again(connection, key, "undo")
            if before is not None:
                return before
            row = self._undoable(connection, event, by)
            last = connection.execute(select(rules.c.event).where(rules.c.id == row["rule"])).scalar_one()
            if last != row["id"]:
                raise RequestError(f"rule {row['rule']} was changed since; look at it first", status=409, field="event")
            return self._record(connection, row["rule"], "undo", row["after"], row["before"], by, key, row["id"])

    def history(self, number: int | None = None, *, size: int = 50, offset: int = 0) -> list[dict[str, Any]]:
        """Return the entries of the history, newest first: all, or those of one rule."""
        chosen = select(rule_events).where(rule_events.c.alias == self.alias)
        if number is not None:
            chosen = chosen.where(rule_events.c.rule == number)
        with self._storage.read() as connection:
            rows = connection.execute(chosen.order_by(rule_events.c.id.desc()).limit(size).offset(offset)).mappings()
            return [{str(name): value for name, value in row.items() if name not in ("alias", "key")} for row in rows]

    def _put(
        self, number: int, said: Mapping[str, Any] | None, kind: str, by: str, key: str, version: int | None
    ) -> Change:
        with self._storage.write() as connection:
            before = self._again(connection, key, kind)
            if before is not None:
                return before
            chosen = select(rules).where(rules.c.id == number, rules.c.alias == self.alias, rules.c.said.is_not(None))
            row = connection.execute(chosen.with_for_update()).mappings().first()
            if row is None:
                raise RequestError(f"there is no rule {number}", status=404, field="id")
            if version is not None and version != row["event"]:
                raise RequestError(
                    f"rule {number} was changed by somebody else meanwhile; look at it again",
                    status=409,
                    field="version",
                )
            return self._record(connection, number, kind, row["said"], said, by, key)

    def _record(
        self,
        connection: Connection,
        number: int,
        kind: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        by: str,
        key: str,
        undoes: int | None = None,
    ) -> Change:
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        row = {"alias": self.alias, "key": key, "rule": number, "kind": kind, "by": by, "at": at, "undoes": undoes}
        try:
            made = connection.execute(insert(rule_events).values(**row, before=before, after=after))
        except IntegrityError as error:  # a twin of this request was quicker
            raise RequestError("the same change is being made already; ask again", status=409, field="key") from error
        assert made.inserted_primary_key is not None
        event = made.inserted_primary_key[0]
        connection.execute(update(rules).where(rules.c.id == number).values(said=after, event=event))
        rule = None if after is None else _made(number, event, by, at, after)
        return Change(event, number, rule)

    def _again(self, connection: Connection, key: str, kind: str) -> Change | None:
        """Return what a change with this key did the first time."""
        chosen = select(rule_events).where(rule_events.c.alias == self.alias, rule_events.c.key == key)
        row = connection.execute(chosen).mappings().first()
        if row is None:
            return None
        if row["kind"] != kind:
            raise RequestError(f"the key {key!r} was used for another change", status=409, field="key")
        after = row["after"]
        rule = None if after is None else _made(row["rule"], row["id"], row["by"], row["at"], after)
        return Change(row["id"], row["rule"], rule, already=True)

    def _undoable(self, connection: Connection, event: int | None, by: str) -> Mapping[Any, Any]:
        chosen = select(rule_events).where(rule_events.c.alias == self.alias)
        if event is None:
            later = rule_events.alias("later")
            undone = select(later.c.id).where(later.c.undoes == rule_events.c.id).exists()
            mine = (rule_events.c.by == by) & (rule_events.c.kind != "undo") & ~undone
            chosen = chosen.where(mine).order_by(rule_events.c.id.desc()).limit(1)
        else:
            chosen = chosen.where(rule_events.c.id == event)
        row = connection.execute(chosen).mappings().first()
        if row is None:
            what = "no change of yours is left to undo" if event is None else f"there is no change {event}"
            raise RequestError(what, status=404, field="event")
        return row


def _standing() -> Any:
    of_rules = (rules.c.id, rules.c.alias, rules.c.said, rules.c.event)
    joined = select(*of_rules, rule_events.c.by, rule_events.c.at).join(rule_events, rule_events.c.id == rules.c.event)
    return joined.where(rules.c.said.is_not(None)).order_by(rules.c.id)


def _rule(row: Any) -> Rule:
    return _made(row["id"], row["event"], row["by"], row["at"], row["said"])


def _made(number: int, event: int, by: str, at: str, said: Mapping[str, Any]) -> Rule:
    return Rule(**vars(read_draft(said)), id=number, version=event, by=by, at=at)
