"""Why two products are called similar or not: which of their attributes agree, and which contradict each other."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rapidfuzz import fuzz

from plugin_bridge.pairs.items import Item, item_of
from plugin_bridge.pairs.reading import Product
from plugin_bridge.pairs.weights import Weights

_ALIKE = 80.0  # of 100: brands and categories written a little otherwise are the same
_NEAR, _FAR = 0.8, 0.5  # prices: at least so near agree, further apart than this contradict
_WORDS = 5


@dataclass(frozen=True)
class Evidence:
    """What one attribute says. `left` and `right` are the values as they were compared."""

    field: str
    left: str
    right: str


@dataclass(frozen=True)
class Explanation:
    """Attributes that agree and that contradict, and the most telling words that both or only one side has."""

    agree: tuple[Evidence, ...]
    contradict: tuple[Evidence, ...]
    shared_words: tuple[str, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def explain(left: Product, right: Product, weights: Weights | None = None) -> Explanation:
    """Compare two products attribute by attribute; words are ranked by `weights`, else by their length.

    An attribute that either side lacks says nothing.
    """
    one, two = item_of(left), item_of(right)
    agree: list[Evidence] = []
    contradict: list[Evidence] = []
    for field, own, other, same in _compared(one, two):
        if same is not None:
            (agree if same else contradict).append(Evidence(field, own, other))
    telling = weights.of_word if weights is not None else lambda word: float(len(word))
    mine, theirs = set(one.words), set(two.words)
    return Explanation(
        tuple(agree),
        tuple(contradict),
        _top(mine & theirs, telling),
        _top({word for word in mine - theirs if word not in two.squeezed}, telling),
        _top({word for word in theirs - mine if word not in one.squeezed}, telling),
    )


def _compared(one: Item, two: Item) -> Iterable[tuple[str, str, str, bool | None]]:
    """Yield (field, left, right, whether they agree; None where nothing can be said)."""
    if one.brand and two.brand:
        yield "brand", one.brand, two.brand, fuzz.token_set_ratio(one.brand, two.brand) >= _ALIKE
    if one.codes and two.codes:
        same = any(code in two.squeezed for code in one.codes) or any(code in one.squeezed for code in two.codes)
        yield "model number", _joined(one.codes), _joined(two.codes), same
    for unit in sorted(one.measures.keys() & two.measures.keys()):
        own, other = one.measures[unit], two.measures[unit]
        yield unit, _joined(f"{value:g}" for value in own), _joined(f"{value:g}" for value in other), bool(own & other)
    if one.colours and two.colours:
        shared = set(one.colours) & set(two.colours)
        told = True if set(one.colours) == set(two.colours) else (None if shared else False)
        yield "colour", _joined(one.colours), _joined(two.colours), told
    if one.wearers and two.wearers:
        yield "for", _joined(one.wearers), _joined(two.wearers), one.wearers == two.wearers
    if one.category and two.category:
        told = True if fuzz.token_set_ratio(one.category, two.category) >= _ALIKE else None
        yield "category", one.category, two.category, told
    if one.price is not None and two.price is not None:
        ratio = min(one.price, two.price) / max(one.price, two.price)
        told = True if ratio >= _NEAR else (False if ratio < _FAR else None)
        yield "price", f"{one.price:g}", f"{two.price:g}", told


def _joined(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))


def _top(words: set[str], telling: Any) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-telling(word), word))[:_WORDS])
