"""How a field is best learned: which words and how much the photo count, and how much is believed.

One thing after the other is chosen by the answers to products that were left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from plugin_bridge.tagging.ridge import Features, Fitted, Setting

# What the photo may weigh beside the words. With 0 the words answer alone: some fields cannot be seen.
PHOTO_WEIGHTS = (1.0, 2.0, 0.0)
PENALTIES = (0.3, 0.1, 0.03)
# Among more products it is chosen by so many of them, evenly taken: one fit of all takes minutes.
MOST_CHOOSING = 4000
# What replaces the first setting must be better by this over the root of the number of products: the best of several
# that are equally good always looks better than it is.
NEEDED = 0.25
# The scores of a value that n products have may be lowered by so many log(n).
EVENED = (0.1, 0.2, 0.3)
_TIE = 1e-3  # too little to outweigh an answer


def best_fit(
    features: Features,
    targets: np.ndarray,
    rows: np.ndarray,
    first: Setting,
    *,
    photo: bool,
    many: bool,
    mixes: Sequence[tuple[float, ...]] = (),
) -> tuple[Setting, Fitted]:
    """Return the setting whose held-out answers are best, and what was learned with it.

    Args:
        features: those of all products; with `photo` the last block is the photo's, and its weight is chosen, too.
        targets: (len(rows), values) zeros and ones.
        rows: the products to learn from.
        first: where the search starts; what is not clearly better replaces nothing.
        photo: whether words and photo are both there.
        many: whether a product may have several values; then rare ones are lifted in full and only the photo is
            weighed, as no other choice was measured.
        mixes: what the blocks before the photo's may weigh.
    """
    if len(rows) > MOST_CHOOSING:
        some = np.arange(MOST_CHOOSING) * len(rows) // MOST_CHOOSING
        sample, places = features.of(rows[some]), np.arange(len(some))
        setting, _ = best_fit(sample, targets[some], places, first, photo=photo, many=many, mixes=mixes)
        return setting, features.fit(targets, rows, setting)
    steps: list[Callable[[Setting], list[Setting]]] = []
    if not many:
        steps.append(lambda now: [replace(now, weights=(*mix, *now.weights[len(mix) :])) for mix in mixes])
        steps.append(lambda now: [replace(now, penalty=penalty) for penalty in PENALTIES])
    if photo:
        steps.append(lambda now: [replace(now, weights=(*now.weights[:-1], weight)) for weight in PHOTO_WEIGHTS])
    setting = replace(first, lift=1.0) if many else first
    fitted = features.fit(targets, rows, setting)
    best = worth(fitted.held_out, targets, many=many)
    needed = 0.0 if many else NEEDED / np.sqrt(len(rows))
    for step in steps:
        start, wanted = setting, best + needed
        for tried in step(start):
            if tried == start:
                continue
            found = features.fit(targets, rows, tried)
            value = worth(found.held_out, targets, many=many)
            if value > max(best, wanted):
                setting, fitted, best = tried, found, value
    return setting, fitted


def evened(fitted: Fitted, targets: np.ndarray, sharpness: float) -> Fitted:
    """Return what was learned, common values made to answer less where held-out answers are then clearly better.

    Where little can be told, as from photos alone, rare values otherwise seldom answer (Menon et al., Long-tail
    learning via logit adjustment, ICLR 2021). `sharpness` makes logits of scores.
    """
    common = np.log(np.maximum(targets.sum(axis=0), 1)) / sharpness
    found, best = fitted, worth(fitted.held_out, targets, many=False) + NEEDED / np.sqrt(len(targets))
    for share in EVENED:
        tried = replace(fitted, bias=fitted.bias - share * common, held_out=fitted.held_out - share * common)
        value = worth(tried.held_out, targets, many=False)
        if value > best:
            found, best = tried, value
    return found


def worth(scores: np.ndarray, targets: np.ndarray, *, many: bool) -> float:
    """Return how good held-out scores (n, values) are: the mean of accuracy and macro-F1 of the answers.

    How near the scores come to the targets decides between equals, and everything where a product has `many` values.
    """
    near = -float(np.square(scores - targets).mean())
    if many:
        return near
    truth, answers = targets.argmax(axis=1), scores.argmax(axis=1)
    values = targets.shape[1]
    hits = np.bincount(truth[truth == answers], minlength=values)
    both = np.bincount(truth, minlength=values) + np.bincount(answers, minlength=values)
    f1 = float((2 * hits[both > 0] / both[both > 0]).mean())
    return (float((truth == answers).mean()) + f1) / 2 + _TIE * near
