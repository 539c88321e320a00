"""A changed model of behaviour: both models recommend to customers whose next order neither of them has seen."""

from collections.abc import Sequence

import numpy as np

from opensearch.client import Cluster
from plugin_bridge.behaviour import metrics
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.learning import without
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.protocol import History, Split, date_of, split_at
from plugin_bridge.behaviour.recommenders import Recommender, Stored, all_scores
from plugin_bridge.errors import BehaviourError
from plugin_bridge.evaluation.metrics import DEPTH
from plugin_bridge.releases import verdicts
from plugin_bridge.releases.comparing import Comparison, Progress, changes
from plugin_bridge.releases.verdicts import Measure

LEAST_CUSTOMERS = 30
_MEASURED = ("recall@20", "ndcg@10")
_AT_ONCE = 200
_SHOWN_HISTORY = 1  # what a person bought together could tell who it is


class _Popular:
    """What most customers bought in a month, where the live generation has no model."""

    def __init__(self, model: BehaviourModel, items: Sequence[str]) -> None:
        popularity, place = model.parts.popularity[0], model.place
        self._scores = np.array([popularity[place[one]] if one in place else -np.inf for one in items])

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the same for everybody."""
        return self._scores


def compare(
    cluster: Cluster,
    index: str,
    models: tuple[BehaviourModel | None, BehaviourModel],
    rows: Interactions | None,
    progress: Progress = lambda done, of: None,
) -> Comparison:
    """Measure the live model (None: what is popular) and the candidate on each customer's first order after both.

    `rows` are orders as the diary or a file has them; None: there are none.
    """
    live, candidate = models
    day = max(model.parts.day for model in models if model is not None)
    nothing = f"no customer who bought before {date_of(day)} has ordered since: both models know everything up to then"
    if rows is None:
        return _untold("no orders are there to compare by: `kindred behaviour import FILE` brings them")
    try:
        split = without(split_at(rows, day))
    except BehaviourError:
        return _untold(nothing)
    if not split.cases:
        return _untold(nothing)
    ways: tuple[Recommender, Recommender] = (
        _Popular(candidate, rows.items) if live is None else Stored(live, rows.items),
        Stored(candidate, rows.items),
    )
    every, new, tops = _measured(ways, split, progress)
    measures = {name: _difference(every[0][name], every[1][name]) for name in _MEASURED}
    measures["new_recall@20"] = _difference(new[0]["recall@20"], new[1]["recall@20"])
    known = {str(place): {"query": _asked(rows, case.history)} for place, case in enumerate(split.cases)}
    before, after = ({str(place): [rows.items[one] for one in top] for place, top in enumerate(one)} for one in tops)
    notes = [f"{len(split.cases):,} customers' first orders from {date_of(day)} on, which neither model has seen"]
    if live is None:
        notes.append("the live generation has no model of behaviour: it is compared with what is popular")
    return Comparison(measures, list(measures), changes(cluster, index, before, after, known), [], notes)


def _untold(reason: str) -> Comparison:
    return Comparison({}, [], [], [], [reason])


Figures = list[dict[str, np.ndarray]]


def _measured(
    ways: Sequence[Recommender], split: Split, progress: Progress
) -> tuple[Figures, Figures, list[list[np.ndarray]]]:
    """Return for each way the figures of all items and of new ones by customer, and the first ten of each."""
    every: Figures = []
    new: Figures = []
    tops: list[list[np.ndarray]] = []
    total, done = len(ways) * len(split.cases), 0
    for way in ways:
        ranked, fresh = [], []
        for start in range(0, len(split.cases), _AT_ONCE):
            part = split.cases[start : start + _AT_ONCE]
            scores = all_scores(way, [case.history for case in part], split.day, split.sold)
            ranked.append(metrics.top(scores))
            for row, case in zip(scores, part, strict=True):
                row[case.history.items] = -np.inf
            fresh.append(metrics.top(scores))
            done += len(part)
            progress(done, total)
        every.append(_figures(np.concatenate(ranked), [case.targets for case in split.cases]))
        new.append(_figures(np.concatenate(fresh), [case.new_targets for case in split.cases]))
        tops.append([one[one >= 0][:DEPTH] for one in np.concatenate(ranked)])
    return every, new, tops


def _figures(ranked: np.ndarray, targets: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    return {"recall@20": metrics.recall(ranked, targets, 20), "ndcg@10": metrics.ndcg(ranked, targets)}


def _difference(live: np.ndarray, candidate: np.ndarray) -> Measure:
    there = np.isfinite(live) & np.isfinite(candidate)
    if not there.any():
        return Measure(0.0, 0.0, 0.0, 0.0, 0.0, 0, enough=False)
    return verdicts.mean_difference(live[there], candidate[there], LEAST_CUSTOMERS)


def _asked(rows: Interactions, history: History) -> str:
    titles = [rows.titles[one] or rows.items[one] for one in history.items[-_SHOWN_HISTORY:]]
    return "after " + ", ".join(dict.fromkeys(titles))
