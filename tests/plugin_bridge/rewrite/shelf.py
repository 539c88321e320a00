"""A shelf of made products whose vectors can be worked out by hand.

Every word has a direction of its own; words of one meaning (sofa, couch) share it. A text's vector is the normalised
sum of its words', so the cosine of two texts is the share of meanings that they have in common. Nonsense words share
no direction with any product: their cosine with everything is 0.
"""

import hashlib
from collections.abc import Iterator

import numpy as np

MEANINGS = (
    ("red", "crimson"),
    ("blue", "navy"),
    ("green",),
    ("sofa", "couch", "settee"),
    ("lamp", "light"),
    ("boot", "wellington"),
    ("shoe", "trainer"),
    ("mug", "cup"),
    ("table", "desk"),
    ("rug", "carpet"),
    ("small", "little"),
    ("large", "big"),
)
DIMENSION = 16
COLOURS = ("red", "blue", "green")
THINGS = ("sofa", "lamp", "boot", "shoe", "mug", "table", "rug")
SIZES = ("small", "large")
BRANDS = ("Acme", "Birch", "Cobalt")
_PLACES = {word: place for place, words in enumerate(MEANINGS) for word in words}


def embed(text: str) -> np.ndarray:
    """Return the vector of a text, shape (16,), of length 1."""
    vector = np.zeros(DIMENSION, dtype=np.float32)
    for word in text.lower().split():
        vector[_PLACES.get(word, DIMENSION - 1)] += 1.0
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def knows(word: str) -> bool:
    """Whether a word has a meaning here."""
    return word in _PLACES


def products() -> Iterator[dict]:
    """Yield 420 products, three copies of each of 126 different ones and a few odd ones."""
    number = 0
    for copy in range(3):
        for size in SIZES:
            for colour in COLOURS:
                for thing in THINGS:
                    for brand in BRANDS:
                        number += 1
                        yield product(f"p{number:04d}", f"{size} {colour} {thing}", brand, colour, thing, copy, number)
    for odd in range(42):
        yield product(f"x{odd:04d}", f"plain thing {odd}", "Acme", "grey", "thing", 0, odd)


def product(id_: str, title: str, brand: str, colour: str, thing: str, copy: int, number: int) -> dict:
    """Return one product with its vector; the odd ones (`x...`) have none."""
    document = {
        "id": id_,
        "title": title,
        "brand": brand,
        "colour": colour,
        "category": ["Home", thing],
        "price": float(number % 50),
        "stock": number % 4,
        "sku": f"KD-{number:05d}",
        "variants": copy,
        "offers": [{"seller": brand, "price": number % 7}],
        "place": {"lat": 50 + number % 5, "lon": copy},
        "needed": 1,
        "kindred_tie": int(hashlib.sha256(id_.encode()).hexdigest()[:6], 16) / 2**24,
    }
    if not id_.startswith("x"):
        document["kindred_text"] = embed(title).tolist()
    return document
