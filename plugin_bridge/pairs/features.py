"""What speaks for and against two products being the same, as numbers. Every feature is symmetric.

NaN means "cannot be said" (no price, no model number); trees take it as it is, networks get a column that says so.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from plugin_bridge.pairs.details import details
from plugin_bridge.pairs.items import Item, item_of
from plugin_bridge.pairs.reading import Pair, Product, identity
from plugin_bridge.pairs.weights import Vector, Weights, cosine

NAN = math.nan
Encode = Callable[[Sequence[str]], np.ndarray]
MOST_WORDS = 40  # of a side that are looked for among the other's
_VERSIONS = 30  # numbers below this may be a version
_YEARS = range(1990, 2051)


@dataclass(frozen=True)
class Seen:
    """A product prepared for comparing: its item and its vectors."""

    item: Item
    title_words: Vector
    title_grams: Vector
    all_words: Vector
    all_grams: Vector


@dataclass
class Comparer:
    """Compares products by the words' weights; keeps what it prepared of each product.

    `photos` holds vectors of length 1 of the products' photos, by identity; products without one are not in it.
    """

    weights: Weights
    photos: dict[str, np.ndarray] = field(default_factory=dict)
    _seen: dict[str, Seen] = field(default_factory=dict)

    def seen(self, product: Product) -> Seen:
        """Return a product prepared, from memory where it was asked before."""
        key = identity(product)
        found = self._seen.get(key)
        if found is None:
            item = item_of(product)
            weights = self.weights
            found = Seen(
                item,
                weights.word_vector(item.title),
                weights.gram_vector(item.title),
                weights.word_vector(item.whole),
                weights.gram_vector(item.whole),
            )
            self._seen[key] = found
        return found

    def features(self, left: Product, right: Product) -> dict[str, float]:
        """Return every plain feature of a pair by its name."""
        one, two = self.seen(left), self.seen(right)
        return {
            **_texts(one, two),
            **_overlap(one.item, two.item, self.weights),
            **_codes(one.item, two.item, self.weights),
            **_numbers(one.item, two.item),
            **_attributes(one.item, two.item),
            **_phrases(one.item, two.item, self.weights),
            **details(one.item, two.item, self.weights),
            "photo_alike": _photos(self.photos.get(identity(left)), self.photos.get(identity(right))),
        }

    def matrix(self, pairs: Sequence[Pair]) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return float32 features (pairs, features) and their names."""
        rows = [self.features(pair.left, pair.right) for pair in pairs]
        names = tuple(rows[0]) if rows else ()
        return np.asarray([[row[name] for name in names] for row in rows], np.float32).reshape(len(rows), -1), names


def _texts(one: Seen, two: Seen) -> dict[str, float]:
    left, right = one.item, two.item
    return {
        "title_word_cosine": cosine(one.title_words, two.title_words),
        "title_gram_cosine": cosine(one.title_grams, two.title_grams),
        "word_cosine": cosine(one.all_words, two.all_words),
        "gram_cosine": cosine(one.all_grams, two.all_grams),
        "title_in_text": max(cosine(one.title_words, two.all_words), cosine(two.title_words, one.all_words)),
        "title_ratio": fuzz.ratio(left.title, right.title) / 100,
        "title_sorted_ratio": fuzz.token_sort_ratio(left.title, right.title) / 100,
        "title_set_ratio": fuzz.token_set_ratio(left.title, right.title) / 100,
        "title_partial_ratio": fuzz.partial_ratio(left.title, right.title) / 100,
        "title_starts_alike": JaroWinkler.similarity(left.title, right.title),
        "words_fewer": float(min(len(left.words), len(right.words))),
        "words_ratio": _ratio(len(left.words), len(right.words)),
        "text_ratio": _ratio(len(left.whole), len(right.whole)),
        "without_text": float(not left.text) + float(not right.text),
    }


