"""Cross-validation by query: settings are chosen on some queries and scored on the others."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Setting = TypeVar("Setting")

FOLDS = 5
REPEATS = 3


@dataclass(frozen=True)
class CrossValidated(Generic[Setting]):
    """Scores by query id, each with settings chosen without that query, and how often each setting was chosen."""

    scores: dict[str, float]
    chosen: Counter[Setting]

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(np.mean(list(self.scores.values())))


def fold_of(queries: Iterable[str], *, folds: int = FOLDS, repeat: int = 0) -> dict[str, int]:
    """Return the fold of every query id: equally large folds, the same on every machine and in any order."""

    def mixed(query: str) -> str:
        return hashlib.sha256(f"fold:{repeat}:{query}".encode()).hexdigest()

    return {query: place % folds for place, query in enumerate(sorted(set(queries), key=mixed))}


def cross_validate(
    table: Mapping[Setting, Mapping[str, float]], *, folds: int = FOLDS, repeats: int = REPEATS
) -> CrossValidated[Setting]:
    """Return what tuning is worth on queries that it did not see.

    For each fold the setting with the best mean on all other folds is taken (the first of equals), and the fold's
    queries get its scores. That is done `repeats` times with other folds, and a query's scores are averaged.

    Args:
        table: scores by setting, then by query id; every setting has the same queries.
    """
    settings = list(table)
    queries = list(table[settings[0]])
    if any(list(table[setting]) != queries for setting in settings):
        raise ValueError("every setting needs a score for the same queries")
    if len(queries) < folds:
        raise ValueError(f"{folds} folds need at least {folds} queries, got {len(queries)}")
    scores = np.array([[table[setting][query] for query in queries] for setting in settings])
    held = np.zeros((repeats, len(queries)))
    chosen: Counter[Setting] = Counter()
    for repeat in range(repeats):
        fold = fold_of(queries, folds=folds, repeat=repeat)
        places = np.array([fold[query] for query in queries])
        for one in range(folds):
            best = int(scores[:, places != one].mean(axis=1).argmax())
            held[repeat, places == one] = scores[best, places == one]
            chosen[settings[best]] += 1
    return CrossValidated(dict(zip(queries, held.mean(axis=0).tolist(), strict=True)), chosen)
