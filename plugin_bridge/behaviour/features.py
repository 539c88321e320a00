"""What the blend looks at for a customer and an item: the item models' scores, habits, popularity.

What is cheap is reckoned for every item; the features only for those that may come first. One function for training and
for serving, so that the two cannot drift apart. All is numpy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from plugin_bridge.behaviour.crowd import Crowd
from plugin_bridge.behaviour.parts import ItemParts, faded
from plugin_bridge.behaviour.protocol import History

_TINY = 1e-6
_HALF_LIVES = (60.0, 20.0, 200.0)
_ORDER_DECAYS = (0.9, 0.7)  # from an order to the one before it, as TIFU-kNN counts (Hu et al. 2020)
_LATELY = 30.0


@dataclass(frozen=True)
class Habits:
    """What a customer did with each item, (items,): orders with it, days since the last, whether in the last order,
    the orders with it faded by each of three half-lives, and by each of two shares from order to order."""

    orders: np.ndarray
    since: np.ndarray
    in_last: np.ndarray
    faded: tuple[np.ndarray, ...]
    decayed: tuple[np.ndarray, ...]
    orders_in_all: int


@dataclass(frozen=True)
class View:
    """What is known of a customer and every item: `scores` (items,) of each item model, of like spread, and habits."""

    scores: Mapping[str, np.ndarray]
    own: Habits


def habits(history: History, now: float, items: int) -> Habits:
    """Return the habits of one history."""
    pairs, first = np.unique(history.orders.astype(np.int64) * items + history.items, return_index=True)
    bought, times = pairs % items, history.times[first]
    last = np.full(items, -np.inf)
    np.maximum.at(last, bought, times)
    in_last = np.zeros(items)
    in_last[history.items[history.orders == history.orders[-1]]] = 1.0
    age = np.maximum(now - times, 0.0)
    numbers, begun = np.unique(history.orders, return_index=True)
    rank = np.empty(len(numbers), int)
    rank[np.argsort(-history.times[begun], kind="stable")] = np.arange(len(numbers))
    place = rank[np.searchsorted(numbers, pairs // items)]
    return Habits(
        orders=np.bincount(bought, minlength=items).astype(np.float64),
        since=np.where(np.isfinite(last), np.maximum(now - last, 0.0), 0.0),
        in_last=in_last,
        faded=tuple(np.bincount(bought, weights=0.5 ** (age / life), minlength=items) for life in _HALF_LIVES),
        decayed=tuple(np.bincount(bought, weights=share**place, minlength=items) for share in _ORDER_DECAYS),
        orders_in_all=len(numbers),
    )


def view(parts: ItemParts, crowd: Crowd, history: History, now: float, half_life: float | None = 90.0) -> View:
    """Return what the item models, the crowd and the customer's own orders say for every item."""
    usual, recent = faded(history, now, half_life), faded(history, now, _LATELY)
    said = {name: one.spread(*usual) for name, one in parts.neighbours.items()}
    said["ease_lately"] = parts.neighbours["ease"].spread(*recent)
    said["als"] = parts.vectors @ parts.customer_vector(history, now).astype(np.float32)
    said["crowd_30"], said["crowd_90"] = crowd.favourites(history, now)[0]
    return View(
        {name: said[name] / (said[name].std() + _TINY) for name in SCORES},
        habits(history, now, len(parts)),
    )


SCORES = ("knn", "ease", "ease_lately", "ease_recent", "ease_orders", "content", "als", "crowd_30", "crowd_90")
_ROUGH = ("knn", "ease", "ease_recent", "ease_orders", "crowd_30", "crowd_90")
FEATURES = 2 * len(SCORES) + len(_HALF_LIVES) + 5 + 7 + 2 + 4 + len(_ORDER_DECAYS)


def rough(seen: View) -> np.ndarray:
    """Return a score of every item, (items,), that alone finds most of what is bought: to choose what is looked at."""
    found = np.log(seen.own.faded[0] + 0.02) / 2 + 2
    for name in _ROUGH:
        found += np.sqrt(np.maximum(seen.scores[name], 0.0))
    return found


def features(parts: ItemParts, seen: View, history: History, now: float, chosen: np.ndarray) -> np.ndarray:
    """Return the features of the items `chosen` (their places) for one customer, (chosen, FEATURES), float32."""
    width, own = len(chosen), seen.own
    columns: list[np.ndarray] = []
    for name in SCORES:
        scaled = seen.scores[name][chosen]
        columns += [scaled / 4, np.sqrt(np.maximum(scaled, 0.0))]
    columns += [np.log(one[chosen] + 0.02) / 2 + 2 for one in own.faded]
    popularity = parts.popularity[:, chosen]
    columns += list(popularity - parts.usual_popularity[:, None])
    columns += [popularity[1] - popularity[2], np.log1p(parts.age[chosen]) - 5]
    orders, since = own.orders[chosen], own.since[chosen]
    owned = (orders > 0).astype(np.float64)
    gap = np.log1p(max(now - history.times[-1], 0.0)) / 3
    columns += [owned, np.log1p(orders), np.log1p(since) * owned / 4, own.in_last[chosen]]
    columns += [owned * np.log1p(own.orders_in_all), owned * gap, owned * orders / own.orders_in_all]
    kinds = len(np.unique(history.items))
    columns += [np.full(width, np.log(kinds) / 4), np.full(width, np.log1p(own.orders_in_all) / 3)]
    # How long the customer usually waits from order to order, and whether that time has passed for an item.
    between = (history.times[-1] - history.times[0]) / max(own.orders_in_all - 1, 1)
    columns += [np.full(width, np.log1p(between) / 3), owned * np.log((1 + since) / (1 + between)) / 2]
    repeat = parts.repeat[chosen]
    columns += [owned * np.log(repeat + 0.01), repeat * 2]
    columns += [np.log(one[chosen] + 0.02) / 2 + 2 for one in own.decayed]
    return np.stack(columns, axis=-1).astype(np.float32)
