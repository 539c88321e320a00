"""What the other pairs say about a pair: known labels nearby, and rivals for the same product.

Two shops' products mostly match one to one, and offers of one product come in groups. So a pair is less likely where
one of its products has a known match that looks otherwise, or an open rival that fits better; and more likely where
similar products are known to match. Only labels of train are known here, never those of the pairs to be scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.reading import Pair, identity

NEARBY = (
    "near_match", "near_match_third", "near_other", "near_other_third", "near_difference", "same_match", "same_other",
)  # fmt: skip
RIVALS = (
    "own_matches_more", "own_matches_fewer", "own_known_fewer", "rival_more", "rival_fewer", "margin_least",
    "margin_most", "rivals_fewer", "rivals_more", "open_sum_least", "open_sum_most", "place_worst",
)  # fmt: skip
NAMES = (*NEARBY, *RIVALS)
_SAME = 0.9999
_AT_ONCE = 256


@dataclass(frozen=True)
class Alike:
    """How alike the products of a set are: TF-IDF cosines (n, n) of character runs, and each product's row."""

    rows: dict[str, int]
    cosines: np.ndarray

    def sides(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the left and of the right products."""
        left = np.asarray([self.rows[identity(pair.left)] for pair in pairs], np.int64)
        right = np.asarray([self.rows[identity(pair.right)] for pair in pairs], np.int64)
        return left, right


def alike(pairs: Sequence[Pair], comparer: Comparer) -> Alike:
    """Compare all products of these pairs with one another by the runs of characters of their titles."""
    rows: dict[str, int] = {}
    vectors = []
    for pair in pairs:
        for product in (pair.left, pair.right):
            key = identity(product)
            if key not in rows:
                rows[key] = len(rows)
                vectors.append(comparer.seen(product).title_grams)
    starts = np.cumsum([0, *(len(vector) for vector in vectors)])
    places = np.fromiter((place for vector in vectors for place in vector), np.int64, starts[-1])
    values = np.fromiter((value for vector in vectors for value in vector.values()), np.float32, starts[-1])
    used, columns = np.unique(places, return_inverse=True)
    table = sparse.csr_matrix((values, columns, starts), shape=(len(vectors), max(1, len(used))))
    return Alike(rows, (table @ table.T).toarray().astype(np.float32))


def context_features(pairs: Sequence[Pair], scores: np.ndarray, known: Sequence[Pair], products: Alike) -> np.ndarray:
    """Return float32 (pairs, len(NAMES)) for open `pairs` with their own logits, where `known` pairs have labels."""
    scores = 1 / (1 + np.exp(-scores))
    labels = np.asarray([pair.label for pair in known], bool)
    return np.hstack(
        [
            _nearby(products.sides(pairs), products.sides(known), labels, products.cosines),
            _own(products.sides(pairs), products.sides(known), labels),
            _rivals(products.sides(pairs), scores),
        ]
    ).astype(np.float32)


def _nearby(
    open_sides: tuple[np.ndarray, np.ndarray],
    known_sides: tuple[np.ndarray, np.ndarray],
    labels: np.ndarray,
    cosines: np.ndarray,
) -> np.ndarray:
    """How near the nearest known match, and the nearest known non-match, is: product of both sides' cosines."""
    found = np.zeros((len(open_sides[0]), 7), np.float32)
    for start in range(0, len(found), _AT_ONCE):
        left, right = (side[start : start + _AT_ONCE] for side in open_sides)
        straight = cosines[left][:, known_sides[0]], cosines[right][:, known_sides[1]]
        crossed = cosines[left][:, known_sides[1]], cosines[right][:, known_sides[0]]
        near = np.maximum(straight[0] * straight[1], crossed[0] * crossed[1])
        touching = np.maximum.reduce(
            [np.where(mine >= _SAME, theirs, 0) for a, b in (straight, crossed) for mine, theirs in ((a, b), (b, a))]
        )
        rows = slice(start, start + len(left))
        for place, chosen in ((0, labels), (2, ~labels)):
            if chosen.any():
                best = -np.sort(-near[:, chosen], axis=1)[:, :3]
                found[rows, place], found[rows, place + 1] = best[:, 0], best[:, -1]
                found[rows, 5 + place // 2] = touching[:, chosen].max(axis=1)
        found[rows, 4] = found[rows, 0] - found[rows, 2]
    return found


def _own(
    open_sides: tuple[np.ndarray, np.ndarray], known_sides: tuple[np.ndarray, np.ndarray], labels: np.ndarray
) -> np.ndarray:
    """How many known matches, and known pairs, the two products have."""
    most = 1 + max(int(side.max(initial=0)) for side in (*open_sides, *known_sides))
    ends = np.concatenate(known_sides)
    matches = np.bincount(ends, weights=np.concatenate([labels, labels]), minlength=most)
    asked = np.bincount(ends, minlength=most)
    both = np.sort(np.stack([matches[side] for side in open_sides], 1), axis=1)
    return np.column_stack([both[:, 1], both[:, 0], np.minimum(*(asked[side] for side in open_sides))])


def _rivals(sides: tuple[np.ndarray, np.ndarray], scores: np.ndarray) -> np.ndarray:
    """The best other open pair of either product, and how far this one is ahead of it."""
    of: dict[int, list[int]] = {}
    for side in sides:
        for pair, product in enumerate(side.tolist()):
            of.setdefault(product, []).append(pair)
    found = np.zeros((len(scores), 9), np.float32)
    for pair, score in enumerate(scores.tolist()):
        told = []
        for side in sides:
            others = [scores[other] for other in of[int(side[pair])] if other != pair]
            best = max(others, default=0.0)
            told.append((best, len(others), sum(others) + score, 1 + sum(other > score for other in others)))
        (a, na, sa, pa), (b, nb, sb, pb) = told
        found[pair] = (
            max(a, b), min(a, b), score - max(a, b), score - min(a, b),
            min(na, nb), max(na, nb), min(sa, sb), max(sa, sb), max(pa, pb),
        )  # fmt: skip
    return found
