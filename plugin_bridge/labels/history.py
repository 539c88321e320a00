"""One append-only history with keys and undo, for pairs and for judgments alike.

What somebody says is a row; taking it back is a further row. What is in force is kept beside it, in the same
transaction. Rows carry a key that the client made: a repeat with the same key finds its row and adds none, so a client
that did not hear the answer may send again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from plugin_bridge.errors import RequestError
from plugin_bridge.labels.values import Refused, Saved, Undone, now
from plugin_bridge.storage import Storage
from plugin_bridge.storage.labels import judgment_events, judgment_standing, label_events, label_standing

SAID = "label"
UNDO = "undo"


@dataclass(frozen=True)
class Kind:
    """A history's tables, the columns that name what is spoken of, and the one that holds what is said."""

    events: Table
    standing: Table
    subject: tuple[str, ...]
    value: str


PAIRS = Kind(label_events, label_standing, ("left", "right"), "label")
JUDGMENTS = Kind(judgment_events, judgment_standing, ("query", "product"), "rating")


@dataclass(frozen=True)
class Row:
    """One thing to be said: `about` names the subject by its columns."""

    key: str
    about: Mapping[str, str]
    value: Any
    at: str | None
    source: str


class History:
    """One history of one alias. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, alias: str, kind: Kind) -> None:
        self.storage, self.alias, self.kind = storage, alias, kind
        # Written once: making a statement takes longer than running it.
        made = self.inserting(kind.events).on_conflict_do_nothing(index_elements=["alias", "key"])
        self._insert = made.returning(kind.events.c.id)
        self._stand = self._upsert(kind.standing, ["alias", *kind.subject, "by"], (kind.value, "event", "at"))

    def add(self, connection: Connection, rows: Sequence[Row], by: str) -> tuple[list[Saved], list[Refused]]:
        """Add rows inside a transaction; those whose key is known are not added again."""
        saved: list[Saved] = []
        refused: list[Refused] = []
        at = now()
        for row in rows:
            found = self.insert(connection, row, by, at, SAID)
            if isinstance(found, Refused):
                refused.append(found)
                continue
            saved.append(found)
            if found.state == "saved":
                self.stand(connection, row.about, by, row.value, found.id, at)
        return saved, refused

    def insert(self, connection: Connection, row: Row, by: str, at: str, kind: str) -> Saved | Refused:
        """Insert one event, or find the one that has its key."""
        values = {"alias": self.alias, "key": row.key, "kind": kind, **row.about, self.kind.value: row.value}
        values |= {"by": by, "at": at, "said": row.at, "source": row.source}
        table = self.kind.events
        number = connection.execute(self._insert, values).scalar()
        if number is not None:
            return Saved(row.key, number, "saved")
        known = connection.execute(
            select(table).where(table.c.alias == self.alias, table.c.key == row.key)
        ).mappings().one()  # fmt: skip
        same = all(known[name] == values[name] for name in ("kind", "by", self.kind.value, *self.kind.subject))
        if same:
            return Saved(row.key, known["id"], "already")
        message = "this key stands for something else that was saved before; every label needs a key of its own"
        return Refused(row.key, message, "key")

    def undo(self, key: str, number: int | None, of: str | None, by: str) -> Undone:
        """Take back a row, named by its number or its key; what its author had said before holds again.

        Raises:
            RequestError: there is no such row, it is somebody else's, or it was taken back before (409, but not for a
                repeat with the same key, which is answered as the first time).
        """
        with self.storage.write() as connection:
            row = self._named(connection, number, of)
            if row["by"] != by:
                raise RequestError(f"row {row['id']} was said by {row['by']}, who alone can take it back", status=403)
            if row["kind"] == UNDO:
                raise RequestError(f"row {row['id']} takes another one back; say anew what holds", status=409)
            self._take_back(connection, key, row, by)
            if row["kind"] == SAID:
                self._stand_again(connection, row)
            else:
                self.unsettle(connection, row)
        what = {name: row[name] for name in (*self.kind.subject, self.kind.value)}
        return Undone(row["id"], what)

    def unsettle(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """Forget a decision between people; only pairs know them."""
        raise RequestError(f"a {row['kind']} cannot be taken back")

    def stand(self, connection: Connection, about: Mapping[str, str], by: str, value: Any, event: int, at: str) -> None:
        """Note what somebody's last word is; an older one never takes the place of a newer one."""
        row = {"alias": self.alias, **about, "by": by, self.kind.value: value, "event": event, "at": at}
        connection.execute(self._stand, row)

    def inserting(self, table: Table) -> Any:
        """Return an INSERT that knows ON CONFLICT in the words of this database."""
        return sqlite.insert(table) if self.storage.is_sqlite else postgresql.insert(table)

    def _upsert(self, table: Table, keys: Sequence[str], changed: Sequence[str]) -> Any:
        """Return the statement that writes a row, or changes the one with these keys if its event is older."""
        made = self.inserting(table)
        newer = made.excluded.event > table.c.event
        values = {name: made.excluded[name] for name in changed}
        return made.on_conflict_do_update(index_elements=keys, set_=values, where=newer)

    def about(self, table: Table, row: Mapping[str, Any]) -> ColumnElement[bool]:
        """Return the condition that finds the rows of a table about the subject of `row`."""
        return and_(table.c.alias == self.alias, *(table.c[name] == row[name] for name in self.kind.subject))

    def last(self, connection: Connection, row: Mapping[str, Any], kind: str) -> Any:
        """Return the last event of a kind about the subject of `row` that was not taken back, None if there is none."""
        table = self.kind.events
        later = table.alias("later")
        undone = exists().where(later.c.undoes == table.c.id)
        chosen = select(table).where(self.about(table, row), table.c.kind == kind, ~undone)
        if kind == SAID:
            chosen = chosen.where(table.c.by == row["by"])
        return connection.execute(chosen.order_by(table.c.id.desc()).limit(1)).mappings().first()

    def _named(self, connection: Connection, number: int | None, of: str | None) -> Any:
        table = self.kind.events
        wanted = table.c.id == number if number is not None else table.c.key == of
        # Locked, so that two that take back the same row at once do it one after the other.
        chosen = select(table).where(table.c.alias == self.alias, wanted).with_for_update()
        row = connection.execute(chosen).mappings().first()
        if row is None:
            name, field = (f"row {number}", "id") if number is not None else (f"row with the key {of!r}", "of")
            raise RequestError(f"there is no {name}", status=404, field=field)
        return row

    def _take_back(self, connection: Connection, key: str, row: Mapping[str, Any], by: str) -> None:
        table = self.kind.events
        before = connection.execute(select(table.c.key).where(table.c.undoes == row["id"])).scalar()
        if before == key:
            return
        if before is not None:
            raise RequestError(f"row {row['id']} was taken back before", status=409)
        values = {"alias": self.alias, "key": key, "kind": UNDO, "by": by, "at": now(), "source": row["source"]}
        values |= {name: row[name] for name in (*self.kind.subject, self.kind.value)} | {"undoes": row["id"]}
        if connection.execute(self._insert, values).scalar() is None:
            raise RequestError("this key stands for something else that was saved before", status=409, field="key")

    def _stand_again(self, connection: Connection, row: Mapping[str, Any]) -> None:
        table = self.kind.standing
        connection.execute(delete(table).where(self.about(table, row), table.c.by == row["by"]))
        last = self.last(connection, row, SAID)
        if last is not None:
            about = {name: last[name] for name in self.kind.subject}
            self.stand(connection, about, last["by"], last[self.kind.value], last["id"], last["at"])
