"""Is the candidate better? Paired differences with their intervals, one verdict, and what to judge next. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plugin_bridge.evaluation.metrics import DEPTH
from plugin_bridge.evaluation.statistics import mean_interval, resampled_rows

BETTER, WORSE, CANNOT_TELL = "better", "worse", "cannot tell"
JUDGE_NEXT = 40
LEAST_QUERIES = 10
LEAST_PAIRS = 20
_MOST_A_QUERY = 5

Rankings = Mapping[str, Sequence[str]]
"""Product ids, best first, by query text."""


@dataclass(frozen=True)
class Measure:
    """One figure of both generations, the candidate's gain with its 95 % interval, and over how many cases.

    `enough` is false where they are too few for the interval to be believed.
    """

    live: float
    candidate: float
    difference: float
    low: float
    high: float
    cases: int
    enough: bool

    def to_json(self, cases: str) -> dict[str, Any]:
        """Return it with the number of cases under its own name (`queries`, `pairs`)."""
        told = {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}
        told[cases] = told.pop("cases")
        return told


def mean_difference(
    live: Sequence[float] | np.ndarray, candidate: Sequence[float] | np.ndarray, least: int = LEAST_QUERIES
) -> Measure:
    """Return the difference of two means over the same cases, resampled together (paired bootstrap, Efron 1979).

    Fewer than `least` cases are too few to tell.
    """
    first, second = np.asarray(live, np.float64), np.asarray(candidate, np.float64)
    low, high = mean_interval(second - first)
    means = float(first.mean()), float(second.mean())
    return Measure(*means, means[1] - means[0], low, high, len(first), len(first) >= least)


def f1_difference(truth: Sequence[int], live: Sequence[bool], candidate: Sequence[bool]) -> Measure:
    """Return the difference of two F1 over the same pairs, resampled together. `truth` is 1 for a similar pair."""
    wanted = np.asarray(truth, bool)
    told = np.asarray([live, candidate], bool)
    own = [float(_f1(wanted[None, :], one[None, :])[0]) for one in told]
    gains = [
        _f1(wanted[rows], told[1][rows]) - _f1(wanted[rows], told[0][rows]) for rows in resampled_rows(len(wanted))
    ]
    low, high = np.percentile(np.concatenate(gains), (2.5, 97.5))
    enough = len(wanted) >= LEAST_PAIRS and 0 < wanted.sum() < len(wanted)
    return Measure(own[0], own[1], own[1] - own[0], float(low), float(high), len(wanted), bool(enough))


def verdict(measures: Sequence[Measure]) -> str:
    """Return `better` where some measure surely gained and none surely lost, `worse` where one surely lost."""
    believed = [one for one in measures if one.enough]
    if any(one.high < 0 for one in believed):
        return WORSE
    return BETTER if any(one.low > 0 for one in believed) else CANNOT_TELL


def judge_next(
    judged: Mapping[str, Mapping[str, int]], live: Rankings, candidate: Rankings, most: int = JUDGE_NEXT
) -> list[dict[str, Any]]:
    """Return unjudged products whose place differs most between the two rankings: their grades would tell most.

    What a product moves nDCG by is its gain times the difference of its discounts (`1 / log2(rank + 1)`).
    """
    weighed: list[tuple[float, str, str]] = []
    for query, products in live.items():
        other = candidate.get(query, ())
        found = []
        for product in dict.fromkeys((*products[:DEPTH], *other[:DEPTH])):
            if product not in judged.get(query, {}):
                moved = abs(_discount(products, product) - _discount(other, product))
                if moved > 0:
                    found.append((-moved, query, product))
        weighed += sorted(found)[:_MOST_A_QUERY]
    return [{"query": query, "product": product} for _, query, product in sorted(weighed)[:most]]


def overlap(one: Sequence[str], other: Sequence[str], depth: int = DEPTH) -> float:
    """Return the share of the first products that both rankings have; 1 where both are empty."""
    longest = max(len(one[:depth]), len(other[:depth]))
    return 1.0 if not longest else len(set(one[:depth]) & set(other[:depth])) / longest


def most_changed(live: Rankings, candidate: Rankings, most: int = 20) -> list[tuple[str, float]]:
    """Return queries and the overlap of their top 10, the most changed first; unchanged ones are left out."""
    found = [
        (overlap(products, candidate.get(query, ())), query)
        for query, products in live.items()
        if list(products[:DEPTH]) != list(candidate.get(query, ())[:DEPTH])
    ]
    return [(query, share) for share, query in sorted(found)[:most]]


def _discount(products: Sequence[str], product: str) -> float:
    top = list(products[:DEPTH])
    return 1 / math.log2(top.index(product) + 2) if product in top else 0.0


def _f1(truth: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return F1 (rows,) of (rows, pairs); 0 where nothing is right."""
    right = (truth & told).sum(axis=1)
    all_of_them = truth.sum(axis=1) + told.sum(axis=1)
    return np.divide(2.0 * right, all_of_them, out=np.zeros(len(right)), where=all_of_them > 0)
