"""Products without a label help where labels are few: what is guessed of them in one round is learned in the next.

Whether it helps is measured, not believed: labels are hidden a third at a time, and guesses are kept only where they
tell the hidden ones better than the labels alone do.
"""

import numpy as np

from plugin_bridge.tagging.choosing import worth
from plugin_bridge.tagging.ridge import Features, Fitted, Setting
from plugin_bridge.tagging.unlabelled import UNKNOWN, guess_labels

ROUNDS = 2
FOLDS = 3
# A field with more labelled products than unlabelled ones, or so many for each value, has no need of guesses.
MOST_PER_VALUE = 25


def wanted(targets: np.ndarray, unlabelled: np.ndarray) -> bool:
    """Return whether guesses are worth a try: few labels, many products without one."""
    labelled, values = targets.shape
    return len(unlabelled) >= labelled > FOLDS and labelled <= MOST_PER_VALUE * values


def with_guesses(
    features: Features, targets: np.ndarray, rows: np.ndarray, unlabelled: np.ndarray, setting: Setting
) -> Fitted | None:
    """Return what is learned from the labelled `rows` and the `unlabelled` products together.

    `held_out` are the scores of the labelled products by a third of folds that did not know their labels. None where
    the labels alone tell hidden ones as well.
    """
    labels = targets.argmax(axis=1)
    folds = _folds(labels)
    helped, plain = np.empty_like(targets), np.empty_like(targets)
    for fold in range(FOLDS):
        out, known = folds == fold, folds != fold
        alone = features.learn(targets[known], rows[known], setting, np.ones(int(known.sum())))
        plain[out] = features.scores(alone)[rows[out]]
        others = np.concatenate([rows[out], unlabelled])
        found = _learned(features, targets[known], rows[known], others, setting)
        helped[out] = features.scores(found)[rows[out]]
    if worth(helped, targets, many=False) <= worth(plain, targets, many=False):
        return None
    whole = _learned(features, targets, rows, unlabelled, setting)
    return Fitted(whole.maps, whole.bias, helped)


def _learned(
    features: Features, targets: np.ndarray, rows: np.ndarray, unlabelled: np.ndarray, setting: Setting
) -> Fitted:
    values = targets.shape[1]
    every = np.concatenate([rows, unlabelled])
    labels = np.concatenate([targets.argmax(axis=1), np.full(len(unlabelled), UNKNOWN)])

    def learn(places: np.ndarray, found: np.ndarray, certainty: np.ndarray) -> Fitted:
        return features.learn(np.eye(values)[found], every[places], setting, certainty)

    def fit(places: np.ndarray, found: np.ndarray, certainty: np.ndarray) -> np.ndarray:
        fitted = learn(places, found, certainty)
        # Once all are learned from, each is judged by the others: its own guess would only agree with itself.
        return fitted.held_out if len(places) == len(every) else features.scores(fitted)[every]

    guessed, certainty = guess_labels(fit, labels, rounds=ROUNDS)
    return learn(np.arange(len(every)), guessed, certainty)


def _folds(labels: np.ndarray) -> np.ndarray:
    """Return a fold for each product, those of one value spread over all folds."""
    folds = np.empty(len(labels), int)
    order = np.argsort(labels, kind="stable")
    folds[order] = np.arange(len(labels)) % FOLDS
    return folds
