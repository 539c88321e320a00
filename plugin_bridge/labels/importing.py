"""Importing labels and judgments: a file is read twice, row by row, so that a million rows need no memory of their own.

The first reading finds what is wrong with it, what was known before, and rows that contradict each other; only then is
anything saved, in transactions of a few thousand rows. If the import is cut off, the same file again saves the rest.
"""

import threading
import uuid
from array import array
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, literal, select

from plugin_bridge.errors import StorageError
from plugin_bridge.labels.files import Bad, Parsed, Reader
from plugin_bridge.labels.history import SAID, History
from plugin_bridge.labels.values import now

AT_ONCE = 5_000
SHOWN = 100
_NEW, _ALREADY, _REPEATED, _CONTRADICTS, _BAD = range(5)
_NOBODY: Collection[str] = frozenset()

Missing = Callable[[Collection[str]], set[str]]
"""Returns those of some products' ids that the catalogue does not have."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not saved, and why."""

    line: int
    message: str
    field: str | None


@dataclass
class Report:
    """What became of a file. `refused` shows the first hundred of `refused_rows`."""

    rows: int = 0
    saved: int = 0
    already: int = 0
    refused_rows: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, line: int, message: str, name: str | None) -> None:
        """Note a row that is not saved."""
        self.refused_rows += 1
        if len(self.refused) < SHOWN:
            self.refused.append(RefusedRow(line, message, name))

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge and the command line print it."""
        return asdict(self)


def import_file(
    history: History,
    path: Path,
    reader: Reader,
    by: str,
    missing: Missing,
    *,
    encoding: str | None = None,
    progress: Callable[[int], None] = lambda rows: None,
    turn: AbstractContextManager[Any] | None = None,
) -> Report:
    """Save a file's rows and return what became of them; rows without a `by` are said by `by`.

    Args:
        missing: tells products that the catalogue does not have.
        progress: is told how many rows were saved or passed over.
        turn: held while a part is written.

    Raises:
        RequestError: the file cannot be read; nothing was saved.
        StorageError: the database does not take it; the message says how many rows are saved.
    """
    report = Report()
    first = _FirstReading(history, by)
    for row in reader(path, encoding):
        first.take(row)
    states = first.states(_standing(history))
    gone = missing(first.products)
    rows = _usable(reader(path, encoding), states, gone, report, history.kind.subject, progress)
    turn = turn or threading.Lock()
    while part := list(islice(rows, AT_ONCE)):
        try:
            with turn:
                _write(history, part, by)
        except StorageError as error:
            done = f"{report.saved:,} rows were saved; import the file again once it is mended, and the rest is saved"
            raise StorageError(f"{error}; {done}", status=error.status) from error
        report.saved += len(part)
        progress(len(part))
    return report


class _FirstReading:
    """What the first reading keeps of a row: sixteen bytes, and the products' ids once."""

    def __init__(self, history: History, by: str) -> None:
        self._by = by
        self._products_first = history.kind.subject[0] == "left"
        self._subjects = array("q")
        self._values = array("b")
        self.products: set[str] = set()

    def take(self, row: Parsed | Bad) -> None:
        if isinstance(row, Bad):
            self._subjects.append(0)
            self._values.append(-1)
            return
        self._subjects.append(hash((row.first, row.second, row.by or self._by)))
        self._values.append(_code(row.value))
        if self._products_first:
            self.products.add(row.first)
        self.products.add(row.second)

    def states(self, standing: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return what each row is: new, known, a repetition, a contradiction, bad."""
        subjects, values = np.frombuffer(self._subjects, np.int64), np.frombuffer(self._values, np.int8)
        states = np.full(len(subjects), _NEW, np.int8)
        if not len(subjects):
            return states
        states[values < 0] = _BAD
        # Rows about one subject stand side by side once sorted; the first of them in the file speaks for it.
        order = np.lexsort((np.arange(len(subjects)), values < 0, subjects))
        same = np.r_[False, subjects[order][1:] == subjects[order][:-1]]
        leader = order[np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))]
        again = order[same]
        differs = values[again] != values[leader[same]]
        good = values[again] >= 0
        states[again[good & differs]] = _CONTRADICTS
        states[again[good & ~differs]] = _REPEATED
        known, said = standing
        if len(known):
            place = np.minimum(np.searchsorted(known, subjects), len(known) - 1)
            stands = (known[place] == subjects) & (said[place] == values)
            states[stands & (states == _NEW)] = _ALREADY
        return states


def _usable(
    rows: Iterator[Parsed | Bad],
    states: np.ndarray,
    gone: set[str],
    report: Report,
    subject: tuple[str, ...],
    progress: Callable[[int], None],
) -> Iterator[Parsed]:
    """Yield the rows that are to be saved; count and word the others."""
    for number, row in enumerate(rows):
        report.rows += 1
        state = states[number]
        if isinstance(row, Bad):
            report.refuse(*row)
        elif state == _CONTRADICTS:
            what = f"{row.first!r} and {row.second!r}"
            report.refuse(row.line, f"a line further up says something else of {what}", None)
        elif row.second in gone or (row.first in gone and subject[0] == "left"):
            which = 0 if row.first in gone and subject[0] == "left" else 1
            report.refuse(row.line, f"there is no product {row[1 + which]!r}", subject[which])
        elif state == _NEW:
            yield row
            continue
        else:
            report.already += 1
        progress(1)


def _write(history: History, part: list[Parsed], by: str) -> None:
    """Add rows and what is in force by them, in one transaction."""
    kind, alias, at = history.kind, history.alias, now()
    events, standing = kind.events, kind.standing
    first, second = kind.subject
    stem = uuid.uuid4().hex
    rows = [
        {
            "alias": alias,
            "key": f"{stem}-{number}",
            "kind": SAID,
            first: row.first,
            second: row.second,
            kind.value: row.value,
            "by": row.by or by,
            "at": at,
            "said": row.at[:40] if row.at else None,
            "source": "import",
        }
        for number, row in enumerate(part)
    ]
    names = (first, second, "by", kind.value)
    with history.storage.write() as connection:
        before = connection.execute(select(events.c.id).order_by(events.c.id.desc()).limit(1)).scalar() or 0
        connection.execute(insert(events), rows)
        mine = (events.c.id > before, events.c.alias == alias, events.c.at == at, events.c.source == "import")
        chosen = select(literal(alias), *(events.c[name] for name in names), events.c.id, events.c.at).where(*mine)
        made = history.inserting(standing).from_select(["alias", *names, "event", "at"], chosen)
        changed = {name: made.excluded[name] for name in (kind.value, "event", "at")}
        newer = made.excluded.event > standing.c.event
        keys = ["alias", first, second, "by"]
        connection.execute(made.on_conflict_do_update(index_elements=keys, set_=changed, where=newer))


def _standing(history: History) -> tuple[np.ndarray, np.ndarray]:
    """Return, sorted, the subjects that have a word in force, and what it is."""
    table, kind = history.kind.standing, history.kind
    first, second = (table.c[name] for name in kind.subject)
    subjects, values = array("q"), array("b")
    chosen = select(first, second, table.c.by, table.c[kind.value]).where(table.c.alias == history.alias)
    with history.storage.read() as connection:
        for row in connection.execution_options(yield_per=10_000).execute(chosen):
            subjects.append(hash((row[0], row[1], row[2])))
            values.append(_code(row[3]))
    known = np.frombuffer(subjects, np.int64) if len(subjects) else np.empty(0, np.int64)
    said = np.frombuffer(values, np.int8) if len(values) else np.empty(0, np.int8)
    order = np.argsort(known)
    return known[order], said[order]


def _code(value: Any) -> int:
    return value if isinstance(value, int) else ("dissimilar", "similar", "skip").index(value)
