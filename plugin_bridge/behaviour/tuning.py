"""Chooses the settings of item-kNN and EASE on an earlier cut, inside what a model may be trained on."""

from dataclasses import replace

import numpy as np

from plugin_bridge.behaviour import metrics
from plugin_bridge.behaviour.fitting import Tuning, customer_matrix, ease, item_knn
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.learning import cut_days, without
from plugin_bridge.behaviour.parts import Neighbours, faded
from plugin_bridge.behaviour.protocol import Split, split_at

SHRINKAGES = (0.0, 10.0, 50.0)
ALPHAS = (0.3, 0.5, 0.7)
RIDGES = (50.0, 150.0, 400.0)
HALF_LIVES: tuple[float | None, ...] = (None, 90.0)
MOST_CASES = 1_500
_STEPS = 9  # as long as a test: a tenth of all days


def tune(rows: Interactions, day: float, start: Tuning | None = None) -> Tuning:
    """Return the settings with the best recall@20 of items new to the customer, on the latest cut before `day`.

    No row from `day` on is looked at. What is new is what recommending is for; what a customer buys again is the
    blend's part.
    """
    chosen = start or Tuning()
    past = rows.before(day)
    days = cut_days(past, day, 1, _STEPS)
    if not days:
        return chosen
    split = without(split_at(past, days[0]))
    split = replace(split, cases=split.cases[:: max(1, len(split.cases) // MOST_CASES)])
    best = -1.0
    for half_life in HALF_LIVES:
        matrix = customer_matrix(split.train, split.day, half_life)
        for shrink in SHRINKAGES:
            for alpha in ALPHAS:
                model = item_knn(matrix, shrink, alpha, chosen.neighbours)
                for asked in HALF_LIVES:
                    found = _worth(model, split, asked)
                    if found > best:
                        best = found
                        chosen = replace(
                            chosen,
                            knn_shrink=shrink,
                            knn_alpha=alpha,
                            knn_half_life=half_life,
                            knn_query_half_life=asked,
                        )
    best = -1.0
    for half_life in (None, 180.0):
        matrix = customer_matrix(split.train, split.day, half_life)
        for ridge in RIDGES:
            model = ease(matrix, ridge, chosen.neighbours)
            for asked in HALF_LIVES:
                found = _worth(model, split, asked)
                if found > best:
                    best = found
                    chosen = replace(chosen, ease_ridge=ridge, ease_half_life=half_life, ease_query_half_life=asked)
    return chosen


def _worth(model: Neighbours, split: Split, half_life: float | None) -> float:
    """Return the mean recall@20 over items that are new to the customer."""
    rows = np.stack([model.spread(*faded(case.history, split.day, half_life)) for case in split.cases])
    rows[:, ~split.sold] = -np.inf
    for row, case in zip(rows, split.cases, strict=True):
        row[case.history.items] = -np.inf
    found = metrics.recall(metrics.top(rows), [case.new_targets for case in split.cases], 20)
    return float(np.nanmean(found))
