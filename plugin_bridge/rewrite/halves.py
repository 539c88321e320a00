"""A search in two halves: by words while its vector is still being made, near the vector as soon as there is one.

Joined they are the answer that the whole query would have got, ranks, scores and total: no product ranks higher for
not being near, so the first products by words and the first near ones hold the first of all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Generation
from plugin_bridge.rewrite import lexical
from plugin_bridge.rewrite.fusion import text_signal, vectors_alone, words_alone
from plugin_bridge.rewrite.reading import Clause, Reading, Unreadable
from plugin_bridge.rewrite.storefront import passthrough, understood

MOST = 100  # for deeper pages the halves hold too much twice
_NO_VECTOR = np.empty(0, np.float32)
_NEW = "kindred_new"


@dataclass(frozen=True)
class Halves:
    """The two requests of a search for the first `depth` products, which `size` of are wanted, from `offset` on."""

    generation: Generation
    reading: Reading
    floor: float
    size: int
    offset: int

    def by_words(self) -> dict[str, Any]:
        """Return the request that needs no vector."""
        signals = [text_signal(self.generation, _NO_VECTOR, self.floor)]
        query = words_alone(self.reading.core, signals, self.generation, self._bonuses())
        return self._body(query, {"track_total_hits": True})

    def near(self, vector: np.ndarray) -> dict[str, Any]:
        """Return the request of the products near the vector; it counts those that the words do not match."""
        signals = [text_signal(self.generation, vector, self.floor)]
        core = self.reading.core
        query = vectors_alone(core, self.reading.binding, signals, self.generation, self._bonuses())
        new = {"filter": {"bool": {"must_not": [core]}}}
        return self._body(query, {"track_total_hits": False, "aggs": {_NEW: new}})

    def joined(self, by_words: Mapping[str, Any], near: Mapping[str, Any]) -> dict[str, Any]:
        """Return both answers as the answer to the whole."""
        hits = {hit["_id"]: hit for hit in [*by_words["hits"]["hits"], *near["hits"]["hits"]]}
        ranked = sorted(hits.values(), key=lambda hit: -hit["_score"])
        total = by_words["hits"]["total"]["value"] + near["aggregations"][_NEW]["doc_count"]
        return {"hits": {"total": {"value": total}, "hits": ranked[self.offset : self.offset + self.size]}}

    def _bonuses(self) -> list[Clause]:
        return list(lexical.bonuses(self.reading.text, self.generation).values())

    def _body(self, query: Clause, more: Mapping[str, Any]) -> dict[str, Any]:
        return passthrough({"query": query, "size": self.offset + self.size, **more}, self.generation)


def halves(
    text: str,
    generation: Generation,
    knows: Callable[[str], bool],
    *,
    filters: list[Clause],
    size: int,
    offset: int,
) -> Halves | None:
    """Return a search's halves; None where it goes by keywords alone, or for a page too deep."""
    if offset + size > MOST:
        return None
    plain = lexical.request(text, generation, filters=filters, size=size, offset=offset)
    try:
        reading, floor = understood(plain, generation, knows)
    except Unreadable:
        return None
    return Halves(generation, reading, floor, size, offset)
