"""Metrics of top-k recommendations, one figure a customer, and of what all customers together are shown.

recall@k is hits / min(k, targets); nDCG@k has gain 1 for a target; MRR@k is 1 / rank of the first hit. Coverage is the
share of products that anybody is shown, Gini (0 even, 1 all on one product) how unevenly they are shown, novelty the
mean of -log2 of the share of customers who had bought a shown product (Vargas & Castells 2011).
"""

from collections.abc import Sequence

import numpy as np

RANKED = 20  # places that are looked at


def top(scores: np.ndarray, k: int = RANKED) -> np.ndarray:
    """Return, best first, the `k` highest places of each row; of equals the first; places of -inf are -1."""
    k = min(k, scores.shape[1])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.where(np.isfinite(np.take_along_axis(scores, order, 1)), order, -1)


def recall(ranked: np.ndarray, targets: Sequence[np.ndarray], k: int) -> np.ndarray:
    """Return recall@k of each row; NaN where there is nothing to find."""
    return np.array(
        [
            np.isin(row[:k], wanted).sum() / min(k, len(wanted)) if len(wanted) else np.nan
            for row, wanted in zip(ranked, targets, strict=True)
        ]
    )


def ndcg(ranked: np.ndarray, targets: Sequence[np.ndarray], k: int = 10) -> np.ndarray:
    """Return nDCG@k of each row; NaN where there is nothing to find."""
    discount = 1 / np.log2(np.arange(k) + 2)
    found = []
    for row, wanted in zip(ranked, targets, strict=True):
        if not len(wanted):
            found.append(np.nan)
            continue
        hits = np.isin(row[:k], wanted)
        found.append(float((discount[: len(hits)] * hits).sum() / discount[: min(k, len(wanted))].sum()))
    return np.array(found)


def mrr(ranked: np.ndarray, targets: Sequence[np.ndarray], k: int = 10) -> np.ndarray:
    """Return 1 / rank of the first hit among the first k of each row, 0 without one; NaN with nothing to find."""
    found = []
    for row, wanted in zip(ranked, targets, strict=True):
        hits = np.flatnonzero(np.isin(row[:k], wanted))
        found.append(np.nan if not len(wanted) else 1 / (hits[0] + 1) if len(hits) else 0.0)
    return np.array(found)


def coverage(ranked: np.ndarray, items: int) -> float:
    """Return the share of `items` that comes up in any row."""
    return len(np.unique(ranked[ranked >= 0])) / items if items else 0.0


def gini(ranked: np.ndarray, items: int) -> float:
    """Return Gini's coefficient of how often each of `items` is shown."""
    shown = np.zeros(items)
    found = np.sort(np.unique(ranked[ranked >= 0], return_counts=True)[1])
    shown[items - len(found) :] = found
    total = shown.sum()
    if not total:
        return 0.0
    place = np.arange(1, items + 1)
    return float((2 * place - items - 1) @ shown / (items * total))


def novelty(ranked: np.ndarray, buyers: np.ndarray, customers: int) -> float:
    """Return the mean self-information, in bits, of what is shown; `buyers` counts each item's customers."""
    shown = ranked[ranked >= 0]
    share = np.maximum(buyers[shown], 1) / max(customers, 1)
    return float(-np.log2(share).mean()) if len(shown) else 0.0
