"""Figures about a pair of products: what the queue's light model sees.

First the cheap ones of the entity-matching literature (Konda et al., Magellan, 2016): how many words, numbers and model
numbers two products share, rare words counting more, whether brand and price agree, and the cosines of their vectors.
After them the plain features of the pair scorer.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from plugin_bridge.labels.candidates import Item
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of
from plugin_bridge.pairs.weights import learn_weights

NAMES = (
    "text", "photo", "has photos", "words", "rare words", "rare words contained", "letters", "models shared",
    "models contradict", "numbers", "numbers contradict", "brand agrees", "brand contradicts", "price", "has prices",
    "category", "length",
)  # fmt: skip
_NOT_SAID = -1.0  # what the scorer's features have as NaN
_WORD = re.compile(r"[^\W_]+(?:[.,'-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_NOT_TOLD = ("id", "title", "description", "image")
_FIRST = ("brand", "price", "colour", "category")


@dataclass(frozen=True)
class Reading:
    """A product's text, read once."""

    item: Item

    @cached_property
    def title(self) -> str:
        """The title, or where there is none whatever names the product."""
        product = self.item.product
        return str(product.get("title") or product.get("name") or "").lower()

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of title and brand; of Chinese and Japanese every two characters."""
        text = f"{self.title} {self.item.product.get('brand') or ''}".lower()
        words = _WORD.findall(text)
        signs = [word for word in words if _CJK.search(word)]
        return frozenset(words) | {sign[i : i + 2] for sign in signs for i in range(len(sign) - 1)}

    @cached_property
    def letters(self) -> frozenset[str]:
        """Every three characters of the title."""
        text = f" {self.title} "
        return frozenset(text[i : i + 3] for i in range(len(text) - 2))

    @cached_property
    def models(self) -> frozenset[str]:
        """Words that look like a model's number: letters and digits mixed, or five digits and more."""
        plain = (word.replace("-", "").replace(".", "") for word in self.words)
        return frozenset(w for w in plain if len(w) >= 4 and any(c.isdigit() for c in w) and not _is_short(w))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers of the title."""
        return frozenset(found.replace(",", ".") for found in _NUMBER.findall(self.title))

    @cached_property
    def brand(self) -> str:
        """The brand, in small letters."""
        return str(self.item.product.get("brand") or "").strip().lower()

    @cached_property
    def price(self) -> float | None:
        """The price, None where there is none that can be compared."""
        try:
            price = float(self.item.product.get("price") or 0)
        except (TypeError, ValueError):
            return None
        return price if price > 0 and math.isfinite(price) else None

    @cached_property
    def category(self) -> frozenset[str]:
        """The levels of the category."""
        stored = self.item.product.get("category") or ()
        return frozenset([stored] if isinstance(stored, str) else map(str, stored))


class Featurer:
    """Turns pairs into rows of figures; words that few products have count more."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Learn from these products how rare words are."""
        chosen = list(items)
        self._readings: dict[str, Reading] = {}
        self._seen: Counter[str] = Counter()
        self._comparer = Comparer(learn_weights(item_of(_whole(item)).whole for item in chosen))
        self.add(chosen)

    def add(self, items: Iterable[Item]) -> None:
        """Learn from more products."""
        for item in items:
            if item.id not in self._readings:
                self._readings[item.id] = reading = Reading(item)
                self._seen.update(reading.words)

    def rows(self, pairs: Sequence[tuple[Item, Item]]) -> np.ndarray:
        """Return one row of figures for each pair, float32: the first are `NAMES`, then the pair scorer's."""
        self.add(item for pair in pairs for item in pair)
        rows = []
        for left, right in pairs:
            plain = self._comparer.features(_whole(left), _whole(right)).values()
            own = self._row(self._readings[left.id], self._readings[right.id])
            rows.append([*own, *(_NOT_SAID if math.isnan(one) else one for one in plain)])
        return np.asarray(rows, np.float32) if rows else np.empty((0, len(NAMES)), np.float32)

    def _row(self, left: Reading, right: Reading) -> tuple[float, ...]:
        photo = cosine(left.item.image, right.item.image)
        both, either = left.words & right.words, left.words | right.words
        rare = self._weight(both)
        brands = bool(left.brand and right.brand)
        price = min(left.price, right.price) / max(left.price, right.price) if left.price and right.price else 0.0
        return (
            cosine(left.item.text, right.item.text) or 0.0,
            photo or 0.0,
            float(photo is not None),
            len(both) / max(1, len(either)),
            rare / max(1e-9, self._weight(either)),
            rare / max(1e-9, min(self._weight(left.words), self._weight(right.words))),
            _dice(left.letters, right.letters),
            min(2.0, len(left.models & right.models)),
            float(bool(left.models and right.models) and not left.models & right.models),
            _dice(left.numbers, right.numbers),
            min(3.0, len(left.numbers ^ right.numbers)) if left.numbers and right.numbers else 0.0,
            float(brands and _same_brand(left.brand, right.brand)),
            float(brands and not _same_brand(left.brand, right.brand)),
            price,
            float(price > 0),
            _dice(left.category, right.category),
            abs(math.log1p(len(left.words)) - math.log1p(len(right.words))),
        )

    def _weight(self, words: Iterable[str]) -> float:
        total = len(self._readings) + 1
        return sum(math.log(total / (1 + self._seen[word])) + 0.1 for word in words)


def cosine(one: np.ndarray | None, other: np.ndarray | None) -> float | None:
    """Return the cosine of two vectors of length one, None where one is missing."""
    return None if one is None or other is None else float(one @ other)


def differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """Return the fields that two products both have with different values, the telling ones first."""
    names = [name for name in left if name in right and name not in _NOT_TOLD]
    different = [name for name in names if _plain(left[name]) != _plain(right[name])]
    return sorted(different, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))


def _whole(item: Item) -> Mapping[str, Any]:
    return {"id": item.id, **item.product}


def _plain(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _is_short(word: str) -> bool:
    return word.isdigit() and len(word) < 5


def _same_brand(one: str, other: str) -> bool:
    return one in other or other in one


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0
