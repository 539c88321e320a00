"""How well a tagger tells the fields of products that it never saw, beside what anybody would try first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.classes import ClassScores, class_scores
from plugin_bridge.tagging.baselines import Answers, answers_of_baselines
from plugin_bridge.tagging.deciding import Decider
from plugin_bridge.tagging.labels import LabelledProduct
from plugin_bridge.tagging.suggesting import CATEGORY, join_path, split_path
from plugin_bridge.tagging.trained import SENSES, Sense, TaggedField, TaggerCard
from plugin_bridge.tagging.training import Examples

LEVEL = "category, level {}"
Predict = Callable[[Examples, Sense], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class TagReport:
    """Scores by sense (text, photo, both) and field, and those of the baselines by name and field.

    `main` is the field whose scores stand for all: the category, else the first one.
    """

    model: str
    split: str
    main: str
    senses: Mapping[str, Mapping[str, ClassScores]]
    variants: Mapping[str, Mapping[str, ClassScores]]

    @property
    def best(self) -> Mapping[str, ClassScores]:
        """The scores by field of what is served: from text and photo where both are there."""
        return self.senses.get("both") or self.senses.get("text") or self.senses["photo"]

    def to_json(self) -> dict[str, Any]:
        """Return the report as `kindred evaluate tags --json` prints it; the main field's scores stand on top."""

        def plain(found: Mapping[str, Mapping[str, ClassScores]]) -> dict[str, Any]:
            return {name: {key: one.to_json() for key, one in fields.items()} for name, fields in found.items()}

        top = self.best[self.main].to_json()
        fields = {name: one.to_json() for name, one in self.best.items()}
        return {
            "model": self.model,
            "split": self.split,
            "field": self.main,
            **top,
            "fields": fields,
            "variants": {
                **plain(self.variants),
                **plain({f"kindred, {name}": one for name, one in self.senses.items()}),
            },
        }


def evaluate_tagger(
    card: TaggerCard,
    predict: Predict,
    examples: Examples,
    train: Sequence[LabelledProduct],
    *,
    model: str,
    split: str,
    baselines: bool = True,
) -> TagReport:
    """Score a tagger on examples that it was not trained on; `train` is what the baselines learn from.

    Raises EvaluationError where no example has a label of one of the tagger's fields.
    """
    senses: dict[str, dict[str, ClassScores]] = {}
    for sense in SENSES:
        there = {
            "text": examples.read.has_text,
            "photo": examples.read.has_photo,
            "both": examples.read.has_text & examples.read.has_photo,
        }[sense]
        if not there.any() or not any(sense in field.deciders for field in card.fields):
            continue
        found = predict(examples, sense)
        scores: dict[str, ClassScores] = {}
        for field in card.fields:
            if field.name in found and not field.many:
                scores |= _field_scores(field, field.deciders[sense], found[field.name], examples.products, there)
            elif field.name in found:
                scores |= _many_scores(field, field.deciders[sense], found[field.name], examples.products, there)
        if scores:
            senses[sense] = scores
    if not senses:
        names = ", ".join(field.name for field in card.fields)
        raise EvaluationError(f"no product of the {split} split has a label for {names}")
    first = next(iter(senses.values()))
    main = CATEGORY if CATEGORY in first else next(iter(first))
    variants: dict[str, dict[str, ClassScores]] = {}
    if baselines:
        single = [field.name for field in card.fields if not field.many]
        for name, answers in answers_of_baselines(train, examples.products, single).items():
            variants[name] = {
                key: score
                for field, found_answers in answers.items()
                for key, score in _answer_scores(field, found_answers, examples.products).items()
            }
    return TagReport(model, split, main, senses, variants)


def _field_scores(
    field: TaggedField,
    decider: Decider,
    chances: np.ndarray,
    products: Sequence[LabelledProduct],
    there: np.ndarray,
) -> dict[str, ClassScores]:
    rows = [row for row, product in enumerate(products) if there[row] and product.labels.get(field.name)]
    if not rows:
        return {}
    truth = [products[row].labels[field.name][0] for row in rows]
    if field.name != CATEGORY:
        best = chances[rows].argmax(axis=1)
        raw = chances[rows].max(axis=1)
        confidence = decider.curves[1](raw) if 1 in decider.curves else raw
        answers = [field.values[place] for place in best]
        return {field.name: _scores(answers, confidence, truth, decider.sure_from.get(1))}
    found = {}
    deepest = max(len(split_path(value)) for value in field.values)
    for depth in range(1, deepest + 1):
        cut = [_cut(value, depth) for value in field.values]
        nodes = sorted(set(cut))
        summed = chances[rows] @ (np.array(cut)[:, None] == np.array(nodes)[None]).astype(float)
        raw = np.minimum(1.0, summed.max(axis=1))
        confidence = decider.curves[depth](raw) if depth in decider.curves else raw
        answers = [nodes[place] for place in summed.argmax(axis=1)]
        name = CATEGORY if depth == deepest else LEVEL.format(depth)
        cut_truth = [_cut(value, depth) for value in truth]
        found[name] = _scores(answers, confidence, cut_truth, decider.sure_from.get(depth))
    return found


def _many_scores(
    field: TaggedField, decider: Decider, chances: np.ndarray, products: Sequence[LabelledProduct], there: np.ndarray
) -> dict[str, ClassScores]:
    """Score tags as yes or no for each product and tag; the examples are pairs of both."""
    rows = [row for row, product in enumerate(products) if there[row] and product.labels.get(field.name)]
    if not rows:
        return {}
    truth = np.array([[value in products[row].labels[field.name] for value in field.values] for row in rows])
    curve = decider.curves.get(1)
    sure = chances[rows] if curve is None else curve(chances[rows])
    pairs = np.stack([1 - sure, sure], axis=-1).reshape(-1, 2)
    return {field.name: class_scores(pairs, truth.reshape(-1).astype(int))}


def _answer_scores(field: str, answers: Answers, products: Sequence[LabelledProduct]) -> dict[str, ClassScores]:
    rows = [row for row, product in enumerate(products) if product.labels.get(field)]
    truth = [products[row].labels[field][0] for row in rows]
    found = [answers.values[row] for row in rows]
    if not rows:
        return {}
    confidence = answers.confidence[rows]
    if field != CATEGORY:
        return {field: _scores(found, confidence, truth, None)}
    deepest = max(len(split_path(value)) for value in [*found, *truth])
    return {
        (CATEGORY if depth == deepest else LEVEL.format(depth)): _scores(
            [_cut(value, depth) for value in found], confidence, [_cut(value, depth) for value in truth], None
        )
        for depth in range(1, deepest + 1)
    }


def _scores(
    answers: Sequence[str], confidence: np.ndarray, truth: Sequence[str], sure_from: float | None
) -> ClassScores:
    """Score answers; a true value that was never learned counts as a class that is always missed."""
    names = sorted({*answers, *truth})
    places = {name: place for place, name in enumerate(names)}
    found = np.zeros((len(truth), len(names)))
    # Only the answer and how sure it is are scored: it must be the largest even where its confidence is tiny.
    found[np.arange(len(truth)), [places[one] for one in answers]] = np.maximum(confidence, 1e-9)
    return class_scores(found, np.array([places[one] for one in truth]), sure_from)


def _cut(value: str, depth: int) -> str:
    return join_path(split_path(value)[:depth])
