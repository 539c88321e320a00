"""Changes to a product's text that leave what it names as it is.

Ditto's operators (Li et al., Deep Entity Matching with Pre-Trained Language Models, 2020): a span left out, a span
shuffled, an attribute left out, attributes in another order. The fifth, swapping the two products, is the trainer's.
"""

import numpy as np

from encoders.scorer import APART

_LONGEST = 4  # words of a span
_LEAST = 4  # words of a text that can spare some


def augmented(text: str, chance: np.random.Generator) -> str:
    """Return `text`, changed by one operator drawn by `chance`; its first attribute and words with digits stay."""
    attributes = text.split(APART)
    usable = len(_OPERATORS) if len(attributes) > 1 else 2
    return APART.join(_OPERATORS[int(chance.integers(0, usable))](attributes, chance))


def without_span(attributes: list[str], chance: np.random.Generator) -> list[str]:
    """Leave out a few words of one attribute, but none that has a digit: those identify."""
    chosen, words, start, end = _span(attributes, chance)
    kept = [word for at, word in enumerate(words) if not start <= at < end or any(map(str.isdigit, word))]
    return _put(attributes, chosen, kept)


def shuffled_span(attributes: list[str], chance: np.random.Generator) -> list[str]:
    """Bring a few words of one attribute into another order."""
    chosen, words, start, end = _span(attributes, chance)
    return _put(attributes, chosen, [*words[:start], *chance.permutation(words[start:end]).tolist(), *words[end:]])


def without_attribute(attributes: list[str], chance: np.random.Generator) -> list[str]:
    """Leave out one attribute, never the first, which is the title."""
    gone = int(chance.integers(1, len(attributes)))
    return attributes[:gone] + attributes[gone + 1 :]


def shuffled_attributes(attributes: list[str], chance: np.random.Generator) -> list[str]:
    """Bring the attributes after the title into another order."""
    return [attributes[0], *chance.permutation(attributes[1:]).tolist()]


_OPERATORS = (without_span, shuffled_span, without_attribute, shuffled_attributes)


def _span(attributes: list[str], chance: np.random.Generator) -> tuple[int, list[str], int, int]:
    """Draw (attribute, its words, start, end); the span is empty where the attribute has too few words."""
    chosen = int(chance.integers(0, len(attributes)))
    words = attributes[chosen].split(" ")
    if len(words) < _LEAST:
        return chosen, words, 0, 0
    length = int(chance.integers(1, min(_LONGEST, len(words) // 2) + 1))
    start = int(chance.integers(0, len(words) - length + 1))
    return chosen, words, start, start + length


def _put(attributes: list[str], chosen: int, words: list[str]) -> list[str]:
    return [*attributes[:chosen], " ".join(words), *attributes[chosen + 1 :]]
