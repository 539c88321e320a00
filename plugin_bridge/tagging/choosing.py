"""How a field is best learned: what the photo weighs, how much rare values are lifted, how much is believed.

One thing after the other is chosen by the answers to products that were left out.
"""

from dataclasses import replace

import numpy as np

from plugin_bridge.tagging.ridge import Features, Fitted, Setting

# What the photo may weigh beside the words. With 0 the words answer alone: some fields cannot be seen.
PHOTO_WEIGHTS = (1.0, 2.0, 0.25, 0.0)
LIFTS = (0.0, 1.0)
PENALTIES = (0.1,)
_TIE = 1e-3  # too little to outweigh an answer


def best_fit(
    features: Features, targets: np.ndarray, rows: np.ndarray, first: Setting, *, photo: bool, many: bool
) -> tuple[Setting, Fitted]:
    """Return the setting whose held-out answers are best, and what was learned with it.

    Args:
        features: those of all products; with `photo` the last block is the photo's, and its weight is chosen, too.
        targets: (len(rows), values) zeros and ones.
        rows: the products to learn from.
        first: where the search starts; what is not better replaces nothing.
        photo: whether words and photo are both there.
        many: whether a product may have several values; then rare ones are lifted in full, as no choice was measured.
    """
    alternatives: list[list[dict]] = []
    if photo:
        alternatives.append([{"weights": (*first.weights[:-1], weight)} for weight in PHOTO_WEIGHTS])
    if features.in_pairs and not many:  # beyond, one fit takes minutes, and most values have products enough
        alternatives += [[{"lift": lift} for lift in LIFTS], [{"penalty": penalty} for penalty in PENALTIES]]
    setting = replace(first, lift=1.0) if many else first
    fitted = features.fit(targets, rows, setting)
    best = worth(fitted.held_out, targets, many=many)
    for group in alternatives:
        start = setting
        for change in group:
            tried = replace(start, **change)
            if tried == start:
                continue
            found = features.fit(targets, rows, tried)
            value = worth(found.held_out, targets, many=many)
            if value > best:
                setting, fitted, best = tried, found, value
    return setting, fitted


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
