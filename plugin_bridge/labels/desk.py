"""Labelling in a running bridge: labels and judgments saved, the next pairs prepared, counts kept at hand."""

import threading
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.errors import RequestError
from plugin_bridge.labels.candidates import Shelf
from plugin_bridge.labels.curve import not_yet
from plugin_bridge.labels.curves import Curves
from plugin_bridge.labels.files import JUDGMENT_READERS, PAIR_READERS, Reader
from plugin_bridge.labels.history import History
from plugin_bridge.labels.importing import Report, import_file
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.queue import Queue
from plugin_bridge.labels.reading import Counts, Reading
from plugin_bridge.labels.values import Judged, Outcome, Refused, Said, Saved
from plugin_bridge.labels.warming import Warmer
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage, Storage

KNOWN_AT_MOST = 200_000
LOOK_AGAIN_SECONDS = 5.0
_PATIENCE = 10  # counts that took a second to make are shown for ten ...
_QUICK = 0.25  # ... and those that took less than this many seconds are made each time


@dataclass(frozen=True)
class _Kept:
    counts: Counts
    through: int
    made: float
    seconds: float

    def is_recent(self) -> bool:
        """Return whether counting again would cost more than it tells."""
        return self.seconds > _QUICK and time.monotonic() - self.made < _PATIENCE * self.seconds


