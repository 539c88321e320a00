"""What labels say of pairs that nobody labelled: where A is the same as B and B is not C, A is not C either.

Of such pairs those between near neighbours are worth learning from: they are as hard as any, and cost no label.
"""

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components


def unlike_by_closure(known: np.ndarray, labels: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return which of the pairs `near` (rows of products, the smaller first) are dissimilar by what is known.

    `known` are the labelled pairs, likewise rows of products; they themselves are not among those returned.
    """
    if not len(known) or not len(near):
        return np.zeros(len(near), bool)
    count = int(max(known.max(), near.max())) + 1
    same = known[labels == 1]
    table = sparse.csr_matrix((np.ones(len(same)), (same[:, 0], same[:, 1])), shape=(count, count))
    group = connected_components(table, directed=False)[1].astype(np.int64)
    unlike = _numbers(group[known[labels == 0]], count)
    apart = group[near[:, 0]] != group[near[:, 1]]
    return (
        apart & np.isin(_numbers(group[near], count), unlike) & ~np.isin(_numbers(near, count), _numbers(known, count))
    )


def _numbers(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return one number for each pair, whichever comes first."""
    return pairs.min(axis=1) * count + pairs.max(axis=1)
