"""Segments: groups of customers who buy alike, with the products that mark them and a place on a map; neighbours.

Spherical k-means over customers' vectors (Dhillon & Modha 2001), numpy only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin_bridge.behaviour.cold import unit
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

MOST_SEGMENTS = 50
MARKS = 8  # products that describe a segment
NEIGHBOURS = 10
_ROUNDS = 30
_LEAST_STRENGTH = 1e-4
_MOST_MAPPED = 2_000
_LEAST_BUYERS = 0.05  # of a segment, for a product to mark it


@dataclass(frozen=True)
class Mark:
    """A product that a segment buys more than others: the share of its customers, and how many times the usual."""

    item: str
    title: str
    share: float
    lift: float


@dataclass(frozen=True)
class TagMark:
    """A category or tag of the catalogue that a segment buys more than others: the share of what it buys, and lift."""

    field: str
    value: str
    share: float
    lift: float


@dataclass(frozen=True)
class Segment:
    """A group of customers, which are hashes; `x` and `y` are its middle on the map.

    `tags` are empty where no catalogue was asked.
    """

    number: int
    customers: tuple[str, ...]
    marks: tuple[Mark, ...]
    x: float
    y: float
    tags: tuple[TagMark, ...] = ()


@dataclass(frozen=True)
class Segments:
    """All segments, and up to 2,000 customers as `points` (segment, x, y), the first two principal components."""

    model: str
    found: tuple[Segment, ...]
    points: tuple[tuple[int, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the segments with their sizes and marks, without customers."""
        total = sum(len(one.customers) for one in self.found) or 1
        return {
            "model": self.model,
            "customers": total,
            "segments": [
                {
                    "segment": one.number,
                    "customers": len(one.customers),
                    "share": round(len(one.customers) / total, 4),
                    "x": round(one.x, 4),
                    "y": round(one.y, 4),
                    "products": [vars(mark) for mark in one.marks],
                    "tags": [vars(mark) for mark in one.tags],
                }
                for one in self.found
            ],
            "points": [{"segment": s, "x": round(x, 4), "y": round(y, 4)} for s, x, y in self.points],
        }

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield a table for advertising: one line a customer, with the segment and what marks it."""
        yield ("segment", "customer", "products", "tags")
        for one in self.found:
            marked = "; ".join(mark.title or mark.item for mark in one.marks)
            tagged = "; ".join(mark.value for mark in one.tags)
            for customer in one.customers:
                yield (str(one.number), customer, marked, tagged)


def segments(model: BehaviourModel, count: int, seed: int = 7) -> Segments:
    """Return `count` segments of the customers, largest first; BehaviourError where there are fewer customers."""
    crowd = model.crowd
    if not 1 <= count <= MOST_SEGMENTS:
        raise BehaviourError(f"segments are 1 to {MOST_SEGMENTS}, got {count}")
    if len(crowd.names) < count:
        raise BehaviourError(f"{len(crowd.names)} customers cannot be {count} segments")
    vectors = customer_vectors(model)
    label = _clusters(vectors, count, seed)
    order = np.argsort(-np.bincount(label, minlength=count), kind="stable")
    place = np.empty(count, int)
    place[order] = np.arange(count)
    label = place[label]
    flat = _flat(vectors)
    found = tuple(
        Segment(
            number + 1,
            tuple(crowd.names[label == number].tolist()),
            _marks(model, label == number),
            *flat[label == number].mean(axis=0).tolist(),
        )
        for number in range(count)
        if (label == number).any()
    )
    return Segments(model.name, found, _points(flat, label, seed))


def customer_vectors(model: BehaviourModel) -> np.ndarray:
    """Return the direction of every customer of the crowd, (customers, d)."""
    crowd = model.crowd
    order = np.argsort(crowd.customer, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(crowd.customer, minlength=len(crowd.names)))]
    found = np.zeros((len(crowd.names), model.parts.vectors.shape[1]))
    for customer in range(len(crowd.names)):
        rows = order[starts[customer] : starts[customer + 1]]
        rows = rows[np.argsort(crowd.last[rows], kind="stable")][-1000:]
        history = History(crowd.item[rows], crowd.last[rows], np.arange(len(rows)))
        found[customer] = model.parts.customer_vector(history, crowd.day)
    return unit(found)


def _clusters(vectors: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the cluster of each vector; the first middles are spread as k-means++ does (Arthur & Vassilvitskii)."""
    chance = np.random.default_rng(seed)
    middles = vectors[[int(chance.integers(len(vectors)))]]
    while len(middles) < count:
        far = np.maximum(1.0 - (vectors @ middles.T).max(axis=1), 1e-12) ** 2
        middles = np.vstack([middles, vectors[int(chance.choice(len(vectors), p=far / far.sum()))]])
    label = np.full(len(vectors), -1)
    for _ in range(_ROUNDS):
        nearest = (vectors @ middles.T).argmax(axis=1)
        if (nearest == label).all():
            break
        label = nearest
        for number in range(count):
            if (label == number).any():
                middles[number] = unit(vectors[label == number].sum(axis=0))
    return label


