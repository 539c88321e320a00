"""Why something is suggested: the words of the product that counted for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from encoders.tagger import Tagger, TagInputs, padded
from plugin_bridge.tagging.trained import Sense, TaggerCard
from plugin_bridge.tagging.words import Words, kind_of

WORDS_SHOWN = 3
# A word counts that moves the logit by this much more towards the value than towards the others on average.
LEAST_WEIGHT = 0.1


def counted_words(
    network: Tagger,
    card: TaggerCard,
    words: Words,
    inputs: TagInputs,
    row: int,
    sense: Sense,
    columns: Sequence[int | None],
) -> list[list[dict[str, Any]]]:
    """Return for each column (a value's place among the columns of a sense) the words that counted, the first most.

    The network is linear in its words: each word is asked for alone, with its letters, at the weight that it has in
    the whole text. Its weight for a value is what it adds to that value beyond the mean of its field's values.
    """
    parts = _by_word(words, inputs.word_ids[row], inputs.word_weights[row])
    if not parts:
        return [[] for _ in columns]
    ids, weights = padded([(places, values) for _, places, values in parts] + [(_NONE, _NONE_WEIGHTS)], len(words))
    nothing = np.zeros((len(ids), inputs.text.shape[1]), np.float32)
    unseen = np.zeros((len(ids), inputs.photo.shape[1]), np.float32)
    logits = card.of_sense(network.logits(TagInputs(ids, weights, nothing, unseen)), sense)
    added = logits[:-1] - logits[-1]
    found: list[list[dict[str, Any]]] = []
    for column in columns:
        if column is None:
            found.append([])
            continue
        field = next(one for one in card.fields if one.start <= column < one.start + len(one.values))
        own = added[:, column] - added[:, field.start : field.start + len(field.values)].mean(axis=1)
        best = [place for place in np.argsort(-own, kind="stable")[:WORDS_SHOWN] if own[place] >= LEAST_WEIGHT]
        found.append([{"word": parts[place][0], "weight": round(float(own[place]), 3)} for place in best])
    return found


_NONE = np.empty(0, np.int64)
_NONE_WEIGHTS = np.empty(0, np.float32)

Part = tuple[str, np.ndarray, np.ndarray]


def _by_word(words: Words, ids: np.ndarray, weights: np.ndarray) -> list[Part]:
    """Return each single word of a text with its own n-gram and its letters'."""
    known = {
        words.terms[place]: (place, weight)
        for place, weight in zip(ids[weights > 0], weights[weights > 0], strict=True)
    }
    letters = [(term[1:], at) for term, at in known.items() if kind_of(term) == "letters"]
    parts = []
    for term, at in known.items():
        if kind_of(term) != "word":
            continue
        own = [at, *(place for piece, place in letters if piece in f" {term} ")]
        parts.append((term, np.array([place for place, _ in own], np.int64), np.array([w for _, w in own], np.float32)))
    return parts