def _overlap(left: Item, right: Item, weights: Weights) -> dict[str, float]:
    """Weighted overlap of words, and how telling the words are that one side has alone."""
    one, two = set(left.words), set(right.words)
    value = {word: weights.of_word(word) for word in one | two}
    shared, union = sum(value[word] for word in one & two), sum(value.values())
    alone_left = _missing(one, two, right, value)
    alone_right = _missing(two, one, left, value)
    sums = sorted((sum(alone_left), sum(alone_right)))
    tops = sorted((max(alone_left, default=0.0), max(alone_right, default=0.0)))
    wholes = [sum(value[word] for word in side) or 1.0 for side in (one, two)]
    parts = sorted(shared / whole for whole in wholes)
    in_text = sorted(
        sum(value[word] for word in side if word in other.all_words) / whole
        for side, other, whole in ((one, right, wholes[0]), (two, left, wholes[1]))
    )
    return {
        "shared_weight": shared,
        "weighted_jaccard": shared / union if union else 0.0,
        "contained_least": parts[0],
        "contained_most": parts[1],
        "in_text_least": in_text[0],
        "in_text_most": in_text[1],
        "alone_less": sums[0],
        "alone_more": sums[1],
        "alone_top_less": tops[0],
        "alone_top_more": tops[1],
        "shared_top": max((value[word] for word in one & two), default=0.0),
        "first_word_same": float(bool(left.words and right.words) and left.words[0] == right.words[0]),
        "last_word_same": float(bool(left.words and right.words) and left.words[-1] == right.words[-1]),
        "soft_overlap": _soft(one, two, value),
    }


def _missing(own: set[str], theirs: set[str], other: Item, value: Mapping[str, float]) -> list[float]:
    """Return the weights of words that the other product does not have anywhere, not even inside another word."""
    lacking = [word for word in own - theirs if word not in other.all_words]
    return [value[word] for word in lacking if len(word) < 3 or word not in other.squeezed]


def _soft(one: set[str], two: set[str], value: Mapping[str, float]) -> float:
    """Weighted overlap in which a misspelled word counts for as much as it is alike (soft TF-IDF, Cohen 2003)."""
    if not one or not two:
        return 0.0
    both = []
    for own, theirs in ((one, two), (two, one)):
        told = sorted(own, key=lambda word: -value[word])[:MOST_WORDS]
        found = [
            value[word] * (1.0 if word in theirs else max(JaroWinkler.similarity(word, other) for other in theirs) ** 4)
            for word in told
        ]
        both.append(sum(found) / (sum(value[word] for word in told) or 1.0))
    return min(both)


def _codes(left: Item, right: Item, weights: Weights) -> dict[str, float]:
    """Model numbers: shared, contradicting, written otherwise."""
    one, two = left.codes, right.codes
    shared = one & two
    inside = [code for code in one if code in right.squeezed] + [code for code in two if code in left.squeezed]
    both = bool(one and two)
    near = NAN
    if both:
        near = 1.0 if shared else max(fuzz.ratio(a, b) for a in one for b in two) / 100
    begins = NAN
    if both:
        begins = max((_common_start(a, b) / max(len(a), len(b)) for a in one for b in two), default=0.0)
    stated = NAN
    if left.stated_model or right.stated_model:
        marks = ["".join(filter(str.isalnum, side.stated_model)) for side in (left, right)]
        others = (right, left)
        stated = max(
            float(bool(mark) and len(mark) > 2 and mark in other.squeezed)
            for mark, other in zip(marks, others, strict=True)
        )
    only_left = [code for code in one if code not in right.squeezed]
    only_right = [code for code in two if code not in left.squeezed]
    alone = sorted((len(only_left), len(only_right)))
    return {
        "codes_shared": float(len(shared)),
        "codes_inside": float(len(inside)),
        "codes_longest": float(max(map(len, inside), default=0)),
        "codes_near": near,
        "codes_begin": begins,
        "codes_contradict": float(both and not inside),
        "codes_alone_fewer": float(alone[0]),
        "codes_alone_more": float(alone[1]),
        "codes_sides": float(bool(one)) + float(bool(two)),
        "all_codes_shared": float(len(left.all_codes & right.all_codes)),
        "code_weight": max((weights.of_word(code) for code in shared), default=0.0),
        "model_found": stated,
        "model_equal": NAN
        if not (left.stated_model and right.stated_model)
        else fuzz.ratio(left.stated_model, right.stated_model) / 100,
    }


def _numbers(left: Item, right: Item) -> dict[str, float]:
    agree, contradict = agreeing(left.measures, right.measures)
    all_agree, all_contradict = agreeing(left.all_measures, right.all_measures)
    numbers = left.numbers | right.numbers
    alone = sorted((len(left.numbers - right.numbers), len(right.numbers - left.numbers)))
    return {
        "measures_agree": float(agree),
        "measures_contradict": float(contradict),
        "all_measures_agree": float(all_agree),
        "all_measures_contradict": float(all_contradict),
        "numbers_shared": float(len(left.numbers & right.numbers)),
        "numbers_overlap": len(left.numbers & right.numbers) / len(numbers) if numbers else NAN,
        "numbers_alone_fewer": float(alone[0]),
        "numbers_alone_more": float(alone[1]),
        **_versions(left, right),
    }


