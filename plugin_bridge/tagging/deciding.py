"""From the probabilities of a field's values to what is suggested: calibrated, sure or not, one path for a category.

Both engines end here, so that a confidence means the same from either.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from plugin_bridge.tagging.calibration import WANTED_PRECISION, Curve, fit_isotonic, threshold_for
from plugin_bridge.tagging.hierarchy import Path, PathAnswer, Tree
from plugin_bridge.tagging.suggesting import CATEGORY, Suggestion, join_path, split_path

# A value less probable than this is no candidate, where a product may have several.
LEAST_OF_MANY = 0.05
_FLAT = 1  # the depth of every value that is no path


@dataclass(frozen=True)
class Decider:
    """How one field is decided.

    `curves` calibrate the most probable answer and `sure_from` is the least confidence of a sure one, both by depth of
    the category path (1 for every other field); a depth without a threshold is never sure. `many` says that a product
    may have several values.
    """

    field: str
    many: bool = False
    curves: Mapping[int, Curve] = dataclasses.field(default_factory=dict)
    sure_from: Mapping[int, float] = dataclasses.field(default_factory=dict)

    def decide(self, values: Sequence[str], probabilities: np.ndarray, model: str) -> list[Suggestion]:
        """Return what is suggested for one product, the surest first.

        `probabilities` (values,) are those of the values. A category comes as the path that is sure and, where that
        was cut, the most probable whole one after it, not sure.
        """
        if not len(values):
            return []
        if self.field == CATEGORY:
            return self._category(tuple(values), probabilities, model)
        curve, threshold = self.curves.get(_FLAT), self.sure_from.get(_FLAT, np.inf)
        confidence = probabilities if curve is None else curve(probabilities)
        order = np.argsort(-probabilities, kind="stable")
        chosen = [place for place in order if probabilities[place] >= LEAST_OF_MANY] if self.many else order[:1]
        return [
            Suggestion(self.field, values[place], float(confidence[place]), bool(confidence[place] >= threshold), model)
            for place in chosen
        ]

    def answer(self, values: tuple[str, ...], probabilities: np.ndarray) -> PathAnswer:
        """Return the category of one product from the probabilities of the known paths."""
        tree = tree_of(values)
        return tree.answer(probabilities, self._calibrated(tree, probabilities), self.sure_from)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "field": self.field,
            "many": self.many,
            "curves": {str(depth): curve.to_json() for depth, curve in self.curves.items()},
            "sure_from": {str(depth): threshold for depth, threshold in self.sure_from.items()},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Decider":
        """Return the decider that `to_json` wrote."""
        return cls(
            field=str(document["field"]),
            many=bool(document["many"]),
            curves={int(depth): Curve.from_json(curve) for depth, curve in document["curves"].items()},
            sure_from={int(depth): float(threshold) for depth, threshold in document["sure_from"].items()},
        )

    def _category(self, values: tuple[str, ...], probabilities: np.ndarray, model: str) -> list[Suggestion]:
        found = self.answer(values, probabilities)
        suggestions = []
        if found.path:
            suggestions.append(Suggestion(self.field, join_path(found.path), found.confidence, True, model))
        if found.path != found.best:
            suggestions.append(Suggestion(self.field, join_path(found.best), found.best_confidence, False, model))
        return suggestions

    def _calibrated(self, tree: Tree, probabilities: np.ndarray) -> np.ndarray:
        confidence = np.minimum(1.0, tree.node_probabilities(probabilities))
        for place, node in enumerate(tree.nodes):
            curve = self.curves.get(len(node))
            if curve is not None:
                confidence[place] = curve(confidence[place])
        return tree.below_parents(confidence)


def fit_decider(
    name: str,
    values: Sequence[Sequence[str]],
    probabilities: Sequence[np.ndarray],
    truth: Sequence[Sequence[str]],
    *,
    many: bool,
    precision: float = WANTED_PRECISION,
) -> Decider:
    """Return the decider of field `name`, calibrated on products that the probabilities were not made from.

    `values[i]` are the candidates of product i, `probabilities[i]` (candidates,) theirs, `truth[i]` what it has.
    """
    if name == CATEGORY:
        scores = _by_depth(values, probabilities, truth)
    else:
        scores = {_FLAT: _flat(values, probabilities, truth, many=many)}
    curves, sure_from = {}, {}
    for depth, (raw, right) in scores.items():
        if not raw:
            continue
        curves[depth] = fit_isotonic(raw, right)
        threshold = threshold_for(curves[depth](np.asarray(raw)), np.asarray(right), precision)
        if threshold is not None:
            sure_from[depth] = threshold
    return Decider(name, many, curves, sure_from)


Scores = tuple[list[float], list[bool]]


def _flat(
    values: Sequence[Sequence[str]], probabilities: Sequence[np.ndarray], truth: Sequence[Sequence[str]], *, many: bool
) -> Scores:
    raw: list[float] = []
    right: list[bool] = []
    for names, chances, true in zip(values, probabilities, truth, strict=True):
        if not len(names):
            continue
        places = np.flatnonzero(chances >= LEAST_OF_MANY).tolist() if many else [int(np.argmax(chances))]
        raw += [float(chances[place]) for place in places]
        right += [names[place] in true for place in places]
    return raw, right


def _by_depth(
    values: Sequence[Sequence[str]], probabilities: Sequence[np.ndarray], truth: Sequence[Sequence[str]]
) -> dict[int, Scores]:
    """Return, for each depth, the probability of the most probable node there and whether it is a true one."""
    found: dict[int, Scores] = {}
    for names, chances, true in zip(values, probabilities, truth, strict=True):
        if not len(names):
            continue
        tree = tree_of(tuple(names))
        of_nodes = dict(zip(tree.nodes, tree.node_probabilities(chances), strict=True))
        for depth in range(1, len(tree.nodes[-1]) + 1):
            likely = max(tree.level(depth), key=lambda node: of_nodes[node])
            raw, right = found.setdefault(depth, ([], []))
            raw.append(min(1.0, float(of_nodes[likely])))
            right.append(any(split_path(one)[:depth] == likely for one in true))
    return found


@lru_cache(maxsize=256)
def tree_of(values: tuple[str, ...]) -> Tree:
    """Return the tree of these category paths, each one text."""
    paths: list[Path] = [split_path(value) for value in values]
    return Tree(paths)
