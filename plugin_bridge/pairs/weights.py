"""How telling a word or a run of characters is: inverse document frequency over a catalogue, hashed to a fixed table.

The table is an array, so that it is saved without a pickle and does not grow with the catalogue.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

SLOTS = 2**18
_PIECE = re.compile(r"[^\W_]+")
GRAMS = (3, 4)  # runs of so many characters, within words

Vector = Mapping[int, float]


@dataclass(frozen=True)
class Weights:
    """Inverse document frequencies of hashed words and character runs, float32 (SLOTS,) each."""

    words: np.ndarray
    grams: np.ndarray

    def of_word(self, word: str) -> float:
        """Return how telling a word is."""
        return float(self.words[slot(word)])

    def word_vector(self, text: str) -> Vector:
        """Return the TF-IDF vector of a text's words, of length 1 (empty for no text)."""
        return _unit(_PIECE.findall(text), self.words)

    def gram_vector(self, text: str) -> Vector:
        """Return the TF-IDF vector of a text's runs of characters, of length 1."""
        return _unit(grams(text), self.grams)


def learn_weights(texts: Iterable[str]) -> Weights:
    """Count in how many texts each word and run occurs; smoothed as scikit-learn's TfidfVectorizer does."""
    words, runs = np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    count = 0
    for text in texts:
        count += 1
        words[list({slot(word) for word in _PIECE.findall(text)})] += 1
        runs[list({slot(gram) for gram in grams(text)})] += 1
    return Weights(*(np.log((1 + count) / (1 + found)).astype(np.float32) + 1 for found in (words, runs)))


def slot(word: str) -> int:
    """Return the place of a word in the table; the same on every machine."""
    return zlib.crc32(word.encode("utf-8", "replace")) % SLOTS


def grams(text: str) -> list[str]:
    """Return the runs of characters of each word, the word's ends marked by spaces."""
    found = []
    for word in _PIECE.findall(text):
        padded = f" {word} "
        for size in GRAMS:
            found += [padded[at : at + size] for at in range(max(1, len(padded) - size + 1))]
    return found


def cosine(left: Vector, right: Vector) -> float:
    """Return the cosine of two vectors of length 1; 0 where either is empty."""
    if len(left) > len(right):
        left, right = right, left
    return sum(weight * right[place] for place, weight in left.items() if place in right)


def _unit(pieces: Iterable[str], table: np.ndarray) -> Vector:
    counts: dict[int, int] = {}
    for piece in pieces:
        place = slot(piece)
        counts[place] = counts.get(place, 0) + 1
    if not counts:
        return {}
    places = np.fromiter(counts, np.int64, len(counts))
    values = (1 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * table[places]
    values /= float(np.linalg.norm(values)) or 1.0
    return dict(zip(places.tolist(), values.tolist(), strict=True))
