"""`kindred evaluate pairs`: what a scorer reaches on a folder's test pairs, beside the baselines on the same rows."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.errors import EvaluationError
from plugin_bridge.pairs.baselines import distances, tfidf, word2vec
from plugin_bridge.pairs.boosting import enough
from plugin_bridge.pairs.learning import Learned, comparer_of, learn_features
from plugin_bridge.pairs.metrics import PairScores, pair_scores
from plugin_bridge.pairs.reading import PairSet, labels_of
from plugin_bridge.pairs.together import fit_together
from plugin_bridge.pairs.vectors import Vectors

FEATURES, TOGETHER = "features", "together"
DISTANCES = ("cosine", "euclidean", "manhattan")

Scores = Mapping[str, np.ndarray]
"""Scores by split: `valid` and `test`."""


@dataclass(frozen=True)
class PairReport:
    """Scores of the chosen scorer and of every variant; `reasons` says why a variant could not be measured."""

    data: str
    model: str
    train: int
    valid: int
    halved: bool
    split: str
    variants: Mapping[str, PairScores]
    reasons: Mapping[str, str]

    @property
    def chosen(self) -> PairScores:
        """The scores of the chosen scorer."""
        return self.variants[self.model]

    def to_json(self) -> dict[str, Any]:
        """Return the report as `kindred evaluate pairs --json` prints it."""
        return {
            "data": self.data,
            "model": self.model,
            "split": self.split,
            "train": self.train,
            "valid": self.valid,
            "test_is_half_of_valid": self.halved,
            **self.chosen.to_json(),
            "variants": {
                **{name: found.to_json() for name, found in self.variants.items()},
                **{name: {"f1": None, "reason": reason} for name, reason in self.reasons.items()},
            },
        }


@dataclass
class Evaluation:
    """Measures variants one after the other on the same rows."""

    pairs: PairSet
    split: str = "test"
    seed: int = 7
    tell: Callable[[str], None] = lambda what: None

    def __post_init__(self) -> None:
        self.variants: dict[str, PairScores] = {}
        self.reasons: dict[str, str] = {}
        self.sides = {"valid": self.pairs.valid, "test": getattr(self.pairs, self.split)}
        if not self.sides["test"]:
            raise EvaluationError(f"{self.pairs.folder} has no {self.split} pairs to score")
        if not self.sides["valid"]:
            raise EvaluationError(
                f"{self.pairs.folder} has no valid pairs: the threshold comes from valid.jsonl.gz, never from test"
            )
        self.labels = {name: np.asarray(labels_of(side)) for name, side in self.sides.items()}

    def add(self, name: str, scores: Scores, seconds: float = 0.0) -> None:
        """Score a variant."""
        self.variants[name] = pair_scores(
            scores["valid"], self.labels["valid"], scores["test"], self.labels["test"], seconds
        )

    def baselines(self, vectors: Callable[[], Vectors]) -> None:
        """Add distances of `vectors` (raw ones of a frozen encoder), TF-IDF and Word2Vec."""
        comparer = comparer_of(self.pairs)
        self.tell("TF-IDF")
        started = time.monotonic()
        found = {name: tfidf(side, comparer) for name, side in self.sides.items()}
        self.add("tfidf", found, time.monotonic() - started)
        self.tell("Word2Vec")
        started = time.monotonic()
        words = word2vec(self.pairs.products, comparer, self.seed)
        if words is None:
            self.reasons["word2vec"] = "needs gensim: pip install 'kindred[evaluate]'"
        else:
            found = {name: distances(side, words)["cosine"] for name, side in self.sides.items()}
            self.add("word2vec", found, time.monotonic() - started)
        self.tell("vectors of a frozen encoder")
        started = time.monotonic()
        try:
            own = vectors()
        except Exception as error:  # noqa: BLE001 - a missing encoder must not keep the rest from being measured
            self.reasons.update({name: str(error) for name in DISTANCES})
            return
        seconds = time.monotonic() - started
        measured = {name: distances(side, own) for name, side in self.sides.items()}
        for distance in DISTANCES:
            self.add(distance, {name: one[distance] for name, one in measured.items()}, seconds)

    def learned(self, *, together: bool = True) -> Learned | None:
        """Add the feature model, and the one that scores the set together; None where there are too few labels."""
        labels = np.asarray(labels_of(self.pairs.train))
        if not enough(labels):
            told = (
                f"{int(labels.sum())} similar and {int(len(labels) - labels.sum())} dissimilar pairs in train: too few"
            )
            self.reasons.update({FEATURES: told, TOGETHER: told})
            return None
        self.tell("features")
        found = learn_features(self.pairs, self.sides, self.seed)
        self.add(FEATURES, {name: found.base[name] for name in self.sides}, found.seconds)
        if together:
            self.tell("the set together")
            started = time.monotonic()
            model = fit_together([*self.sides["valid"], *self.sides["test"]], found, self.seed)
            scores = {
                name: model.logits(side, found.features[name], found.base[name]) for name, side in self.sides.items()
            }
            self.add(TOGETHER, scores, found.seconds + time.monotonic() - started)
        return found

    def report(self, model: str | None = None) -> PairReport:
        """Return what was measured; without `model` the variant with the best F1 on valid is the chosen one."""
        if not self.variants:
            raise EvaluationError(f"nothing could be measured: {'; '.join(self.reasons.values())}")
        chosen = model or max(self.variants, key=lambda name: self.variants[name].valid_f1)
        return PairReport(
            data=self.pairs.name,
            model=chosen,
            train=len(self.pairs.train),
            valid=len(self.pairs.valid),
            halved=self.pairs.halved,
            split=self.split,
            variants=self.variants,
            reasons=self.reasons,
        )
