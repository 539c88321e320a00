"""All ways to recommend behind one interface: what a history speaks for, a score for every item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from plugin_bridge.behaviour.blend import Blend
from plugin_bridge.behaviour.crowd import Crowd
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.parts import ItemParts, faded
from plugin_bridge.behaviour.protocol import History

HALF_LIFE = 60.0
_FILLING = 1e-7


class Recommender(Protocol):
    """One way to recommend."""

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the score of every item, shape (items,), for a customer with this history at `now` (days)."""
        ...


@dataclass(frozen=True)
class Popularity:
    """What most customers bought in the last month."""

    parts: ItemParts

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the same for everybody."""
        return self.parts.popularity[0]


@dataclass(frozen=True)
class OwnHistory:
    """What the customer itself bought, each order fading by half in `half_life` days; then what is popular."""

    parts: ItemParts
    half_life: float = HALF_LIFE

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the faded number of orders with each item."""
        width = len(self.parts)
        pairs, first = np.unique(history.orders.astype(np.int64) * width + history.items, return_index=True)
        strengths = 0.5 ** (np.maximum(now - history.times[first], 0.0) / self.half_life)
        own = np.bincount(pairs % width, weights=strengths, minlength=width)
        # Whoever bought fewer than are shown gets the rest filled up: without, the baseline would be too weak.
        return own + _FILLING * self.parts.popularity[0]


@dataclass(frozen=True)
class NeighbourScores:
    """An item-to-item model (`knn`, `ease`, ...) over a history that fades by `half_life`."""

    parts: ItemParts
    name: str
    half_life: float | None

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return what the history's items say for every item."""
        return self.parts.neighbours[self.name].spread(*faded(history, now, self.half_life))


@dataclass(frozen=True)
class Factors:
    """Implicit ALS: the customer's factors times the items'."""

    parts: ItemParts

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the product of the factors."""
        return self.parts.vectors @ self.parts.customer_vector(history, now).astype(np.float32)


@dataclass(frozen=True)
class Blended:
    """The blend of all item models with habits and the crowd."""

    parts: ItemParts
    crowd: Crowd
    blend: Blend

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the blend's score."""
        return self.blend.scores(self.parts, self.crowd, history, now)


@dataclass(frozen=True)
class Stored:
    """A model of the store, asked about the items of other rows; what it does not know is never recommended."""

    model: BehaviourModel
    items: tuple[str, ...]

    def scores(self, history: History, now: float) -> np.ndarray:
        """Return the model's score of every item."""
        place = self.model.place
        ids = [self.items[one] for one in history.items]
        known = [number for number, one in enumerate(ids) if one in place]
        if not known:
            return np.zeros(len(self.items))
        ours = History(np.array([place[ids[one]] for one in known]), history.times[known], history.orders[known])
        said = self.model.scores(ours, now)
        return np.array([said[place[one]] if one in place else -np.inf for one in self.items])


def all_scores(way: Recommender, histories: Sequence[History], now: float, sold: np.ndarray) -> np.ndarray:
    """Return the scores of many histories, (histories, items); -inf for what was never sold."""
    found = np.stack([way.scores(one, now) for one in histories]).astype(np.float32)
    found[:, ~sold] = -np.inf
    return found


def classical(parts: ItemParts, half_lives: Mapping[str, float | None]) -> dict[str, Recommender]:
    """Return the baselines over some parts; `half_lives` are those of the histories by model."""
    return {
        "popularity": Popularity(parts),
        "own_history": OwnHistory(parts),
        "item_knn": NeighbourScores(parts, "knn", half_lives["knn"]),
        "ease": NeighbourScores(parts, "ease", half_lives["ease"]),
        "als": Factors(parts),
    }
