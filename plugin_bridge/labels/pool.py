"""The pairs that can be asked for, their figures, and the order that they stand in: prepared beforehand, in memory."""

import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from plugin_bridge.labels.candidates import Item
from plugin_bridge.labels.features import NAMES, Featurer, cosine, differing
from plugin_bridge.labels.ranking import Ranked, Why, guess, rank
from plugin_bridge.labels.values import Pair, pair_key, share_of

LEASE_SECONDS = 300.0
SECOND_SHARE = 0.15
"""Pairs of this share are asked of a second person too, so that agreement can be told."""


@dataclass(frozen=True)
class Question:
    """A pair to ask for, why it is asked, and what its two products are."""

    key: str
    left: Item
    right: Item
    why: Why
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        told = cosine(self.left.text, self.right.text), cosine(self.left.image, self.right.image)
        alike = {
            name: None if one is None else round(one, 4) for name, one in zip(("text", "image"), told, strict=True)
        }
        return {
            "key": self.key,
            "left": {"id": self.left.id, "product": dict(self.left.product)},
            "right": {"id": self.right.id, "product": dict(self.right.product)},
            "why": {"kind": self.why, "text": self.text},
            "similarity": alike,
            "differs": differing(self.left.product, self.right.product),
        }


@dataclass
class _Ranking:
    order: list[Ranked] = field(default_factory=list)
    probability: np.ndarray = field(default_factory=lambda: np.empty(0))
    rows: np.ndarray = field(default_factory=lambda: np.empty((0, len(NAMES)), np.float32))


class Pool:
    """The pairs of one generation. Safe to share between threads: one fills and ranks it, many take from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: list[Pair] = []
        self._place: dict[Pair, int] = {}
        self._keys: list[str] = []
        self._items: dict[str, Item] = {}
        self._featurer: Featurer | None = None
        self._rows: np.ndarray | None = None
        self._ranking = _Ranking()
        self._answered: dict[str, set[int]] = {}
        self._lent: dict[int, tuple[str, float]] = {}

    def __len__(self) -> int:
        return len(self._ranking.order)

    def __contains__(self, pair: Pair) -> bool:
        return pair in self._place

    def new(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Return those pairs that the pool lacks, each once."""
        return [pair for pair in dict.fromkeys(pairs) if pair not in self._place]

    def has(self, product: str) -> bool:
        """Return whether a product is known to be in the catalogue."""
        return product in self._items

    def items(self, ids: Iterable[str]) -> dict[str, Item]:
        """Return those products that are at hand."""
        return {one: self._items[one] for one in ids if one in self._items}

    def keep(self, items: Mapping[str, Item]) -> None:
        """Keep products at hand that stand in no pair of the pool."""
        with self._lock:
            self._items = {**self._items, **items}

    def without(self, ids: Iterable[str]) -> list[str]:
        """Return those products that the pool does not hold yet."""
        return [one for one in dict.fromkeys(ids) if one not in self._items]

    def add(self, pairs: Sequence[Pair], items: Mapping[str, Item]) -> None:
        """Take pairs in; they are asked for after the next ranking. Pairs without both products are left out."""
        known = {**self._items, **items}
        usable = [pair for pair in self.new(pairs) if pair[0] in known and pair[1] in known]
        if self._featurer is None:
            self._featurer = Featurer(known.values())
        if not usable:
            return
        rows = self._featurer.rows([(known[left], known[right]) for left, right in usable])
        with self._lock:
            self._items = known
            for pair in usable:
                self._place[pair] = len(self._pairs)
                self._pairs.append(pair)
                self._keys.append(pair_key(*pair))
            self._rows = rows if self._rows is None else np.concatenate([self._rows, rows])

    def figures(self, pairs: Sequence[tuple[Item, Item]]) -> np.ndarray:
        """Return the figures of any pairs; for the labelled ones, which need not be in the pool."""
        return self._featurer.rows(pairs) if self._featurer is not None else np.empty((0, len(NAMES)), np.float32)

    def rank(self, known: np.ndarray, labels: np.ndarray) -> None:
        """Put all pairs in the order of asking, taught by labelled pairs' figures and labels (1, 0)."""
        with self._lock:
            rows, pairs = self._rows, list(self._pairs)
        if rows is None:
            return
        numbers = {one: number for number, one in enumerate(dict.fromkeys(end for pair in pairs for end in pair))}
        ends = [(numbers[left], numbers[right]) for left, right in pairs]
        shares = np.asarray([share_of("random", *pair) for pair in pairs])
        believed = guess(rows, known, labels)
        order = rank(rows, shares, believed, ends, known)
        with self._lock:
            self._ranking = _Ranking(order, believed.probability, rows)

    def answer(self, by: str, pair: Pair) -> None:
        """Note that somebody answered a pair."""
        place = self._place.get(pair)
        if place is not None:
            with self._lock:
                self._answered.setdefault(by, set()).add(place)

    def take_back(self, by: str, pair: Pair) -> None:
        """Note that somebody has no answer for a pair any more."""
        place = self._place.get(pair)
        if place is not None:
            with self._lock:
                self._answered.get(by, set()).discard(place)

    def take(self, by: str, count: int, exclude: Collection[str] = ()) -> list[Question]:
        """Return the next pairs for somebody: none that they answered, none that is lent to somebody else just now."""
        moment = time.monotonic()
        hidden = set(exclude)
        with self._lock:
            chosen: list[Ranked] = []
            for one in self._ranking.order:
                if len(chosen) >= count:
                    break
                if self._is_open(one.place, by, moment) and self._keys[one.place] not in hidden:
                    chosen.append(one)
            for one in chosen:
                self._lent[one.place] = (by, moment)
            return [self._question(one) for one in chosen]

    def left(self) -> int:
        """Return how many pairs nobody has answered."""
        with self._lock:
            done = set().union(*self._answered.values()) if self._answered else set()
            return max(0, len(self._ranking.order) - len(done))

    def _is_open(self, place: int, by: str, moment: float) -> bool:
        if place in self._answered.get(by, ()):
            return False
        if any(place in places for places in self._answered.values()):
            return share_of("second", *self._pairs[place]) < SECOND_SHARE
        lent = self._lent.get(place)
        return lent is None or lent[0] == by or moment - lent[1] > LEASE_SECONDS

    def _question(self, one: Ranked) -> Question:
        left, right = (self._items[end] for end in self._pairs[one.place])
        return Question(self._keys[one.place], left, right, one.why, self._because(one))

    def _because(self, one: Ranked) -> str:
        if any(one.place in places for places in self._answered.values()):
            return "Somebody else has labelled this pair; a second opinion shows whether people agree."
        if one.why == "uncertain":
            percent = round(100 * float(self._ranking.probability[one.place]))
            return f"The labels so far cannot tell: {percent} % that these are alike."
        if one.why == "disagreement":
            row = self._ranking.rows[one.place]
            text, photo = row[NAMES.index("text")], row[NAMES.index("photo")]
            return f"Text and photo disagree: {text:.2f} alike by text, {photo:.2f} by photo."
        if one.why == "diverse":
            return "Unlike the pairs that were labelled so far."
        return "Drawn by chance, to keep what is measured honest."
