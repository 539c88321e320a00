"""What is at hand without training on pairs: distances of vectors, TF-IDF, Word2Vec. Scores grow with likeness."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of
from plugin_bridge.pairs.reading import Pair, Product, identity
from plugin_bridge.pairs.weights import cosine

Vectors = Callable[[Sequence[str]], np.ndarray]
_WIDTH, _WINDOW, _ROUNDS = 100, 5, 10


def product_text(product: Product) -> str:
    """Return the text of a product that encoders read: title, model number, brand, and the begin of the rest."""
    item = item_of(product)
    parts = (item.title, item.stated_model, item.brand, item.text[:300])
    return " ".join(part for part in parts if part)


def distances(pairs: Sequence[Pair], vectors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return cosine, Euclidean and Manhattan likeness (negative distance) of the products' raw vectors."""
    left = np.stack([vectors[identity(pair.left)] for pair in pairs])
    right = np.stack([vectors[identity(pair.right)] for pair in pairs])
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return {
        "cosine": np.sum(left * right, axis=1) / np.maximum(lengths, 1e-9),
        "euclidean": -np.linalg.norm(left - right, axis=1),
        "manhattan": -np.abs(left - right).sum(axis=1),
    }


def vectors_of(products: Sequence[Product], encode: Vectors) -> dict[str, np.ndarray]:
    """Return the vector of each product by its identity."""
    found = encode([product_text(product) for product in products])
    return {identity(product): vector for product, vector in zip(products, found, strict=True)}


def tfidf(pairs: Sequence[Pair], comparer: Comparer) -> np.ndarray:
    """Return the TF-IDF cosine of the words of both products."""
    return np.asarray([cosine(comparer.seen(p.left).all_words, comparer.seen(p.right).all_words) for p in pairs])


def word2vec(products: Sequence[Product], comparer: Comparer, seed: int) -> dict[str, np.ndarray] | None:
    """Return each product's mean of Word2Vec vectors (skip-gram, Mikolov 2013), weighted by how telling a word is.

    Learned from these products' texts; None where gensim is not installed.
    """
    try:
        from gensim.models import Word2Vec
    except ImportError:
        return None
    texts = [item_of(product).whole.split() for product in products]
    model = Word2Vec(texts, vector_size=_WIDTH, window=_WINDOW, min_count=1, sg=1, epochs=_ROUNDS, seed=seed, workers=1)
    found = {}
    for product, words in zip(products, texts, strict=True):
        vector = np.zeros(_WIDTH)
        for word in words:
            vector += model.wv[word] * comparer.weights.of_word(word)
        found[identity(product)] = vector / (float(np.linalg.norm(vector)) or 1.0)
    return found
