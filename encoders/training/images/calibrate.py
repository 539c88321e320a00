"""Confidence that means what it says: temperatures (Guo et al. 2017), and from where on a head is sure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from encoders.heads import Classifier, HeadCard, probabilities

WANTED_PRECISION = 0.95
FEWEST_SURE = 20
_TEMPERATURES = np.geomspace(0.2, 8.0, 75)
_AGREEMENTS = (0.0, 0.25, 0.5, 1.0)
_WORTH = 0.02


def calibrated(heads: Sequence[HeadCard], logits: Sequence[np.ndarray], labels: np.ndarray) -> Classifier:
    """Return heads with the temperatures, and the agreement of fine with coarse, that make `labels` most likely.

    `logits` has (n, classes) per head, `labels` is (n, heads) with -1 for unknown; both of photos not trained on.
    """
    if not len(labels):
        return Classifier(tuple(heads))
    alone = [
        replace(head, temperature=_best(one, labels[:, at]))
        for at, (head, one) in enumerate(zip(heads, logits, strict=True))
    ]
    choices = []
    for agreement in _AGREEMENTS if any(head.parent for head in heads) else (0.0,):
        for factor in np.geomspace(0.5, 2.5, 24):
            warmer = tuple(
                replace(head, temperature=head.temperature * factor) if head.parent or len(alone) == 1 else head
                for head in alone
            )
            chosen = Classifier(warmer, agreement=agreement)
            choices.append((_unlikeliness(probabilities(logits, chosen)[heads[0].name], labels[:, 0]), chosen))
    best = min(choices, key=lambda choice: choice[0])[1]
    found = probabilities(logits, best)
    return replace(
        best,
        heads=tuple(
            replace(head, sure_from=sure_from(found[head.name], labels[:, at])) for at, head in enumerate(best.heads)
        ),
    )


def better_view(
    heads: Sequence[HeadCard], plain: Sequence[np.ndarray], mirrored: Sequence[np.ndarray], labels: np.ndarray
) -> Classifier:
    """Return the calibrated classifier that looks at photos once, or also mirrored where that is worth the time.

    It is where labels of photos not trained on become likelier by a fiftieth or more.
    """
    once, twice = calibrated(heads, plain, labels), calibrated(heads, mirrored, labels)
    losses = [
        _unlikeliness(probabilities(logits, one)[heads[0].name], labels[:, 0]) if len(labels) else 0.0
        for one, logits in ((once, plain), (twice, mirrored))
    ]
    return replace(twice, mirrored=True) if losses[1] < losses[0] * (1 - _WORTH) else once


def sure_from(found: np.ndarray, labels: np.ndarray) -> float | None:
    """Return the lowest confidence from which on answers (n, classes) are right as often as wanted; None: never so."""
    known = labels >= 0
    confidence, right = found[known].max(1), found[known].argmax(1) == labels[known]
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((precision >= WANTED_PRECISION) & (np.arange(1, len(order) + 1) >= FEWEST_SURE))
    return float(confidence[order][good[-1]]) if len(good) else None


def _best(logits: np.ndarray, labels: np.ndarray) -> float:
    known = labels >= 0
    if not known.any():
        return 1.0
    losses = []
    for temperature in _TEMPERATURES:
        scaled = logits[known] / temperature
        scaled -= scaled.max(1, keepdims=True)
        losses.append(_unlikeliness(np.exp(scaled) / np.exp(scaled).sum(1, keepdims=True), labels[known]))
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _unlikeliness(found: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean negative log-likelihood of known labels."""
    known = labels >= 0
    chosen = found[known, labels[known]]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean()) if len(chosen) else 0.0
