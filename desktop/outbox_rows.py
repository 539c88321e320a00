"""The rows of the outbox: every statement that is said to its SQLite file. Free of Qt."""

import json
import sqlite3
from dataclasses import dataclass

from desktop.bridge.labels import Conflict, Given, Pair, Receipt

TABLES = (
    """CREATE TABLE IF NOT EXISTS operation (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        shop TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('label', 'undo')),
        of TEXT,
        pair TEXT NOT NULL,
        left_id TEXT NOT NULL,
        right_id TEXT NOT NULL,
        label TEXT,
        at TEXT,
        source TEXT,
        document TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'put away')),
        message TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX IF NOT EXISTS operation_state ON operation (shop, state, number)",
    "CREATE INDEX IF NOT EXISTS operation_pair ON operation (shop, pair)",
    "CREATE INDEX IF NOT EXISTS operation_done ON operation (shop, kind, undone, number)",
    "CREATE INDEX IF NOT EXISTS operation_day ON operation (shop, kind, undone, substr(at, 1, 10), label)",
    """CREATE TABLE IF NOT EXISTS upcoming (
        shop TEXT NOT NULL,
        pair TEXT NOT NULL,
        place INTEGER NOT NULL,
        reserve INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (shop, pair)
    )""",
    "CREATE INDEX IF NOT EXISTS upcoming_order ON upcoming (shop, reserve, place, pair)",
    """CREATE TABLE IF NOT EXISTS conflict (
        shop TEXT NOT NULL,
        left_id TEXT NOT NULL,
        right_id TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (shop, left_id, right_id)
    )""",
)
_ORDER = "ORDER BY reserve, place"


@dataclass(frozen=True)
class Waiting:
    """What the bridge has not heard of: a label (`given`), or the undoing of the label with the key `of`."""

    key: str
    given: Given | None
    of: str = ""
    of_was_refused: bool = False


@dataclass(frozen=True)
class Refused:
    """A label that the bridge did not take, and why."""

    key: str
    left: str
    right: str
    label: str
    message: str


@dataclass(frozen=True)
class Counts:
    """How the outbox stands. `today` counts labels that are no skips; `undoable` those that can be taken back."""

    waiting: int = 0
    refused: int = 0
    conflicts: int = 0
    today: int = 0
    undoable: int = 0
    fresh: int = 0
    reserve: int = 0


def insert_label(file: sqlite3.Connection, shop: str, given: Given, pair: Pair) -> None:
    """Add a label."""
    file.execute(
        "INSERT INTO operation (shop, key, kind, pair, left_id, right_id, label, at, source, document)"
        " VALUES (?, ?, 'label', ?, ?, ?, ?, ?, ?, ?)",
        (shop, given.key, pair.key, given.left, given.right, given.label, given.at, given.source, _text(pair)),
    )


def insert_undo(file: sqlite3.Connection, shop: str, key: str, of: str, pair: Pair) -> None:
    """Add the undoing of a label, which no longer counts."""
    file.execute(
        "INSERT INTO operation (shop, key, kind, of, pair, left_id, right_id, document)"
        " VALUES (?, ?, 'undo', ?, ?, ?, ?, '{}')",
        (shop, key, of, pair.key, pair.left.id, pair.right.id),
    )
    file.execute("UPDATE operation SET undone = 1 WHERE key = ?", (of,))


def last_label(file: sqlite3.Connection, shop: str) -> tuple[str, str, Pair] | None:
    """Return key, label and pair of the last label that still counts."""
    row = file.execute(
        "SELECT key, label, document FROM operation WHERE shop = ? AND kind = 'label' AND undone = 0"
        " ORDER BY number DESC LIMIT 1",
        (shop,),
    ).fetchone()
    return None if row is None else (row[0], row[1], _pair(row[2]))


def insert_upcoming(file: sqlite3.Connection, shop: str, pair: Pair, reserve: bool) -> None:
    """Put a pair last, unless it was labelled. A reserve that is fresh now comes behind those that are."""
    known = file.execute(
        "SELECT 1 FROM operation WHERE shop = ? AND pair = ? AND kind = 'label' AND undone = 0 LIMIT 1",
        (shop, pair.key),
    ).fetchone()
    if known:
        return
    place = file.execute("SELECT coalesce(max(place), 0) + 1 FROM upcoming WHERE shop = ?", (shop,)).fetchone()[0]
    file.execute(
        "INSERT INTO upcoming (shop, pair, place, reserve, document) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET place = CASE WHEN reserve > excluded.reserve THEN excluded.place ELSE place END,"
        " reserve = min(reserve, excluded.reserve), document = excluded.document",
        (shop, pair.key, place, int(reserve), _text(pair)),
    )


def put_first(file: sqlite3.Connection, shop: str, pair: Pair) -> None:
    """Put a pair before all others."""
    place = file.execute("SELECT coalesce(min(place), 0) - 1 FROM upcoming WHERE shop = ?", (shop,)).fetchone()[0]
    file.execute(
        "INSERT OR REPLACE INTO upcoming (shop, pair, place, reserve, document) VALUES (?, ?, ?, 0, ?)",
        (shop, pair.key, place, _text(pair)),
    )


def promote(file: sqlite3.Connection, shop: str) -> None:
    """Keep the first pair the first, where it is a reserve: it is shown now, and fresh ones come behind it."""
    file.execute(
        f"UPDATE upcoming SET reserve = 0 WHERE shop = ? AND pair ="
        f" (SELECT pair FROM upcoming WHERE shop = ? {_ORDER} LIMIT 1)",
        (shop, shop),
    )


def drop_upcoming(file: sqlite3.Connection, shop: str, pair: str) -> None:
    """Take a pair out of those to come."""
    file.execute("DELETE FROM upcoming WHERE shop = ? AND pair = ?", (shop, pair))


def drop_reserve(file: sqlite3.Connection, shop: str) -> None:
    """Take the reserve away."""
    file.execute("DELETE FROM upcoming WHERE shop = ? AND reserve = 1", (shop,))


def upcoming(file: sqlite3.Connection, shop: str, size: int) -> tuple[Pair, ...]:
    """Return the next pairs."""
    found = file.execute(f"SELECT document FROM upcoming WHERE shop = ? {_ORDER} LIMIT ?", (shop, size))
    return tuple(_pair(row[0]) for row in found)


def excluded(file: sqlite3.Connection, shop: str, size: int) -> tuple[str, ...]:
    """Return keys of pairs to come and of labels that wait."""
    found = file.execute(
        "SELECT pair FROM upcoming WHERE shop = :shop AND reserve = 0 UNION"
        " SELECT pair FROM operation WHERE shop = :shop AND state = 'waiting' AND undone = 0 LIMIT :size",
        {"shop": shop, "size": size},
    )
    return tuple(row[0] for row in found)


def counts(file: sqlite3.Connection, shop: str, day: str) -> Counts:
    """Count."""
    whose = {"shop": shop, "day": day}
    names = ("waiting", "refused", "conflicts", "today", "undoable", "fresh", "reserve")
    found = file.execute(
        "SELECT (SELECT count(*) FROM operation WHERE shop = :shop AND state = 'waiting'),"
        " (SELECT count(*) FROM operation WHERE shop = :shop AND state = 'refused'),"
        " (SELECT count(*) FROM conflict WHERE shop = :shop),"
        " (SELECT count(*) FROM operation WHERE shop = :shop AND kind = 'label' AND undone = 0"
        "  AND substr(at, 1, 10) = :day AND label != 'skip'),"
        " EXISTS (SELECT 1 FROM operation WHERE shop = :shop AND kind = 'label' AND undone = 0),"
        " (SELECT count(*) FROM upcoming WHERE shop = :shop AND reserve = 0),"
        " (SELECT count(*) FROM upcoming WHERE shop = :shop AND reserve = 1)",
        whose,
    ).fetchone()
    return Counts(**dict(zip(names, found, strict=True)))


def waiting(file: sqlite3.Connection, shop: str, size: int) -> tuple[Waiting, ...]:
    """Return what was not sent yet, oldest first."""
    found = file.execute(
        "SELECT one.key, one.kind, one.of, one.left_id, one.right_id, one.label, one.at, one.source, other.state"
        " FROM operation AS one LEFT JOIN operation AS other ON other.key = one.of"
        " WHERE one.shop = ? AND one.state = 'waiting' ORDER BY one.number LIMIT ?",
        (shop, size),
    )
    done: list[Waiting] = []
    for key, kind, of, left, right, label, at, source, state in found:
        given = Given(key, left, right, label, at, source) if kind == "label" else None
        done.append(Waiting(key, given, of or "", state in ("refused", "put away")))
    return tuple(done)


def mark(file: sqlite3.Connection, receipt: Receipt) -> None:
    """Note what was saved and what was refused."""
    file.executemany("UPDATE operation SET state = 'sent' WHERE key = ?", [(key,) for key in receipt.saved])
    file.executemany(
        "UPDATE operation SET state = 'refused', message = ? WHERE key = ?",
        [(message, key) for key, message in receipt.refused.items()],
    )


def refused(file: sqlite3.Connection, shop: str) -> tuple[Refused, ...]:
    """Return what was refused, newest first."""
    found = file.execute(
        "SELECT key, left_id, right_id, coalesce(label, ''), message FROM operation"
        " WHERE shop = ? AND state = 'refused' ORDER BY number DESC LIMIT 200",
        (shop,),
    )
    return tuple(Refused(*row) for row in found)


def put_away(file: sqlite3.Connection, key: str) -> None:
    """Show a refusal no more."""
    file.execute("UPDATE operation SET state = 'put away' WHERE key = ? AND state = 'refused'", (key,))


def put_conflict(file: sqlite3.Connection, shop: str, conflict: Conflict) -> None:
    """Add a conflict, or what is known of it now."""
    labels = [{"by": by, "label": label} for by, label in conflict.labels]
    document = json.dumps({"left": conflict.left, "right": conflict.right, "labels": labels}, ensure_ascii=False)
    file.execute("INSERT OR REPLACE INTO conflict VALUES (?, ?, ?, ?)", (shop, conflict.left, conflict.right, document))


def drop_conflicts(file: sqlite3.Connection, shop: str) -> None:
    """Take all conflicts away."""
    file.execute("DELETE FROM conflict WHERE shop = ?", (shop,))


def conflicts(file: sqlite3.Connection, shop: str) -> tuple[Conflict, ...]:
    """Return the conflicts."""
    found = file.execute("SELECT document FROM conflict WHERE shop = ? LIMIT 200", (shop,))
    return tuple(Conflict.read(json.loads(row[0])) for row in found)


def title(file: sqlite3.Connection, shop: str, product: str) -> str:
    """Return the title of a product by what is kept of its pairs, else its id."""
    row = file.execute(
        "SELECT document FROM operation WHERE shop = ? AND kind = 'label' AND (left_id = ? OR right_id = ?) LIMIT 1",
        (shop, product, product),
    ).fetchone()
    if row is None:
        return product
    pair = _pair(row[0])
    return (pair.left if pair.left.id == product else pair.right).title or product


def _text(pair: Pair) -> str:
    return json.dumps(pair.to_json(), ensure_ascii=False, separators=(",", ":"), default=str)


def _pair(text: str) -> Pair:
    return Pair.read(json.loads(text))
