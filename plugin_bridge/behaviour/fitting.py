"""Learns the parts of items from interactions: item-kNN, EASE, implicit ALS, content, popularity.

Needs scipy and, for ALS, `implicit` (extra `evaluate`); what it makes is served without them.
"""

from dataclasses import dataclass

import numpy as np

from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.parts import ALS_ALPHA, ALS_HALF_LIFE, ALS_REGULARISATION, ItemParts, Neighbours
from plugin_bridge.errors import BehaviourError

MOST_DENSE = 6_000  # EASE inverts a matrix of this side: 290 MB; the items with most customers come in
_AT_ONCE = 512
_PRIOR = 10.0  # customers that an item is given beforehand, who buy again as the usual ones do


@dataclass(frozen=True)
class Tuning:
    """What was chosen on a validation cut: half-lives in days (None: no fading), shrinkage, ridge weights."""

    knn_shrink: float = 10.0
    knn_alpha: float = 0.5
    knn_half_life: float | None = None
    knn_query_half_life: float | None = 90.0
    ease_ridge: float = 100.0
    ease_half_life: float | None = 180.0
    ease_query_half_life: float | None = 90.0
    factors: int = 64
    neighbours: int = 200
    seed: int = 7


def fit_parts(
    rows: Interactions, day: float, tuning: Tuning | None = None, texts: np.ndarray | None = None
) -> ItemParts:
    """Return what rows before `day` tell about items.

    Args:
        texts: text vectors of the items, shape (items, d), L2-normalised; None: nothing is known of their titles.
    """
    tuning = tuning or Tuning()
    past = rows.before(day)
    if not len(past):
        raise BehaviourError("no row lies before the day of the training")
    k = tuning.neighbours
    faded = customer_matrix(past, day, tuning.ease_half_life)
    neighbours = {
        "knn": item_knn(customer_matrix(past, day, tuning.knn_half_life), tuning.knn_shrink, tuning.knn_alpha, k),
        "ease": ease(faded, tuning.ease_ridge, k),
        "ease_recent": ease(customer_matrix(past, day, 60.0), tuning.ease_ridge * 0.3, k),
        "ease_orders": ease(order_matrix(past, day, 180.0), tuning.ease_ridge * 0.5, k),
        "content": content(texts, len(rows.items), k),
    }
    first = np.full(len(rows.items), day)
    np.minimum.at(first, past.item, past.time)
    return ItemParts(
        items=rows.items,
        titles=rows.titles,
        contexts=rows.contexts,
        day=day,
        neighbours=neighbours,
        popularity=np.stack([np.log1p(buyers(past, day, days)) for days in (30.0, 7.0, 90.0)]).astype(np.float32),
        by_context=context_counts(past, day, 90.0),
        age=(day - first).astype(np.float32),
        repeat=repeat_share(past),
        sold=np.bincount(past.item, minlength=len(rows.items)) > 0,
        vectors=als_factors(customer_matrix(past, day, ALS_HALF_LIFE), tuning.factors, tuning.seed),
    )


def customer_matrix(rows: Interactions, day: float, half_life: float | None):
    """Return (customers, items), sparse: 1 for what was bought just before `day`, halved each half-life."""
    return _matrix(rows.customer, len(rows.customers), rows, day, half_life)


def order_matrix(rows: Interactions, day: float, half_life: float | None):
    """Return (orders, items), sparse, as `customer_matrix`; orders of one item tell nothing and are left out."""
    found = _matrix(rows.order, int(rows.order.max()) + 1, rows, day, half_life)
    return found[np.diff(found.indptr) > 1]


