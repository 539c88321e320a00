"""What the other products say about a pair: whom each of the two is likely to be the same as.

Every product is compared with its neighbours, by the model that judges pairs. If one of a pair is the same as a third
product that the other is unlike, that speaks against the pair; if both are the same as a third, for it. So offers of
one product speak for each other, and a better match in the other catalogue against a worse one. Where train has a label
the label counts; those of the pairs to be scored are never known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.reading import Pair, Product, identity
from plugin_bridge.pairs.weights import Vector

NAMES = (
    "both_like", "other_liked_least", "other_liked_most", "liked_alike", "liked_shared_least", "liked_shared_most",
    "best_other_least", "best_other_most", "liked_shared",
)  # fmt: skip
NEIGHBOURS = 12
_LEAST = 0.15  # cosine from which on two products are neighbours
_AT_ONCE = 128


@dataclass(frozen=True)
class Neighbours:
    """The products of a set: each one's row, and the rows of neighbours, (pairs, 2), the smaller first."""

    rows: dict[str, int]
    products: tuple[Product, ...]
    near: np.ndarray

    @property
    def pairs(self) -> list[Pair]:
        """The neighbours as pairs; their labels mean nothing."""
        return [Pair(self.products[one], self.products[two], 0) for one, two in self.near.tolist()]

    def sides(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Return the rows of both products of each pair, (pairs, 2), the smaller first."""
        found = [(self.rows[identity(pair.left)], self.rows[identity(pair.right)]) for pair in pairs]
        return np.sort(np.asarray(found, np.int64).reshape(-1, 2), axis=1)


def neighbours(pairs: Sequence[Pair], comparer: Comparer, count: int = NEIGHBOURS) -> Neighbours:
    """Find the `count` nearest products of each product of these pairs, by the runs of characters of their titles."""
    rows: dict[str, int] = {}
    products: list[Product] = []
    for pair in pairs:
        for product in (pair.left, pair.right):
            if identity(product) not in rows:
                rows[identity(product)] = len(rows)
                products.append(product)
    table = _table([comparer.seen(product).title_grams for product in products])
    found: list[np.ndarray] = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(products), _AT_ONCE):
        cosines = (table[start : start + _AT_ONCE] @ table.T).toarray()
        here = np.arange(len(cosines))
        cosines[here, here + start] = -1
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
        one, two = np.repeat(here, nearest.shape[1]), nearest.ravel()
        alike = cosines[one, two] > _LEAST
        found.append(np.sort(np.column_stack([one + start, two])[alike], axis=1))
    return Neighbours(rows, tuple(products), np.unique(np.concatenate(found), axis=0))


def context_features(
    sides: np.ndarray, neighbours: Neighbours, likely: np.ndarray, known: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return float32 (pairs, len(NAMES)) of the pairs whose products are `sides`.

    `likely` is the probability that each pair of neighbours is the same; `known` pairs have `labels`.
    """
    graph = _graph(neighbours, likely, known, labels)
    found = np.zeros((len(sides), len(NAMES)), np.float32)
    for start in range(0, len(sides), _AT_ONCE):
        left, right = sides[start : start + _AT_ONCE].T
        here = np.arange(len(left))
        one, two = graph[left].toarray(), graph[right].toarray()
        for liked in (one, two):  # what the pair's own products say of each other is the first model's score
            liked[here, left] = liked[here, right] = 0
        both = one * two
        shared, first, second = both.sum(axis=1), one.sum(axis=1), two.sum(axis=1)
        lengths = np.sqrt(((one**2).sum(axis=1) + 0.05) * ((two**2).sum(axis=1) + 0.05))
        against = np.sort([(one - both).max(axis=1), (two - both).max(axis=1)], axis=0)
        shares = np.sort([shared / (first + 0.1), shared / (second + 0.1)], axis=0)
        best = np.sort([one.max(axis=1), two.max(axis=1)], axis=0)
        found[start : start + _AT_ONCE] = np.column_stack(
            [both.max(axis=1), *against, shared / lengths, *shares, *best, shared]
        )
    return found


def _graph(neighbours: Neighbours, likely: np.ndarray, known: np.ndarray, labels: np.ndarray) -> sparse.csr_matrix:
    """Return how likely products are the same, (products, products), symmetric; labels count before probabilities."""
    count = len(neighbours.products)
    asked = known[:, 0] * count + known[:, 1]
    open_ones = ~np.isin(neighbours.near[:, 0] * count + neighbours.near[:, 1], asked)
    same = known[(labels == 1) & (known[:, 0] != known[:, 1])]
    same = np.unique(same, axis=0)
    ends = np.concatenate([neighbours.near[open_ones], same])
    values = np.concatenate([likely[open_ones], np.ones(len(same))])
    table = sparse.csr_matrix((values, (ends[:, 0], ends[:, 1])), shape=(count, count), dtype=np.float64)
    return (table + table.T).tocsr()


def _table(vectors: Sequence[Vector]) -> sparse.csr_matrix:
    starts = np.cumsum([0, *(len(vector) for vector in vectors)])
    places = np.fromiter((place for vector in vectors for place in vector), np.int64, starts[-1])
    values = np.fromiter((value for vector in vectors for value in vector.values()), np.float32, starts[-1])
    used, columns = np.unique(places, return_inverse=True)
    return sparse.csr_matrix((values, columns, starts), shape=(len(vectors), max(1, len(used))))
