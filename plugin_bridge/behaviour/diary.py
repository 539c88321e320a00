"""The diary: what customers did, kept in the home so that `--customer ID` has a history and models can be trained.

One SQLite file beside the other data of the home, with hashes in the place of customers' ids. Deleted rows are
overwritten (`secure_delete`) and no journal stays behind, so that what was deleted is gone from the file, too.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

DIARY_FILE = "behaviour.db"
_BUSY_SECONDS = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS bought (
    customer TEXT NOT NULL, at REAL NOT NULL, purchase TEXT NOT NULL, item TEXT NOT NULL,
    title TEXT NOT NULL, quantity REAL NOT NULL, context TEXT NOT NULL,
    PRIMARY KEY (customer, at, purchase, item)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bought_at ON bought (at);
CREATE TABLE IF NOT EXISTS left_out (customer TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Entry:
    """What a customer did last, by ids: items, days since 1970, and the orders, oldest first."""

    items: tuple[str, ...]
    times: tuple[float, ...]
    orders: tuple[str, ...]
    context: str


class Diary:
    """The diary of a home. Safe to use from several threads and processes."""

    def __init__(self, home: Path) -> None:
        self.path = home / DIARY_FILE

    def add(self, rows: Interactions) -> int:
        """Write interactions; returns how many were new. The same file read twice changes nothing."""
        records = [
            (
                rows.customers[rows.customer[place]],
                float(rows.time[place]),
                # The number of an order within a file is not kept: one moment of one customer is one order.
                f"{float(rows.time[place]):.5f}",
                rows.items[rows.item[place]],
                rows.titles[rows.item[place]],
                float(rows.quantity[place]),
                rows.contexts[rows.context[place]],
            )
            for place in range(len(rows))
        ]
        with self._open() as base:
            before = _count(base)
            base.executemany("INSERT OR IGNORE INTO bought VALUES (?, ?, ?, ?, ?, ?, ?)", records)
            return _count(base) - before

    def entry(self, customer: str, most: int) -> Entry | None:
        """Return the latest `most` rows of a customer's hash, None where nothing is known."""
        with self._open() as base:
            found = base.execute(
                "SELECT item, at, purchase, context FROM bought WHERE customer = ? ORDER BY at DESC LIMIT ?",
                (customer, most),
            ).fetchall()[::-1]
        if not found:
            return None
        items, times, orders, contexts = zip(*found, strict=True)
        return Entry(items, times, orders, contexts[-1])

    def interactions(self) -> Interactions:
        """Return all rows, except those of customers who are left out of training; BehaviourError without any."""
        with self._open() as base:
            found = base.execute(
                "SELECT customer, at, purchase, item, title, quantity, context FROM bought "
                "WHERE customer NOT IN (SELECT customer FROM left_out) ORDER BY customer, at"
            ).fetchall()
        if not found:
            raise BehaviourError(f"{self.path} holds no orders yet; `kindred behaviour import FILE` brings them")
        who, at, purchase, item, title, quantity, context = (np.array(column) for column in zip(*found, strict=True))
        customers, customer = np.unique(who, return_inverse=True)
        items, first, places = np.unique(item, return_index=True, return_inverse=True)
        contexts, where = np.unique(context, return_inverse=True)
        _, order = np.unique(np.char.add(np.char.add(who, "|"), purchase), return_inverse=True)
        return Interactions(
            customers=tuple(customers.tolist()),
            items=tuple(items.tolist()),
            titles=tuple(title[first].tolist()),
            contexts=tuple(contexts.tolist()),
            customer=customer.astype(np.int32),
            item=places.astype(np.int32),
            time=at.astype(np.float64),
            order=order.astype(np.int32),
            quantity=quantity.astype(np.float32),
            context=where.astype(np.int32),
        )

    def forget(self, customer: str) -> int:
        """Delete every row of a customer's hash; returns how many there were."""
        with self._open() as base:
            gone = base.execute("DELETE FROM bought WHERE customer = ?", (customer,)).rowcount
            base.execute("DELETE FROM left_out WHERE customer = ?", (customer,))
        with self._open() as base:
            base.isolation_level = None
            base.execute("VACUUM")
        return int(gone)

    def leave_out(self, customers: Sequence[str]) -> None:
        """Keep customers out of every training from now on."""
        with self._open() as base:
            base.executemany("INSERT OR IGNORE INTO left_out VALUES (?)", [(one,) for one in customers])

    def counts(self) -> dict[str, int]:
        """Return how many rows, customers, items and left-out customers there are."""
        with self._open() as base:
            row = base.execute("SELECT count(*), count(DISTINCT customer), count(DISTINCT item) FROM bought").fetchone()
            out = base.execute("SELECT count(*) FROM left_out").fetchone()
        return {"rows": row[0], "customers": row[1], "items": row[2], "left_out": out[0]}

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.path.exists()
        try:
            base = sqlite3.connect(self.path, timeout=_BUSY_SECONDS)
        except sqlite3.Error as error:
            raise BehaviourError(f"{self.path} cannot be opened: {error}") from error
        try:
            base.execute("PRAGMA secure_delete = ON")
            base.executescript(_SCHEMA)
            if fresh:
                self.path.chmod(0o600)
            with base:
                yield base
        except sqlite3.Error as error:
            raise BehaviourError(f"{self.path}: {error}") from error
        finally:
            base.close()


def history_of(entry: Entry, place: dict[str, int]) -> tuple[History | None, int]:
    """Return an entry as a history over a model's items, and how many of its rows the model does not know."""
    known = [number for number, item in enumerate(entry.items) if item in place]
    unknown = len(entry.items) - len(known)
    if not known:
        return None, unknown
    _, orders = np.unique([entry.orders[one] for one in known], return_inverse=True)
    items = np.array([place[entry.items[one]] for one in known])
    return History(items, np.array([entry.times[one] for one in known]), orders), unknown


def _count(base: sqlite3.Connection) -> int:
    return int(base.execute("SELECT count(*) FROM bought").fetchone()[0])
