"""Labels on disk: acknowledged here before the next pair shows, and sent to the bridge when it is there. Free of Qt.

One SQLite file in the desktop's home. What somebody did is a row that never goes away: a label, or the undoing of one,
in the order of its number, so that a clock that is moved changes nothing. Pairs that are still to come are kept too:
the desktop goes on where it was, also without a bridge. One desktop at a time has the file (`OutboxTakenError`).
"""

import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from desktop import outbox_rows as rows
from desktop.bridge.labels import Conflict, Given, Pair, Receipt
from desktop.errors import KeepingError, OutboxTakenError
from desktop.i18n import tr
from desktop.outbox_rows import Counts, Refused, Waiting

__all__ = ["Counts", "Outbox", "Refused", "Tray", "Undone", "Waiting"]

_BUSY_SECONDS = 10.0


@dataclass(frozen=True)
class Undone:
    """A label that was taken back: its pair is the next one to be shown."""

    pair: Pair
    label: str


class Outbox:
    """The file. Calls write to disk: they belong into a job. Safe to share between threads."""

    def __init__(self, folder: Path, *, most_pages: int | None = None) -> None:
        """Open the outbox of a folder; OutboxTakenError where another desktop has it, KeepingError says what else.

        `most_pages` ends the file at so many pages of 4 KiB, as a full disk would.
        """
        self.path = folder / "labels.sqlite"
        self._lock = FileLock(folder / "labels.lock")
        self._mine = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            message = tr("Another Kindred window on this computer is labelling already. Close it, then try again.")
            raise OutboxTakenError(message, f"{self._lock.lock_file} is locked") from error
        except OSError as error:
            raise self._broken(error) from error
        try:
            self._file = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            # FULL: a label is on the disk, not only on its way there, when `save` returns.
            for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", *rows.TABLES):
                self._file.execute(line)
            if most_pages is not None:
                self._file.execute(f"PRAGMA max_page_count={most_pages:d}")
        except sqlite3.Error as error:
            self._lock.release()
            raise self._broken(error) from error

    def tray(self, shop: str) -> "Tray":
        """Return the part that belongs to a shop, by its bridge's address."""
        return Tray(self, shop)

    def close(self) -> None:
        """Let others have it."""
        with self._mine:
            self._file.close()
            self._lock.release()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Hand out the file for one change, which happens whole or not at all."""
        with self._mine:
            try:
                self._file.execute("BEGIN IMMEDIATE")
                try:
                    yield self._file
                    self._file.execute("COMMIT")
                except BaseException:
                    if self._file.in_transaction:
                        self._file.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._broken(error) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hand out the file to look something up."""
        with self._mine:
            try:
                yield self._file
            except sqlite3.Error as error:
                raise self._broken(error) from error

    def _broken(self, error: Exception) -> KeepingError:
        full = "full" in str(error) or getattr(error, "errno", None) == 28
        message = (
            tr("The disk is full: the label could not be kept. Free some space, then try again.")
            if full
            else tr("Labels cannot be kept on this computer: {reason}.", reason=error)
        )
        return KeepingError(message, f"{self.path}: {error!r}")


@dataclass(frozen=True)
class Tray:
    """The labels for one shop, and its pairs that are still to come."""

    outbox: Outbox
    shop: str

    def save(self, pair: Pair, label: str, at: str, source: str = "queue") -> str:
        """Keep a label and return its key; on the disk when this returns. The pair is no longer to come."""
        given = Given(str(uuid.uuid4()), pair.left.id, pair.right.id, label, at, source)
        with self.outbox.changing() as file:
            rows.insert_label(file, self.shop, given, pair)
            rows.drop_upcoming(file, self.shop, pair.key)
            rows.promote(file, self.shop)
        return given.key

    def undo(self) -> Undone | None:
        """Take the last label back that still counts, also of earlier days; None where there is none."""
        with self.outbox.changing() as file:
            found = rows.last_label(file, self.shop)
            if found is None:
                return None
            key, label, pair = found
            rows.insert_undo(file, self.shop, str(uuid.uuid4()), key, pair)
            rows.put_first(file, self.shop, pair)
        return Undone(pair, label)

    def add(self, pairs: Sequence[Pair], *, reserve: bool = False) -> None:
        """Put pairs behind those that are to come; those that were labelled are left out.

        A `reserve` is for the time without a bridge, and takes the place of the last one.
        """
        with self.outbox.changing() as file:
            if reserve:
                rows.drop_reserve(file, self.shop)
            for pair in pairs:
                rows.insert_upcoming(file, self.shop, pair, reserve)
            rows.promote(file, self.shop)

    def drop(self, pair: str) -> None:
        """Show a pair no more."""
        with self.outbox.changing() as file:
            rows.drop_upcoming(file, self.shop, pair)
            rows.promote(file, self.shop)

    def upcoming(self, size: int = 10) -> tuple[Pair, ...]:
        """Return the pairs to come, the one that is shown first; reserves come last."""
        with self.outbox.reading() as file:
            return rows.upcoming(file, self.shop, size)

    def counts(self, day: str) -> Counts:
        """Return how many labels wait, were given on a day (`2026-05-04`), and so on."""
        with self.outbox.reading() as file:
            return rows.counts(file, self.shop, day)

    def excluded(self, size: int = 300) -> tuple[str, ...]:
        """Return the keys of pairs that the bridge shall not offer: it may not know of their labels yet."""
        with self.outbox.reading() as file:
            return rows.excluded(file, self.shop, size)

    def waiting(self, size: int = 200) -> tuple[Waiting, ...]:
        """Return what the bridge has not heard of, in the order in which it was done."""
        with self.outbox.reading() as file:
            return rows.waiting(file, self.shop, size)

    def sent(self, receipt: Receipt) -> None:
        """Note what became of labels; refusals and conflicts stay until somebody has seen them."""
        with self.outbox.changing() as file:
            rows.mark(file, receipt)
            for one in receipt.conflicts:
                rows.put_conflict(file, self.shop, one)

    def undo_sent(self, key: str, problem: str = "") -> None:
        """Note that an undoing has arrived, or why it was refused."""
        receipt = Receipt(frozenset(), {key: problem}) if problem else Receipt(frozenset((key,)))
        self.sent(receipt)

    def refused(self) -> tuple[Refused, ...]:
        """Return what the bridge refused and nobody has put away."""
        with self.outbox.reading() as file:
            return rows.refused(file, self.shop)

    def conflicts(self) -> tuple[Conflict, ...]:
        """Return the pairs that others labelled differently, as far as the bridge said so."""
        with self.outbox.reading() as file:
            return rows.conflicts(file, self.shop)

    def know_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        """Replace the conflicts by what the bridge says now."""
        with self.outbox.changing() as file:
            rows.drop_conflicts(file, self.shop)
            for one in conflicts:
                rows.put_conflict(file, self.shop, one)

    def put_away(self, key: str) -> None:
        """Show a refusal no more; the row stays."""
        with self.outbox.changing() as file:
            rows.put_away(file, key)

    def title(self, product: str) -> str:
        """Return the title of a product that was labelled here, else its id."""
        with self.outbox.reading() as file:
            return rows.title(file, self.shop, product)