def _marks(model: BehaviourModel, members: np.ndarray) -> tuple[Mark, ...]:
    crowd, parts = model.crowd, model.parts
    inside = np.bincount(crowd.item[members[crowd.customer]], minlength=len(parts)) / members.sum()
    usual = np.bincount(crowd.item, minlength=len(parts)) / len(members)
    lift = inside / np.maximum(usual, 1e-9)
    # Bought by many of them, and by more than elsewhere: the share times the logarithm of the lift.
    worth = np.where(inside >= _LEAST_BUYERS, inside * np.log(np.maximum(lift, 1e-9)), 0.0)
    best = [int(one) for one in np.argsort(-worth, kind="stable")[:MARKS] if worth[one] > 0]
    return tuple(
        Mark(parts.items[one], parts.titles[one], round(float(inside[one]), 4), round(float(lift[one]), 2))
        for one in best
    )


def _flat(vectors: np.ndarray) -> np.ndarray:
    """Return the first two principal components, (customers, 2)."""
    middle = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(middle.T @ middle)
    flat = middle @ axes[:, ::-1][:, :2]
    return np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))


def _points(flat: np.ndarray, label: np.ndarray, seed: int) -> tuple[tuple[int, float, float], ...]:
    chance = np.random.default_rng(seed)
    chosen = np.sort(chance.choice(len(flat), min(_MOST_MAPPED, len(flat)), replace=False))
    return tuple((int(label[one]) + 1, float(flat[one, 0]), float(flat[one, 1])) for one in chosen)


def demand_neighbours(model: BehaviourModel, most: int = NEIGHBOURS) -> Iterator[tuple[str, ...]]:
    """Yield a table for stock planning: a product's complements and substitutes, each with its strength from 0 to 1.

    Complements come in the same orders more than anything else explains (EASE over orders). Substitutes have titles
    alike and the same kind of customers, and do not come in the same orders.
    """
    parts = model.parts
    together, alike = parts.neighbours["ease_orders"], parts.neighbours["content"]
    directions = unit(parts.vectors.astype(np.float64))
    yield ("product", "title", "kind", "neighbour", "neighbour_title", "strength")
    for item in np.flatnonzero(parts.sold).tolist():
        weights = together.weights[item]
        best = np.argsort(-weights, kind="stable")[:most]
        with_it = {int(together.ids[item, one]): float(weights[one]) for one in best if weights[one] >= _LEAST_STRENGTH}
        for other, strength in with_it.items():
            yield _neighbour(parts, item, "complement", other, min(strength, 1.0))
        same = {
            int(other): float(weight) * float(max(directions[item] @ directions[other], 0.0))
            for other, weight in zip(alike.ids[item], alike.weights[item], strict=True)
            if weight > 0 and parts.sold[other] and int(other) not in with_it
        }
        for other, strength in sorted(same.items(), key=lambda pair: -pair[1])[:most]:
            if strength >= _LEAST_STRENGTH:
                yield _neighbour(parts, item, "substitute", other, min(strength, 1.0))


def _neighbour(parts, item: int, kind: str, other: int, strength: float) -> tuple[str, ...]:
    return (parts.items[item], parts.titles[item], kind, parts.items[other], parts.titles[other], f"{strength:.4f}")
