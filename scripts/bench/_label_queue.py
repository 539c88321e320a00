"""The queue's ranking against chance: a person who knows all labels of a training set answers what is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.text import TextEncoder
from plugin_bridge.labels.candidates import Item
from plugin_bridge.labels.features import Featurer
from plugin_bridge.labels.ranking import guess, rank
from plugin_bridge.pairs.boosting import enough, fit_trees
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import item_of, price_of
from plugin_bridge.pairs.metrics import best_threshold, f1_of
from plugin_bridge.pairs.reading import Pair, Product, identity, labels_of, read_pair_set
from plugin_bridge.pairs.weights import learn_weights

AT_ONCE = 10
"""Labels between two rankings: the bridge ranks again after every five, or when it comes to it."""

Choose = Callable[["Pool", int, int], np.ndarray]


@dataclass(frozen=True)
class Pool:
    """A set's pairs: what the queue sees of the training pairs, and what the scorer sees of all of them."""

    name: str
    rows: np.ndarray
    ends: Sequence[tuple[int, int]]
    features: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]


def read_pool(folder: Path, encoder: TextEncoder) -> Pool:
    """Read a folder of pairs; titles are encoded as a catalogue's are."""
    pairs = read_pair_set(folder)
    items = _items(pairs.products, encoder)
    numbers = {one: number for number, one in enumerate(items)}
    comparer = Comparer(learn_weights([item_of(product).whole for product in pairs.products]))
    splits = {"train": pairs.train, "valid": pairs.valid, "test": pairs.test}

    def ends(pair: Pair) -> tuple[str, str]:
        return identity(pair.left), identity(pair.right)

    featurer = Featurer(items.values())
    return Pool(
        folder.name,
        featurer.rows([(items[left], items[right]) for left, right in map(ends, pairs.train)]),
        [(numbers[left], numbers[right]) for left, right in map(ends, pairs.train)],
        {name: comparer.matrix(split)[0] for name, split in splits.items()},
        {name: np.asarray(labels_of(split)) for name, split in splits.items()},
    )


def by_queue(pool: Pool, count: int, seed: int) -> np.ndarray:
    """Return the places of `count` training pairs in the order in which the queue asks for them."""
    shares = np.random.default_rng(seed).random(len(pool.rows))
    truth, asked = pool.labels["train"], np.zeros(len(pool.rows), bool)
    order: list[int] = []
    while len(order) < count:
        known, left = np.asarray(order, int), np.flatnonzero(~asked)
        believed = guess(pool.rows[left], pool.rows[known], truth[known])
        ranked = rank(pool.rows[left], shares[left], believed, [pool.ends[one] for one in left], pool.rows[known])
        chosen = left[[one.place for one in ranked[:AT_ONCE]]]
        asked[chosen] = True
        order.extend(chosen.tolist())
    return np.asarray(order[:count])


def by_chance(pool: Pool, count: int, seed: int) -> np.ndarray:
    """Return the places of `count` training pairs drawn by chance."""
    return np.random.default_rng(seed).permutation(len(pool.rows))[:count]


def f1_of_labels(pool: Pool, chosen: np.ndarray, seed: int) -> float:
    """Return F1 on test of boosted trees taught by these training pairs, the threshold from valid."""
    labels = pool.labels["train"][chosen]
    if not enough(labels):
        return 0.0
    trees = fit_trees(pool.features["train"][chosen], labels, seed)
    told = {name: trees.predict(pool.features[name], raw_score=True) for name in ("valid", "test")}
    threshold, _ = best_threshold(told["valid"], pool.labels["valid"])
    return float(f1_of(told["test"] >= threshold, pool.labels["test"].astype(bool)))


def curve(pool: Pool, choose: Choose, sizes: Sequence[int], seed: int) -> list[float]:
    """Return F1 after so many labels, chosen one way."""
    order = choose(pool, max(sizes), seed)
    return [f1_of_labels(pool, order[:size], seed) for size in sizes]


def _items(products: Sequence[Product], encoder: TextEncoder) -> dict[str, Item]:
    titles = [str(product.get("title") or product.get("name") or "") for product in products]
    vectors = np.concatenate([encoder.encode(titles[start : start + 256]) for start in range(0, len(titles), 256)])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = {}
    for product, title, vector in zip(products, titles, vectors, strict=True):
        fields = {name: value for name, value in product.items() if value not in ("", None)} | {"title": title}
        price = price_of(fields.pop("price", None))
        name = identity(product)
        items[name] = Item(name, fields | ({"price": price} if price is not None else {}), vector)
    return items
