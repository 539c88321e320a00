"""`kindred evaluate behaviour`: every way to recommend on the same customers, all items and only new ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from plugin_bridge.behaviour import metrics
from plugin_bridge.behaviour.cleaning import Cleaning
from plugin_bridge.behaviour.crowd import crowd_of
from plugin_bridge.behaviour.fitting import Tuning, buyers, fit_parts
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.learning import learn_blend, without
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.protocol import Split, date_of, split_at
from plugin_bridge.behaviour.recommenders import Blended, Recommender, Stored, all_scores, classical
from plugin_bridge.behaviour.tuning import tune
from plugin_bridge.errors import BehaviourError
from plugin_bridge.evaluation.statistics import Gain, mean_interval, relative_gain

DIGITS = 4
OURS = "kindred"
FIGURES = ("recall@10", "recall@20", "ndcg@10", "mrr@10")
Told = Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """One way's figures for each customer, by name, over all items and over new ones (NaN: nothing new was bought)."""

    every: Mapping[str, np.ndarray]
    new: Mapping[str, np.ndarray]
    spread: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return means with the interval of recall@20, the same of new items, and the spread."""
        return {**_means(self.every), "new": _means(self.new), **{k: round(v, DIGITS) for k, v in self.spread.items()}}


@dataclass(frozen=True)
class BehaviourReport:
    """What was measured, and on what."""

    day: float
    customers: int
    new_customers: int
    items: int
    cleaning: Cleaning | None
    measured: Mapping[str, Measured]
    tuning: Tuning
    unknown_targets: int
    extra: Mapping[str, Any] = field(default_factory=dict)

    def gain(self, over: str, *, new: bool, name: str = OURS) -> Gain | None:
        """Return the relative gain in recall@20 of one way over another."""
        ours, base = (
            (one.new if new else one.every)["recall@20"] for one in (self.measured[name], self.measured[over])
        )
        there = np.isfinite(ours)
        return relative_gain(ours[there], base[there]) if there.any() else None

    def to_json(self) -> dict[str, Any]:
        """Return the document of the contract."""
        ours = self.measured[OURS].to_json()
        return {
            "from": date_of(self.day),
            "sequences": self.customers,
            "sequences_with_new": self.new_customers,
            "items": self.items,
            "targets_never_sold_before": self.unknown_targets,
            "cleaning": None if self.cleaning is None else self.cleaning.to_json(),
            **ours,
            "tuning": vars(self.tuning),
            "gains": {
                f"{where}_over_{over}": _gain(self.gain(over, new=where == "new"))
                for where, over in (("all", "own_history"), ("new", "item_knn"), ("new", "ease"))
            },
            "variants": {name: one.to_json() for name, one in self.measured.items()},
            **self.extra,
        }


def evaluate_behaviour(
    rows: Interactions,
    day: float,
    *,
    texts: np.ndarray | None = None,
    seed: int = 7,
    cleaning: Cleaning | None = None,
    tuning: Tuning | None = None,
    stored: BehaviourModel | None = None,
    told: Told = lambda message: None,
) -> BehaviourReport:
    """Tune, fit and train on the rows before `day`, and recommend to everybody who bought before and after it.

    Raises BehaviourError where nobody did, or where a `stored` model, measured beside, was trained on the test.
    """
    if stored is not None and stored.parts.day > day:
        raise BehaviourError(
            f"{stored.name} was trained on orders up to {date_of(stored.parts.day)}: only a later --from can score it"
        )
    raw = split_at(rows, day)
    split = without(raw)
    told("tuning item-kNN and EASE on an earlier cut")
    tuning = tuning or tune(rows, day)
    told("fitting the item models")
    parts = fit_parts(rows, day, tuning, texts)
    blend = learn_blend(rows, day, tuning, texts, seed=seed, told=told)
    half_lives = {"knn": tuning.knn_query_half_life, "ease": tuning.ease_query_half_life}
    ways: dict[str, Recommender] = {**classical(parts, half_lives), OURS: Blended(parts, crowd_of(rows, day), blend)}
    if stored is not None:
        ways[stored.name] = Stored(stored, rows.items)
    measured = {}
    for name, way in ways.items():
        told(f"recommending by {name}")
        measured[name] = measure(way, split)
    return report_of(rows, raw, split, measured, tuning, cleaning)


def report_of(
    rows: Interactions,
    raw: Split,
    split: Split,
    measured: Mapping[str, Measured],
    tuning: Tuning,
    cleaning: Cleaning | None,
) -> BehaviourReport:
    """Return the report of what was measured on a split; `raw` still has the targets that nobody could know."""
    return BehaviourReport(
        day=split.day,
        customers=len(split.cases),
        new_customers=sum(len(case.new_targets) > 0 for case in split.cases),
        items=int(split.sold.sum()),
        cleaning=cleaning,
        measured=measured,
        tuning=tuning,
        unknown_targets=sum(int((~raw.sold[case.targets]).sum()) for case in raw.cases),
    )


def measure(way: Recommender, split: Split) -> Measured:
    """Return the figures of one way to recommend."""
    scores = all_scores(way, split.histories, split.day, split.sold)
    ranked = metrics.top(scores)
    every = _figures(ranked, [case.targets for case in split.cases])
    for row, case in zip(scores, split.cases, strict=True):
        row[case.history.items] = -np.inf
    only_new = metrics.top(scores)
    items, customers = int(split.sold.sum()), len(np.unique(split.train.customer))
    known = buyers(split.train, split.day, np.inf)
    spread = {
        "coverage": metrics.coverage(ranked, items),
        "gini": metrics.gini(ranked, items),
        "novelty": metrics.novelty(ranked, known, customers),
        "new_coverage": metrics.coverage(only_new, items),
        "new_novelty": metrics.novelty(only_new, known, customers),
    }
    return Measured(every, _figures(only_new, [case.new_targets for case in split.cases]), spread)


def _figures(ranked: np.ndarray, targets: list[np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "recall@10": metrics.recall(ranked, targets, 10),
        "recall@20": metrics.recall(ranked, targets, 20),
        "ndcg@10": metrics.ndcg(ranked, targets),
        "mrr@10": metrics.mrr(ranked, targets),
    }


def _means(figures: Mapping[str, np.ndarray]) -> dict[str, Any]:
    there = np.isfinite(figures["recall@20"])
    if not there.any():
        return dict.fromkeys(FIGURES) | {"ci95": None}
    found: dict[str, Any] = {name: round(float(figures[name][there].mean()), DIGITS) for name in FIGURES}
    return found | {"ci95": [round(bound, DIGITS) for bound in mean_interval(figures["recall@20"][there])]}


def _gain(gain: Gain | None) -> dict[str, float] | None:
    if gain is None:
        return None
    return {"gain": round(gain.value, DIGITS), "low": round(gain.low, DIGITS), "high": round(gain.high, DIGITS)}