def _versions(left: Item, right: Item) -> dict[str, float]:
    """Digits of model numbers, versions, years and exact measures: what is the same, and what is only on one side."""
    one, two = left.code_digits, right.code_digits
    mine, theirs = left.all_code_digits, right.all_code_digits
    small = [{number for number in side.numbers if number < _VERSIONS} for side in (left, right)]
    years = [{number for number in side.numbers if number in _YEARS} for side in (left, right)]
    own, other = ({(unit, one) for unit, all_ in side.all_measures.items() for one in all_} for side in (left, right))
    return {
        "code_digits_shared": float(len(one & two)) if one and two else NAN,
        "code_digits_alone": float(min(len(one - two), len(two - one))) if one and two else NAN,
        "all_code_digits_shared": len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else NAN,
        "versions_overlap": len(small[0] & small[1]) / len(small[0] | small[1]) if all(small) else NAN,
        "years_overlap": len(years[0] & years[1]) / len(years[0] | years[1]) if all(years) else NAN,
        "measures_same": float(len(own & other)),
        "measures_alone": float(min(len(own - other), len(other - own))),
    }


def _phrases(left: Item, right: Item, weights: Weights) -> dict[str, float]:
    """The most telling run of words that both titles have in the same order, as a share of either title."""
    best, longest = 0.0, 0
    before: list[tuple[float, int]] = [(0.0, 0)] * (len(right.words) + 1)
    for word in left.words[:MOST_WORDS]:
        now = [(0.0, 0)]
        for at, other in enumerate(right.words):
            value, length = before[at]
            now.append((value + weights.of_word(word), length + 1) if word == other else (0.0, 0))
        best, longest = max(best, *(value for value, _ in now)), max(longest, *(length for _, length in now))
        before = now
    wholes = sorted(sum(map(weights.of_word, side.words)) or 1.0 for side in (left, right))
    return {"phrase_of_shorter": best / wholes[0], "phrase_of_longer": best / wholes[1], "phrase_words": float(longest)}


def _photos(one: np.ndarray | None, two: np.ndarray | None) -> float:
    return NAN if one is None or two is None else float(one @ two)


def agreeing(one: Mapping[str, frozenset[float]], two: Mapping[str, frozenset[float]]) -> tuple[int, int]:
    """Return in how many units two products share a value, and in how many both have values but none in common."""
    units = one.keys() & two.keys()
    agree = sum(bool(one[unit] & two[unit]) for unit in units)
    return agree, len(units) - agree


def _attributes(left: Item, right: Item) -> dict[str, float]:
    prices = (left.price, right.price)
    known = [price for price in prices if price is not None]
    brand = NAN
    if left.brand and right.brand:
        brand = fuzz.token_set_ratio(left.brand, right.brand) / 100
    elif left.brand or right.brand:
        name, other = (left.brand, right) if left.brand else (right.brand, left)
        brand = fuzz.partial_ratio(name, other.whole) / 100
    one, two = left.colours, right.colours
    both, either = set(one) & set(two), set(one) | set(two)
    return {
        "price_ratio": min(known) / max(known) if len(known) == 2 else NAN,
        "price_log": math.log(sum(known) / len(known)) if known else NAN,
        "prices_known": float(len(known)),
        "brand_alike": brand,
        "category_alike": fuzz.token_set_ratio(left.category, right.category) / 100
        if left.category and right.category
        else NAN,
        "colours_agree": float(len(both)) if either else NAN,
        "colours_overlap": len(both) / len(either) if one and two else NAN,
        "colours_contradict": float(bool(one and two) and not both),
        "colours_alone": float(len(either) - len(both)),
        "first_colour_same": float(one[0] == two[0]) if one and two else NAN,
        "colours_in_order": _common_start(one, two) / max(len(one), len(two)) if one and two else NAN,
        "wearers_same": float(left.wearers == right.wearers) if left.wearers and right.wearers else NAN,
        "wearers_known": float(bool(left.wearers)) + float(bool(right.wearers)),
    }


def _common_start(one: Sequence[str], two: Sequence[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _ratio(one: float, two: float) -> float:
    return min(one, two) / max(one, two) if max(one, two) else 1.0