def _matrix(who: np.ndarray, count: int, rows: Interactions, day: float, half_life: float | None):
    from scipy.sparse import csr_matrix

    width = len(rows.items)
    keys = who.astype(np.int64) * width + rows.item
    # Rows of a customer are sorted by time, so the first of the reversed ones is the latest.
    places, last = np.unique(keys[::-1], return_index=True)
    times = rows.time[::-1][last]
    values = np.ones(len(places)) if half_life is None else 0.5 ** ((day - times) / half_life)
    return csr_matrix((values.astype(np.float32), (places // width, places % width)), shape=(count, width))


def item_knn(matrix, shrink: float, alpha: float, k: int) -> Neighbours:
    """Item-to-item cosine with shrinkage (Sarwar et al. 2001; Deshpande & Karypis 2004).

    The similarity of what was bought (i) and what it speaks for (j) is both / (n_i^alpha * n_j^(1 - alpha) + shrink).
    """
    count = np.asarray(matrix.multiply(matrix).sum(axis=0)).ravel()
    columns = matrix.tocsc()
    blocks = []
    for start in range(0, matrix.shape[1], _AT_ONCE):
        both = (columns[:, start : start + _AT_ONCE].T @ matrix).toarray()
        own = count[start : start + _AT_ONCE]
        both /= own[:, None] ** alpha * count[None, :] ** (1 - alpha) + shrink + 1e-9
        both[np.arange(len(own)), np.arange(start, start + len(own))] = 0.0
        blocks.append(_strongest(both, k))
    return _joined(blocks)


def ease(matrix, ridge: float, k: int) -> Neighbours:
    """EASE (Steck 2019): the ridge regression of every item on all others, in closed form."""
    width = matrix.shape[1]
    count = np.diff(matrix.tocsc().indptr)
    chosen = np.sort(np.argsort(-count, kind="stable")[: min(width, MOST_DENSE)])
    chosen = chosen[count[chosen] > 0]
    part = matrix[:, chosen]
    gram = (part.T @ part).toarray().astype(np.float32)
    diagonal = np.diag_indices(len(gram))
    gram[diagonal] += ridge
    inverse = _inverse(gram)
    weights = inverse / -np.diag(inverse)
    weights[diagonal] = 0.0
    small = _strongest(weights, k)
    ids = np.zeros((width, small.ids.shape[1]), np.int32)
    strengths = np.zeros(ids.shape, np.float32)
    ids[chosen], strengths[chosen] = chosen[small.ids], small.weights
    return Neighbours(ids, strengths)


def _inverse(gram: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric positive matrix by Cholesky: half the work of a general one."""
    from scipy.linalg.lapack import spotrf, spotri

    factor, failed = spotrf(gram, lower=1, overwrite_a=1)
    half, failed_too = spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise BehaviourError("EASE cannot be solved: the ridge weight is too small for these purchases")
    lower = np.tril(half)
    return lower + np.tril(lower, -1).T


def content(texts: np.ndarray | None, items: int, k: int) -> Neighbours:
    """Items whose titles are alike: exp(12 (cosine - 1))."""
    if texts is None:
        return Neighbours(np.zeros((items, 1), np.int32), np.zeros((items, 1), np.float32))
    blocks = []
    for start in range(0, items, _AT_ONCE):
        alike = np.exp(12.0 * (texts[start : start + _AT_ONCE] @ texts.T - 1.0))
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = 0.0
        blocks.append(_strongest(alike, min(k, 50)))
    return _joined(blocks)


def als_factors(matrix, factors: int, seed: int) -> np.ndarray:
    """Return the item factors (items, factors) of implicit ALS (Hu, Koren & Volinsky 2008), by the library implicit."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise BehaviourError(f"{error.name} is missing: pip install 'kindred[evaluate]'") from error
    # Thousands of tiny solutions: threads inside each of them would only wait for one another.
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=min(factors, *matrix.shape),
            regularization=ALS_REGULARISATION,
            alpha=ALS_ALPHA,
            iterations=12,
            random_state=seed,
            num_threads=1,
        )
        model.fit(matrix, show_progress=False)
    return np.asarray(model.item_factors, np.float32)


def buyers(rows: Interactions, day: float, days: float) -> np.ndarray:
    """Return how many customers bought each item in the last `days` before `day`."""
    recent = rows.where((rows.time >= day - days) & (rows.time < day))
    width = len(rows.items)
    pairs = np.unique(recent.customer.astype(np.int64) * width + recent.item)
    return np.bincount(pairs % width, minlength=width)


def context_counts(rows: Interactions, day: float, days: float) -> np.ndarray:
    """Return (contexts, items): how many rows each context has of an item in the last `days`."""
    recent = rows.where(rows.time >= day - days)
    found = np.zeros((len(rows.contexts), len(rows.items)), np.float32)
    np.add.at(found, (recent.context, recent.item), 1.0)
    return found


def repeat_share(rows: Interactions) -> np.ndarray:
    """Return the share of each item's customers who bought it in two orders or more, drawn to the shop's own."""
    width = len(rows.items)
    orders = np.unique(np.stack([rows.customer, rows.order, rows.item]), axis=1)
    pairs, times = np.unique(orders[0].astype(np.int64) * width + orders[2], return_counts=True)
    customers = np.bincount(pairs % width, minlength=width)
    again = np.bincount(pairs % width, weights=(times > 1), minlength=width)
    usual = again.sum() / max(customers.sum(), 1)
    return ((again + _PRIOR * usual) / (customers + _PRIOR)).astype(np.float32)


def _strongest(weights: np.ndarray, k: int) -> Neighbours:
    """Return the k largest by size of each row; negative ones count, too: EASE says with them what does not follow."""
    k = min(k, weights.shape[1])
    ids = np.argpartition(-np.abs(weights), k - 1, axis=1)[:, :k].astype(np.int32)
    return Neighbours(ids, np.take_along_axis(weights, ids, 1).astype(np.float32))


def _joined(blocks: list[Neighbours]) -> Neighbours:
    return Neighbours(np.concatenate([b.ids for b in blocks]), np.concatenate([b.weights for b in blocks]))
