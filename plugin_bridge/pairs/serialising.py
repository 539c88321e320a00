"""A product as the cross-encoder reads it: its attributes in a row, with marks before what identifies a product.

What a small network would have to learn stands in the text (knowledge injection: Li et al., Deep Entity Matching with
Pre-Trained Language Models, 2020): model numbers, measures, versions and prices have a mark of their kind before them
and one way to be written. A mark is one character, which costs one token and is known to every tokenizer.
"""

from collections.abc import Sequence

from encoders.scorer import APART
from plugin_bridge.pairs.items import MEASURE, WORD, codes, item_of, measures
from plugin_bridge.pairs.reading import Pair, Product

CODE, SIZE, VERSION, PRICE = "#", "=", "~", "$"
LETTERS = 700  # of a product that are read


def serialised(product: Product) -> str:
    """Return title, model number, brand, price and the rest of a product, those that it has, one after the other."""
    item = item_of(product)
    price = f"{PRICE} {item.price:.0f}" if item.price is not None else ""
    parts = (marked(item.title), marked(item.stated_model), item.brand, price, marked(item.text[:300]))
    return APART.join(part for part in parts if part)[:LETTERS]


def both_sides(pairs: Sequence[Pair]) -> tuple[list[str], list[str]]:
    """Return the texts of the left products and of the right ones."""
    return [serialised(pair.left) for pair in pairs], [serialised(pair.right) for pair in pairs]


def marked(text: str) -> str:
    """Return lower-case text with a mark before each model number, measure and number that stands alone.

    `"dsc-w150 camera, 8gb, ver 7.0"` becomes `"# dscw150 camera = 8 gb ver ~ 7"`; punctuation goes.
    """
    found: list[str] = []
    at = 0
    for measure in MEASURE.finditer(text):
        found += [_word(word) for word in WORD.findall(text[at : measure.start()])]
        for unit, values in measures(measure[0]).items():
            found += [f"{SIZE} {value:g} {unit}" for value in values]
        at = measure.end()
    found += [_word(word) for word in WORD.findall(text[at:])]
    return " ".join(found)


def _word(word: str) -> str:
    identified = codes(word)
    if identified:
        return f"{CODE} {identified[0]}"
    try:
        return f"{VERSION} {float(word):g}" if word[0].isdigit() else word
    except ValueError:
        return word
