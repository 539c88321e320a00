"""Details in which products differ that are nearly the same: the end of a model number, words with digits."""

import math

from plugin_bridge.pairs.items import Item
from plugin_bridge.pairs.weights import Weights


def details(left: Item, right: Item, weights: Weights) -> dict[str, float]:
    """Return what tells siblings apart, by feature."""
    return {**_siblings(left, right), **_digits_alone(left, right, weights)}


def _siblings(left: Item, right: Item) -> dict[str, float]:
    """Model numbers that only one side has: how much the likest of them begin and end alike."""
    own = [code for code in left.codes if code not in right.squeezed]
    theirs = [code for code in right.codes if code not in left.squeezed]
    start = end = math.nan
    if own and theirs:
        start = max(_common(one, two) / min(len(one), len(two)) for one in own for two in theirs)
        end = max(_common(one[::-1], two[::-1]) / min(len(one), len(two)) for one in own for two in theirs)
    return {"siblings_begin": start, "siblings_end": end}


def _digits_alone(left: Item, right: Item, weights: Weights) -> dict[str, float]:
    """Words with digits that the other side has nowhere."""
    sums = sorted(
        sum(weights.of_word(word) for word in set(one.words) if _digit(word) and word not in two.all_words)
        for one, two in ((left, right), (right, left))
    )
    shared = sum(weights.of_word(word) for word in set(left.words) & set(right.words) if _digit(word))
    return {"digits_alone_less": sums[0], "digits_alone_more": sums[1], "digits_shared": shared}


def _digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def _common(one: str, two: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
