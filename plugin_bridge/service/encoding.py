"""Vectors of shoppers' texts on the event loop: at hand, made at once, or waited for."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from encoders.text import TextEncoder
from plugin_bridge.searching.planning import VectorPartFailed
from plugin_bridge.searching.query_vectors import QueryVectors

log = logging.getLogger(__name__)

Made = TypeVar("Made")


class _NotAtHand(Exception):  # noqa: N818 - a signal inside this module
    """The vector of this text has to be made first."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class LoopVectors:
    """Gives vectors to what runs on one event loop."""

    def __init__(self, vectors: QueryVectors) -> None:
        self._vectors = vectors
        self._running = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a request while it is answered; only one that is alone may hold the loop for its vector."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    async def given(
        self, make: Callable[[Callable[[str], np.ndarray]], Made], encoder: TextEncoder, within: float
    ) -> Made:
        """Return what `make` makes with the vector of the one text that it asks for.

        Raises what `make` raises, VectorPartFailed where encoding fails, OverloadedError where too many texts wait
        already, and TimeoutError where there is no vector `within` so many seconds.
        """
        try:
            return make(lambda text: self._at_hand(encoder, text, within))
        except _NotAtHand as missing:
            vector = await self._awaited(encoder, missing.text, within)
            return make(lambda _: vector)

    def _at_hand(self, encoder: TextEncoder, text: str, within: float) -> np.ndarray:
        vector = self._vectors.at_hand(encoder, text)
        if vector is None and self._running == 1:
            with _encoding():
                vector = self._vectors.at_once(encoder, text, within)
        if vector is None:
            raise _NotAtHand(text)
        return vector

    async def _awaited(self, encoder: TextEncoder, text: str, within: float) -> np.ndarray:
        coming = asyncio.wrap_future(self._vectors.encode(encoder, text))
        # `wait` does not cancel what it waits for: others may wait for the same text, and the cache wants it.
        done, _ = await asyncio.wait((coming,), timeout=max(0.0, within))
        if not done:
            coming.add_done_callback(_heard)
            raise TimeoutError
        with _encoding():
            return coming.result()


@contextmanager
def _encoding() -> Iterator[None]:
    """Turn whatever an encoder raises into VectorPartFailed."""
    try:
        yield
    except Exception as failure:
        log.exception("encoding failed")
        raise VectorPartFailed(f"encoding failed: {failure}") from failure


def _heard(coming: "asyncio.Future[np.ndarray]") -> None:
    """Look at a late result, so that asyncio does not complain that nobody did."""
    if not coming.cancelled() and coming.exception() is not None:
        log.warning("encoding failed after its deadline: %s", coming.exception())
