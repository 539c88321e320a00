"""Query vectors: encoded in a few threads, kept in a least-recently-used cache, never computed twice at once."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from encoders.text import TextEncoder
from plugin_bridge.errors import BridgeError

_WAITING_PER_WORKER = 32


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

    def at_hand(self, encoder: TextEncoder, text: str) -> np.ndarray | None:
        """Return the vector (dimension,) of a text where it is in the cache."""
        key = self._key(encoder, text)
        with self._lock:
            vector = self._kept.get(key)
            if vector is not None:
                self._kept.move_to_end(key)
                self._hits += 1
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
            vector = encoder.encode_one(key[1])
        except BaseException as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._done(key)
            coming.set_exception(error)
            return
        self._done(key, vector)
        coming.set_result(vector)

    def _done(self, key: tuple[str, str], vector: np.ndarray | None = None) -> None:
        with self._lock:
            self._coming.pop(key, None)
            if vector is not None and self._size:
                self._kept[key] = vector
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
