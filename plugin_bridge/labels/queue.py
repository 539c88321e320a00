"""The queue of one alias: a pool for its live generation, filled and ranked in the background."""

import logging
import threading
import time
from collections.abc import Callable, Collection

import numpy as np

from opensearch import generations
from opensearch.client import Cluster
from opensearch.errors import OpenSearchError
from plugin_bridge.errors import BridgeError
from plugin_bridge.labels.candidates import Shelf
from plugin_bridge.labels.curves import Curves
from plugin_bridge.labels.model import MOST_LABELS
from plugin_bridge.labels.pool import Pool, Question
from plugin_bridge.labels.reading import Reading

log = logging.getLogger(__name__)

FIRST_DRAWN = 64
DRAWN = 400
MOST_PAIRS = 8_000
ENOUGH_OPEN = 2_000
FEW_NEW = 20  # where further products bring no more than this, the catalogue is exhausted for a while
EXHAUSTED_SECONDS = 600.0
AGAIN_AFTER_LABELS = 5
LOOK_SECONDS = 30.0
WAIT_SECONDS = 5.0


class Queue:
    """Asks for pairs of one alias. Safe to share between threads; start it before use, close it after."""

    def __init__(
        self, cluster: Cluster, alias: str, reading: Callable[[], Reading], curves: Callable[[], Curves]
    ) -> None:
        """Prepare; `reading` and `curves` open the labels, and are called when they are first needed."""
        self._cluster, self._alias, self._reading, self._curves = cluster, alias, reading, curves
        self._lock = threading.Lock()
        self._pool = Pool()
        self._shelf: Shelf | None = None
        self._seen = 0
        self._ranked_at = 0
        self._seed = 1
        self._exhausted = -EXHAUSTED_SECONDS
        self._ready = threading.Event()
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"label-queue-{alias}", daemon=True)
        self.problem: str | None = None

    def start(self) -> None:
        """Start filling the pool."""
        self._thread.start()

    def close(self) -> None:
        """Stop the background's work."""
        self._stopped.set()
        self._wake.set()

    def next(
        self, by: str, count: int, exclude: Collection[str] = (), *, patience: float = WAIT_SECONDS
    ) -> tuple[list[Question], int | None]:
        """Return pairs to ask somebody for, and how many are left; None and nothing where the pool is not ready yet.

        Only the first calls after a start wait for the pool, at most `patience` seconds.
        """
        self._asked.set()
        if not self._ready.wait(patience):
            return [], None
        pool = self._pool
        self._catch_up(pool)
        found = pool.take(by, count, exclude)
        self._wake.set()
        return found, pool.left()

    def knows(self, product: str) -> bool:
        """Return whether a product was in the live catalogue when the pool was filled."""
        return self._pool.has(product)

    def _catch_up(self, pool: Pool) -> None:
        """Read what was answered and taken back since the last look, by other processes too."""
        with self._lock:
            reading = self._reading()
            last = reading.last_event()
            if last == self._seen:
                return
            for by, pair, _ in reading.answered(self._seen):
                pool.answer(by, pair)
            for by, pair in reading.taken_back(self._seen):
                pool.take_back(by, pair)
            self._seen = last

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._work()
                self.problem = None
            except (BridgeError, OpenSearchError) as error:
                if self._stopped.is_set():
                    return  # what it worked with was closed
                self.problem = str(error)
                log.warning("the pairs to label for %s wait: %s", self._alias, error)
            except Exception as error:
                if self._stopped.is_set():
                    return  # what it worked with was closed
                self.problem = "the queue failed; the bridge's log says why"
                log.error("the pairs to label for %s failed", self._alias, exc_info=error)
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def _work(self) -> None:
        generation = generations.live(self._cluster, self._alias)
        if generation is None:
            raise BridgeError(f"nothing is live behind {self._alias}; load a catalogue first")
        if self._shelf is None or self._shelf.generation.index != generation.index:
            self._begin(Shelf(self._cluster, generation))
        if not self._asked.is_set():
            return  # the first pairs stand ready; more are looked for when somebody labels
        pool, shelf = self._pool, self._shelf
        assert shelf is not None
        last = self._reading().last_event()
        grown = self._is_low(pool) and self._grow(pool, shelf, DRAWN) > 0
        if grown or last - self._ranked_at >= AGAIN_AFTER_LABELS:
            self._rank(pool, shelf, last)
        if not grown and self._curves().is_due(last):
            self._curves().make(shelf, last)

    def _begin(self, shelf: Shelf) -> None:
        """Fill a new pool with a few pairs at first, so that nobody waits long."""
        pool = Pool()
        last = self._reading().last_event()
        self._grow(pool, shelf, FIRST_DRAWN)
        self._rank(pool, shelf, last)
        with self._lock:
            self._pool, self._shelf, self._seen = pool, shelf, last
        self._exhausted = -EXHAUSTED_SECONDS
        self._ready.set()

    def _is_low(self, pool: Pool) -> bool:
        """Return whether further pairs are wanted, and likely to be found."""
        if len(pool) >= MOST_PAIRS or pool.left() >= ENOUGH_OPEN:
            return False
        return time.monotonic() - self._exhausted > EXHAUSTED_SECONDS

    def _grow(self, pool: Pool, shelf: Shelf, count: int) -> int:
        """Take in the neighbours of further products; return how many pairs are new."""
        self._seed += 1
        drawn = shelf.drawn(count, self._seed)
        pairs = pool.new(shelf.neighbours(drawn))
        items = {item.id: item for item in drawn}
        items |= shelf.items(one for one in pool.without(end for pair in pairs for end in pair) if one not in items)
        pool.add(pairs, items)
        for by, pair, _ in self._reading().answered():  # before these pairs came into the pool
            pool.answer(by, pair)
        if len(pairs) < FEW_NEW:
            self._exhausted = time.monotonic()
        return len(pairs)

    def _rank(self, pool: Pool, shelf: Shelf, last: int) -> None:
        started = time.perf_counter()
        figures, labels = self._known(pool, shelf)
        pool.rank(figures, labels)
        self._ranked_at = last
        log.debug("%s pairs ranked in %.2f s", len(pool), time.perf_counter() - started)

    def _known(self, pool: Pool, shelf: Shelf) -> tuple[np.ndarray, np.ndarray]:
        """Return the figures (pairs, figures) and labels (1, 0) of the newest labelled pairs, oldest first."""
        newest = list(self._reading().pairs(newest=MOST_LABELS))[::-1]
        items = pool.items(ends := {end for one in newest for end in (one.left, one.right)})
        missing = shelf.items(one for one in ends if one not in items)
        pool.keep(missing)
        items |= missing
        kept = [one for one in newest if one.left in items and one.right in items]
        figures = pool.figures([(items[one.left], items[one.right]) for one in kept])
        return figures, np.asarray([one.label == "similar" for one in kept], np.int64)
