"""Running a trained tagger: n-grams, the vectors of text and photo in, logits out. Needs onnxruntime, never torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.cards import MODEL_FILE, ModelCard
from encoders.sessions import open_session

WORD_IDS, WORD_WEIGHTS, TEXT, PHOTO, OUTPUT = "word_ids", "word_weights", "text", "photo", "logits"
# Products whose words are looked up at the same time: a table row for each n-gram of each is in memory.
PRODUCTS_PER_BATCH = 64


@dataclass(frozen=True)
class TagInputs:
    """What a tagger reads of n products.

    `word_ids` (n, t) int64 and `word_weights` (n, t) float32: n-grams and their weights, padded with weight 0; `text`
    (n, text dimension) and `photo` (n, photo dimension) float32, zeros where there is none.
    """

    word_ids: np.ndarray
    word_weights: np.ndarray
    text: np.ndarray
    photo: np.ndarray

    def __len__(self) -> int:
        return len(self.word_ids)


class Tagger:
    """A tagger of the store. Safe to share between threads."""

    def __init__(self, folder: Path, card: ModelCard) -> None:
        self.card = card
        self._session = open_session(folder / MODEL_FILE)

    def logits(self, inputs: TagInputs) -> np.ndarray:
        """Return float32 logits (n, outputs)."""
        found = np.empty((len(inputs), self.card.dimension), np.float32)
        for start in range(0, len(inputs), PRODUCTS_PER_BATCH):
            part = slice(start, start + PRODUCTS_PER_BATCH)
            feed = {
                WORD_IDS: inputs.word_ids[part],
                WORD_WEIGHTS: inputs.word_weights[part],
                TEXT: inputs.text[part],
                PHOTO: inputs.photo[part],
            }
            found[part] = self._session.run([OUTPUT], feed)[0]
        return found


def padded(words: Sequence[tuple[np.ndarray, np.ndarray]], padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the n-grams of n products as two arrays (n, t), t at least 1, filled up with `padding` of weight 0."""
    longest = max((len(places) for places, _ in words), default=0) or 1
    ids = np.full((len(words), longest), padding, np.int64)
    weights = np.zeros((len(words), longest), np.float32)
    for row, (places, values) in enumerate(words):
        ids[row, : len(places)] = places
        weights[row, : len(values)] = values
    return ids, weights
