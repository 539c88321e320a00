"""Query vectors: encoded in a few threads, kept in a least-recently-used cache, never computed twice at once."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from encoders.text import TextEncoder
from plugin_bridge.errors import BridgeError

_WAITING_PER_WORKER = 32
# A thread costs a few tenths of a millisecond to hand a text to: more than a quick encoder of short texts may block.
AT_ONCE_SECONDS = 0.005
_AT_ONCE_CHARS = 200
_NEWS = 0.1  # how much the last text counts in what an encoder usually takes


class OverloadedError(BridgeError):
    """More texts wait for encoding than can be done in any useful time."""


@dataclass(frozen=True)
class CacheCounts:
    """How often a vector was at hand, and how often it had to be made; `size` vectors are kept now."""

    hits: int
    misses: int
    size: int


class QueryVectors:
    """Vectors of shoppers' texts. Safe to share between threads.

    Texts are cut to `max_chars` before they are encoded: words beyond that say nothing new about a product search.
    """

    def __init__(self, *, size: int, workers: int, max_chars: int) -> None:
        self._size = size
        self._max_chars = max_chars
        self._most = workers * _WAITING_PER_WORKER
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="encode")
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._coming: dict[tuple[str, str], Future[np.ndarray]] = {}
        self._hits = self._misses = 0
        self._usual: dict[str, float] = {}

    def at_hand(self, encoder: TextEncoder, text: str) -> np.ndarray | None:
        """Return the vector (dimension,) of a text where it is in the cache."""
        key = self._key(encoder, text)
        with self._lock:
            vector = self._kept.get(key)
            if vector is not None:
                self._kept.move_to_end(key)
                self._hits += 1
            return vector

    def at_once(self, encoder: TextEncoder, text: str, within: float) -> np.ndarray | None:
        """Return the vector of a text, made in the caller's own thread; None where a thread of ours should make it.

        That is so while anything else is being encoded, for long texts, and for encoders that are not known to take a
        few milliseconds at most, and a tenth of the `within` seconds that are left.
        """
        key = self._key(encoder, text)
        with self._lock:
            usual = self._usual.get(key[0])
            slow = usual is None or usual > min(AT_ONCE_SECONDS, within / 10)
            if slow or self._coming or len(key[1]) > _AT_ONCE_CHARS:
                return None
        vector = self._timed(encoder, key)
        with self._lock:
            self._misses += 1
        self._done(key, vector)
        return vector

    def encode(self, encoder: TextEncoder, text: str) -> "Future[np.ndarray]":
        """Return a future of the text's vector; equal texts that are on their way share one.

        Raises OverloadedError at once where too many texts wait already.
        """
        key = self._key(encoder, text)
        with self._lock:
            coming = self._coming.get(key)
            if coming is not None:
                self._hits += 1
                return coming
            if len(self._coming) >= self._most:
                raise OverloadedError(f"{len(self._coming)} texts wait for encoding")
            self._misses += 1
            # A future of our own: one waiter that gives up must not cancel the work for the others.
            coming = self._coming[key] = Future()
        try:
            self._threads.submit(self._work, encoder, key, coming)
        except RuntimeError as error:  # the pool is shut down
            with self._lock:
                self._coming.pop(key, None)
            raise OverloadedError("the bridge is stopping") from error
        return coming

    def vector(self, encoder: TextEncoder, text: str, timeout: float) -> np.ndarray:
        """Return the text's vector, waiting up to `timeout` seconds; raises TimeoutError after that."""
        found = self.at_hand(encoder, text)
        return found if found is not None else self.encode(encoder, text).result(timeout)

    def forget(self, keep: set[str]) -> None:
        """Drop the vectors of all encoders whose fingerprint is not in `keep`."""
        with self._lock:
            for key in [key for key in self._kept if key[0] not in keep]:
                del self._kept[key]

    def counts(self) -> CacheCounts:
        """Return the cache's counts since the start."""
        with self._lock:
            return CacheCounts(self._hits, self._misses, len(self._kept))

    def close(self) -> None:
        """Stop the threads; texts that wait are not encoded any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            waiting = list(self._coming.values())
        for coming in waiting:
            coming.cancel()

    def _key(self, encoder: TextEncoder, text: str) -> tuple[str, str]:
        return encoder.card.fingerprint, text[: self._max_chars]

    def _work(self, encoder: TextEncoder, key: tuple[str, str], coming: "Future[np.ndarray]") -> None:
        if not coming.set_running_or_notify_cancel():
            return
        try:
            vector = self._timed(encoder, key)
        except BaseException as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._done(key)
            coming.set_exception(error)
            return
        self._done(key, vector)
        coming.set_result(vector)

    def _timed(self, encoder: TextEncoder, key: tuple[str, str]) -> np.ndarray:
        started = time.perf_counter()
        vector = encoder.encode_one(key[1])
        taken = time.perf_counter() - started
        with self._lock:
            self._usual[key[0]] = taken * _NEWS + self._usual.get(key[0], taken) * (1 - _NEWS)
        return vector

    def _done(self, key: tuple[str, str], vector: np.ndarray | None = None) -> None:
        with self._lock:
            self._coming.pop(key, None)
            if vector is not None and self._size:
                self._kept[key] = vector
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
