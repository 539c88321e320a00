"""Products without a label help where labels are few: what is guessed of them in one round is learned in the next.

A product with text and photo is seen in three ways, each alone and both together. What one sees in a product that it
knows, the others learn (co-training: Blum and Mitchell, COLT 1998); the guesses and the answers are their mean.

Whether it helps is measured, not believed: labels are hidden a third at a time, and guesses are kept only where they
tell the hidden ones better than the labels alone do.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from plugin_bridge.tagging.choosing import worth
from plugin_bridge.tagging.ridge import Features, Fitted, Setting
from plugin_bridge.tagging.unlabelled import UNKNOWN, guess_labels

ROUNDS = 2
FOLDS = 3
# A field with more labelled products than unlabelled ones, or so many for each value, has no need of guesses.
MOST_PER_VALUE = 50


def wanted(targets: np.ndarray, unlabelled: np.ndarray) -> bool:
    """Return whether guesses are worth a try: few labels, many products without one."""
    labelled, values = targets.shape
    return len(unlabelled) >= labelled > FOLDS and labelled <= MOST_PER_VALUE * values


def views_of(setting: Setting) -> tuple[Setting, ...]:
    """Return the ways to see products whose last block is the photo: as in `setting`, without photo, photo alone.

    A photo that weighs nothing is not looked at.
    """
    *words, photo = setting.weights
    if not photo:
        return (setting,)
    return setting, replace(setting, weights=(*words, 0.0)), replace(setting, weights=(*(0.0 for _ in words), photo))


def with_guesses(
    features: Features, targets: np.ndarray, rows: np.ndarray, unlabelled: np.ndarray, views: Sequence[Setting]
) -> Fitted | None:
    """Return what is learned from the labelled `rows` and the `unlabelled` products together.

    `views` are the ways to learn that teach one another, first the one that answers where there are no guesses.
    `held_out` are the scores of the labelled products by a third of folds that did not know their labels. None where
    the labels alone tell hidden ones as well.
    """
    labels = targets.argmax(axis=1)
    folds = _folds(labels)
    helped, plain = np.empty_like(targets), np.empty_like(targets)
    for fold in range(FOLDS):
        out, known = folds == fold, folds != fold
        alone = features.learn(targets[known], rows[known], views[0], np.ones(int(known.sum())))
        plain[out] = features.scores(alone)[rows[out]]
        others = np.concatenate([rows[out], unlabelled])
        found = _learned(features, targets[known], rows[known], others, views)
        helped[out] = features.scores(found)[rows[out]]
    if worth(helped, targets, many=False) <= worth(plain, targets, many=False):
        return None
    whole = _learned(features, targets, rows, unlabelled, views)
    return Fitted(whole.maps, whole.bias, helped)


def _learned(
    features: Features, targets: np.ndarray, rows: np.ndarray, unlabelled: np.ndarray, views: Sequence[Setting]
) -> Fitted:
    values = targets.shape[1]
    every = np.concatenate([rows, unlabelled])
    labels = np.concatenate([targets.argmax(axis=1), np.full(len(unlabelled), UNKNOWN)])

    def learn(places: np.ndarray, found: np.ndarray, certainty: np.ndarray) -> Fitted:
        wanted_scores = np.eye(values)[found]
        return _mean([features.learn(wanted_scores, every[places], view, certainty) for view in views])

    def fit(places: np.ndarray, found: np.ndarray, certainty: np.ndarray) -> np.ndarray:
        fitted = learn(places, found, certainty)
        # Once all are learned from, each is judged by the others: its own guess would only agree with itself.
        return fitted.held_out if len(places) == len(every) else features.scores(fitted)[every]

    guessed, certainty = guess_labels(fit, labels, rounds=ROUNDS)
    return learn(np.arange(len(every)), guessed, certainty)


def _mean(found: Sequence[Fitted]) -> Fitted:
    """Return the mean of linear models, which is one."""
    maps = tuple(np.mean(blocks, axis=0) for blocks in zip(*(one.maps for one in found), strict=True))
    bias, held_out = (np.mean([getattr(one, name) for one in found], axis=0) for name in ("bias", "held_out"))
    return Fitted(maps, bias, held_out)


def _folds(labels: np.ndarray) -> np.ndarray:
    """Return a fold for each product, those of one value spread over all folds."""
    folds = np.empty(len(labels), int)
    order = np.argsort(labels, kind="stable")
    folds[order] = np.arange(len(labels)) % FOLDS
    return folds