class LabelDesk:
    """What the bridge labels with. Nothing is opened before it is used: searching needs no database."""

    def __init__(self, settings: Settings, storage: LateStorage, cluster: Cluster) -> None:
        self._settings, self._storage, self._cluster = settings, storage, cluster
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._queues: dict[str, Queue] = {}
        self._known: dict[str, set[str]] = {}
        self._counts: dict[str, _Kept] = {}
        self._ledgers: dict[str, PairLedger] = {}
        self._shelves: dict[str, tuple[Shelf, float]] = {}
        self._warmer = Warmer(self._prepare)

    def start(self) -> None:
        """Prepare the first pairs of the bridge's own alias in an idle moment, where anybody has said anything yet."""
        self._warmer.start()

    def _prepare(self) -> None:
        if self._storage.exists():
            self.queue(self._settings.alias)

    def alias(self, named: str | None) -> str:
        """Return the alias that a request is about."""
        return named or self._settings.alias

    def storage(self) -> Storage:
        """Return the database; raises StorageError where it cannot be opened."""
        return self._storage.open()

    def pairs(self, alias: str) -> PairLedger:
        """Return the labels of an alias."""
        found = self._ledgers.get(alias)
        if found is None:
            found = self._ledgers[alias] = PairLedger(self.storage(), alias)
        return found

    def judgments(self, alias: str) -> JudgmentLedger:
        """Return the judgments of an alias."""
        return JudgmentLedger(self.storage(), alias)

    def reading(self, alias: str) -> Reading:
        """Return the labels of an alias, to be read."""
        return Reading(self.storage(), alias)

    def shelf(self, alias: str) -> Shelf:
        """Return the live products of an alias; raises RequestError 409 where nothing is loaded."""
        shelf, looked = self._shelves.get(alias, (None, 0.0))
        if shelf is not None and time.monotonic() - looked < LOOK_AGAIN_SECONDS:
            return shelf
        live = generations.live(self._cluster, alias)
        if live is None:
            raise RequestError(f"nothing is live behind {alias}; load a catalogue first", status=409)
        shelf = Shelf(self._cluster, live)
        self._shelves[alias] = (shelf, time.monotonic())
        return shelf

    def queue(self, alias: str) -> Queue:
        """Return the queue of an alias, started at its first use."""
        with self._lock:
            found = self._queues.get(alias)
            if found is None:
                if generations.live(self._cluster, alias) is None:
                    raise RequestError(f"nothing is live behind {alias}; load a catalogue first", status=409)
                found = self._queues[alias] = Queue(
                    self._cluster, alias, lambda: self.reading(alias), lambda: Curves(self.storage(), alias)
                )
                found.start()
            return found

    def save(self, alias: str, labels: Sequence[Said], by: str) -> Outcome:
        """Save labels; those about products that nobody has are refused."""
        missing = self._missing(alias, [end for one in labels for end in (one.left, one.right)])
        refused = [_unknown(one, missing) for one in labels if {one.left, one.right} & missing]
        wrong = {one.key for one in refused}
        with self._writing:  # in turn: SQLite would let the second one wait longer than the first one takes
            outcome = self.pairs(alias).save([one for one in labels if one.key not in wrong], by)
        return replace(outcome, refused=(*refused, *outcome.refused))

    def judge(self, alias: str, judged: Sequence[Judged], by: str) -> Outcome:
        """Save judgments; those about products that nobody has are refused."""
        missing = self._missing(alias, [one.product for one in judged])
        refused = [
            Refused(one.key, f"there is no product {one.product!r}", "product")
            for one in judged
            if one.product in missing
        ]
        with self._writing:
            outcome = self.judgments(alias).save([one for one in judged if one.product not in missing], by)
        return replace(outcome, refused=(*refused, *outcome.refused))

    def settle(self, alias: str, left: str, right: str, label: str, by: str, key: str | None) -> Saved:
        """Decide what holds of a pair on which people disagree."""
        with self._writing:
            return self.pairs(alias).settle(left, right, label, by, key or str(uuid.uuid4()))

    def import_pairs(self, alias: str, path: Path, form: str, by: str, encoding: str | None = None) -> Report:
        """Save the labels of a file; raises RequestError where it cannot be read."""
        return self._import(self.pairs(alias), path, PAIR_READERS[form], by, encoding)

    def import_judgments(self, alias: str, path: Path, form: str, by: str, encoding: str | None = None) -> Report:
        """Save the judgments of a file; raises RequestError where it cannot be read."""
        return self._import(self.judgments(alias), path, JUDGMENT_READERS[form], by, encoding)

    def _import(self, history: History, path: Path, reader: Reader, by: str, encoding: str | None) -> Report:
        missing = self.shelf(history.alias).missing
        return import_file(history, path, reader, by, missing, encoding=encoding, turn=self._writing)

    def stats(self, alias: str, by: str) -> dict[str, Any]:
        """Return how many labels there are, how far people agree, and whether more would help."""
        reading = self.reading(alias)
        counts = self._counted(alias, reading)
        mine, mine_today = reading.of_person(by)
        curve, _ = Curves(self.storage(), alias).kept()
        taught = (curve or not_yet(counts.similar, counts.dissimilar)).to_json()
        return counts.to_json() | {"today": reading.today(), "mine": mine, "mine_today": mine_today} | taught

    def teach(self, alias: str) -> None:
        """Make the learning curve anew where enough was labelled since the last one."""
        curves, last = Curves(self.storage(), alias), self.reading(alias).last_event()
        if curves.is_due(last):
            curves.make(self.shelf(alias), last)

    def close(self) -> None:
        """Stop what runs in the background."""
        self._warmer.close()
        with self._lock:
            for queue in self._queues.values():
                queue.close()

    def _counted(self, alias: str, reading: Reading) -> Counts:
        """Return the counts: fresh, or with a million labels as old as their making is long, ten times over."""
        last, kept = reading.last_event(), self._counts.get(alias)
        if kept is not None and (kept.through == last or kept.is_recent()):
            return kept.counts
        started = time.monotonic()
        counts = reading.counts()
        self._counts[alias] = _Kept(counts, last, time.monotonic(), time.monotonic() - started)
        return counts

    def _missing(self, alias: str, ids: Collection[str]) -> set[str]:
        """Return those ids that no live product has; what was found once is not looked up again."""
        known = self._known.setdefault(alias, set())
        queue = self._queues.get(alias)
        unsure = [one for one in ids if one and one not in known and not (queue and queue.knows(one))]
        if not unsure:
            return set()
        missing = self.shelf(alias).missing(unsure)
        if len(known) > KNOWN_AT_MOST:
            known.clear()
        known.update(set(unsure) - missing)
        return missing


def _unknown(one: Said, missing: set[str]) -> Refused:
    field = "left" if one.left in missing else "right"
    return Refused(one.key, f"there is no product {getattr(one, field)!r}", field)
