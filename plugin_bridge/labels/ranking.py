"""Which pairs to ask for, in which order: pure functions over the figures of pairs.

Of every ten questions most are pairs that the light model cannot tell (uncertainty sampling, Lewis and Gale 1994), some
are pairs whose text and photo disagree, one is unlike everything labelled so far, and one is drawn by chance, so that
what is measured on those drawn by chance stays honest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from plugin_bridge.labels.features import NAMES
from plugin_bridge.labels.model import Guess, LightModel, can_fit

Why = Literal["uncertain", "disagreement", "diverse", "random"]
TURNS: tuple[Why, ...] = (
    "uncertain", "uncertain", "disagreement", "uncertain", "diverse",
    "uncertain", "uncertain", "random", "disagreement", "uncertain",
)  # fmt: skip
RANDOM_SHARE = 0.1
"""Pairs below this share (see `values.share_of`) are asked by chance only, whatever the model thinks of them."""
LEAST_DISAGREEMENT = 0.15
_NEAR_THE_EDGE = 400
_TEXT, _PHOTO, _HAS_PHOTOS, _RARE = (NAMES.index(one) for one in ("text", "photo", "has photos", "rare words"))


@dataclass(frozen=True)
class Ranked:
    """One pair in the order of asking: its place among the pairs that were given, and why it stands here."""

    place: int
    why: Why


def guess(rows: np.ndarray, known: np.ndarray, labels: np.ndarray) -> Guess:
    """Return what is believed of pairs `rows`, taught by `known` pairs with `labels` (1 similar, 0 dissimilar).

    With too few labels of either kind it is a rule of thumb: the higher cosine and shared words stand among all pairs,
    the more alike.
    """
    if can_fit(labels):
        return LightModel(known, labels).guess(rows)
    likeness = rows[:, _TEXT] + rows[:, _RARE]
    if not len(rows):
        return Guess(np.empty(0), np.empty(0))
    low, high = np.percentile(likeness, (2, 98))
    return Guess(2 * (likeness - low) / max(1e-6, high - low) - 1, np.ones(len(rows)))


def rank(
    rows: np.ndarray, shares: np.ndarray, believed: Guess, ends: Sequence[tuple[int, int]], known: np.ndarray
) -> list[Ranked]:
    """Return all pairs in the order of asking.

    Args:
        rows: figures (pairs, NAMES).
        shares: each pair's lasting share from 0 to 1, which says whether it is asked by chance.
        believed: what the light model says.
        ends: each pair's two products, as numbers: one product is not asked for again and again.
        known: figures of the pairs that are labelled already.
    """
    by_chance = np.flatnonzero(shares < RANDOM_SHARE)
    others = np.flatnonzero(shares >= RANDOM_SHARE)
    edge = others[np.argsort(-sureless(believed)[others], kind="stable")]
    orders: dict[Why, Iterator[int]] = {
        "uncertain": iter(spread_out(edge, ends)),
        "disagreement": iter(_disagreeing(rows, others)),
        "diverse": iter(_unlike(rows, edge[:_NEAR_THE_EDGE], known)),
        "random": iter(by_chance[np.argsort(shares[by_chance])].tolist()),
    }
    return list(_taking_turns(orders, len(rows)))


def sureless(believed: Guess) -> np.ndarray:
    """Return how much an answer would tell, from 0: near the edge between the kinds, and where doubt is wide."""
    return believed.doubt / (np.abs(believed.mean) + 0.3 * believed.doubt + 1e-3)


def spread_out(order: np.ndarray, ends: Sequence[tuple[int, int]]) -> list[int]:
    """Return pairs in this order, but those of a product that was just asked for come later."""
    first, later = [], []
    seen: dict[int, int] = {}
    for place in order.tolist():
        left, right = ends[place]
        asked = max(seen.get(left, 0), seen.get(right, 0))
        if asked:
            later.append((asked, place))
        else:
            first.append(place)
        seen[left] = seen.get(left, 0) + 1
        seen[right] = seen.get(right, 0) + 1
    later.sort(key=lambda one: one[0])
    return first + [place for _, place in later]


def disagreement(rows: np.ndarray) -> np.ndarray:
    """Return how far text and photo disagree (0 to 1) about pairs with photos: by their ranks, 0 for the others."""
    found = np.zeros(len(rows))
    seen = np.flatnonzero(rows[:, _HAS_PHOTOS] > 0)
    if len(seen) > 1:
        ranks = [np.argsort(np.argsort(rows[seen, one])) / (len(seen) - 1) for one in (_TEXT, _PHOTO)]
        found[seen] = np.abs(ranks[0] - ranks[1])
    return found


def _disagreeing(rows: np.ndarray, others: np.ndarray) -> list[int]:
    apart = disagreement(rows)
    order = others[np.argsort(-apart[others], kind="stable")]
    return [int(place) for place in order if apart[place] >= LEAST_DISAGREEMENT]


def _unlike(rows: np.ndarray, edge: np.ndarray, known: np.ndarray) -> Iterator[int]:
    """Yield pairs near the edge, each the one furthest from all labelled and yielded ones (Gonzalez 1985)."""
    if not len(edge):
        return
    spread = rows.std(axis=0) + 1e-3
    points = rows[edge] / spread
    far = np.full(len(edge), np.inf)
    for one in known[-500:]:
        far = np.minimum(far, ((points - one / spread) ** 2).sum(axis=1))
    for _ in range(len(edge)):
        place = int(np.argmax(far)) if np.isfinite(far).any() else 0
        yield int(edge[place])
        far = np.minimum(far, ((points - points[place]) ** 2).sum(axis=1))
        far[place] = -1.0


def _taking_turns(orders: dict[Why, Iterator[int]], count: int) -> Iterator[Ranked]:
    taken: set[int] = set()
    turn = 0
    while len(taken) < count and orders:
        kind = TURNS[turn % len(TURNS)]
        turn += 1
        if kind not in orders:
            kind = next(iter(orders))
        fresh = next(islice((place for place in orders[kind] if place not in taken), 1), None)
        if fresh is None:
            del orders[kind]
            continue
        taken.add(fresh)
        yield Ranked(fresh, kind)
