"""Words that a trained tagger reads: n-grams of words and of letters, and pairs of words, weighed as TF-IDF.

Plain Python: the same code makes them for training and for serving, so that the two cannot drift apart. A pair is two
words of one title wherever they stand, "puma" and "sandals": a linear model can then tell what neither tells alone.
Chinese words are not separated by blanks: a dictionary finds them, and one to three neighbouring characters take the
place of letters. Japanese is read by such characters alone.
"""

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import rjieba

_KANA, _HAN = "\u3040-\u30ff", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECES = re.compile(rf"([{_KANA}{_HAN}]+)|([^\W_{_KANA}{_HAN}]+)")
_JAPANESE, _CHINESE = re.compile(f"[{_KANA}]"), re.compile(f"[{_HAN}]")
_LONGEST_RUN = 3
_LETTERS = (2, 3, 4, 5)
# What a tagger's file says about the way its words were read; before 2, Chinese was read by characters alone.
_READING = 2
# A letter n-gram and a pair are told from words by these signs in front.
_LETTER_MARK, _PAIR_MARK = "\x00", "\x01"
# So many different words are paired with each other: those of the title, which comes first.
_PAIRED = 16
LONGEST_TEXT = 4000  # characters; what a description says beyond them tells a tagger nothing new

Kind = Literal["word", "run", "letters", "pair"]
"""A word, two words that are neighbours, letters of a word or Chinese characters, two words wherever they stand."""


@dataclass(frozen=True)
class Words:
    """The n-grams that a tagger knows and how rare each is; `terms[i]` has weight `rarity[i]` (inverse document
    frequency, smoothed as scikit-learn does it)."""

    terms: tuple[str, ...]
    rarity: tuple[float, ...]

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def __len__(self) -> int:
        return len(self.terms)

    def read(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return places (int64) and weights (float32) of the known n-grams of a text.

        Words, letters and pairs are weighed apart: each of the three has length 1, so that none drowns the others.
        """
        places: list[int] = []
        weights: list[float] = []
        for counted in ngrams(text):
            found = [(self._place[term], count) for term, count in counted.items() if term in self._place]
            values = [(1 + math.log(count)) * self.rarity[place] for place, count in found]
            length = math.sqrt(sum(value * value for value in values)) or 1.0
            places += [place for place, _ in found]
            weights += [value / length for value in values]
        return np.array(places, np.int64), np.array(weights, np.float32)

    def of_kind(self, *kinds: Kind) -> np.ndarray:
        """Return the places of the terms of these kinds."""
        return np.array([place for place, term in enumerate(self.terms) if kind_of(term) in kinds], int)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"reading": _READING, "terms": list(self.terms), "rarity": list(self.rarity)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Words":
        """Return the words that `to_json` wrote; raises ValueError where Chinese was read in another way then."""
        if document.get("reading", 1) < _READING and any(map(_CHINESE.match, document["terms"])):
            raise ValueError("it learned Chinese by characters alone, as an earlier Kindred did: train it again")
        return cls(tuple(document["terms"]), tuple(map(float, document["rarity"])))


def learn_words(texts: Sequence[str], *, least: int = 1, most: int = 200_000) -> Words:
    """Return the commonest `most` n-grams that at least `least` of these texts have (letters and pairs: two)."""
    documents: Counter[str] = Counter()
    for text in texts:
        for counted in ngrams(text):
            documents.update(counted.keys())
    kept = [
        (term, count)
        for term, count in documents.items()
        if count >= (max(2, least) if term[0] in (_LETTER_MARK, _PAIR_MARK) else least)
    ]
    kept = sorted(kept, key=lambda one: (-one[1], one[0]))[:most]
    rarity = tuple(math.log((1 + len(texts)) / (1 + count)) + 1 for _, count in kept)
    return Words(tuple(term for term, _ in kept), rarity)


def ngrams(text: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return how often each word n-gram, letter n-gram and pair comes in a text, case and width left out."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).casefold()
    words: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    single: dict[str, None] = {}
    before = ""
    for found in _PIECES.finditer(plain):
        run, word = found.groups()
        if run:
            if _JAPANESE.search(run):
                words.update(_runs(run))
            else:
                words.update(rjieba.cut(run, False))
                letters.update(_LETTER_MARK + piece for piece in _runs(run))
            before = ""
            continue
        words[word] += 1
        single[word] = None
        if before:
            words[f"{before} {word}"] += 1
        letters.update(_letters(word))
        before = word
    paired = itertools.combinations(sorted(itertools.islice(single, _PAIRED)), 2)
    return words, letters, Counter(f"{_PAIR_MARK}{one} {other}" for one, other in paired)


def kind_of(term: str) -> Kind:
    """Return what a term is."""
    if term[0] in (_LETTER_MARK, _PAIR_MARK):
        return "letters" if term[0] == _LETTER_MARK else "pair"
    return "run" if " " in term else "word"


def shown(term: str) -> str | None:
    """Return a term as a person reads it; None for letter n-grams and pairs, which nobody wrote so."""
    return term if kind_of(term) in ("word", "run") else None


def _runs(run: str) -> Iterable[str]:
    for size in range(1, _LONGEST_RUN + 1):
        for start in range(len(run) - size + 1):
            yield run[start : start + size]


def _letters(word: str) -> Iterable[str]:
    """Yield the letter n-grams of a word with a blank before and behind it, as scikit-learn's `char_wb` has them."""
    padded = f" {word} "
    for size in _LETTERS:
        if size >= len(padded):
            yield _LETTER_MARK + padded
            break
        for start in range(len(padded) - size + 1):
            yield _LETTER_MARK + padded[start : start + size]
