"""What the blend looks at for a customer and every item: the item models' scores, habits, popularity.

One function for training and for serving, so that the two cannot drift apart. All is numpy.
"""

from dataclasses import dataclass

import numpy as np

from plugin_bridge.behaviour.crowd import Crowd
from plugin_bridge.behaviour.parts import ItemParts, faded
from plugin_bridge.behaviour.protocol import History

_TINY = 1e-6
_HALF_LIVES = (60.0, 20.0, 200.0)
_LATELY = 30.0


@dataclass(frozen=True)
class Habits:
    """What a customer did with each item, (items,): orders with it, days since the last, whether in the last order,
    and the orders with it faded by each of three half-lives."""

    orders: np.ndarray
    since: np.ndarray
    in_last: np.ndarray
    faded: tuple[np.ndarray, ...]
    orders_in_all: int


def habits(history: History, now: float, items: int) -> Habits:
    """Return the habits of one history."""
    pairs, first = np.unique(history.orders.astype(np.int64) * items + history.items, return_index=True)
    bought, times = pairs % items, history.times[first]
    last = np.full(items, -np.inf)
    np.maximum.at(last, bought, times)
    in_last = np.zeros(items)
    in_last[history.items[history.orders == history.orders[-1]]] = 1.0
    age = np.maximum(now - times, 0.0)
    return Habits(
        orders=np.bincount(bought, minlength=items).astype(np.float64),
        since=np.where(np.isfinite(last), np.maximum(now - last, 0.0), 0.0),
        in_last=in_last,
        faded=tuple(np.bincount(bought, weights=0.5 ** (age / life), minlength=items) for life in _HALF_LIVES),
        orders_in_all=len(np.unique(history.orders)),
    )


def item_scores(
    parts: ItemParts, history: History, now: float, half_life: float | None = 90.0
) -> dict[str, np.ndarray]:
    """Return what each item model says for every item, by name."""
    usual, recent = faded(history, now, half_life), faded(history, now, _LATELY)
    found = {name: one.spread(*usual) for name, one in parts.neighbours.items()}
    found["ease_lately"] = parts.neighbours["ease"].spread(*recent)
    found["als"] = parts.vectors @ parts.customer_vector(history, now).astype(np.float32)
    return found


SCORES = ("knn", "ease", "ease_lately", "ease_recent", "ease_orders", "content", "als", "crowd_30", "crowd_90")
FEATURES = 2 * len(SCORES) + len(_HALF_LIVES) + 5 + 7 + 2 + 4


def features(parts: ItemParts, crowd: Crowd, history: History, now: float) -> np.ndarray:
    """Return the features of every item for one customer, shape (items, FEATURES), float32."""
    width = len(parts)
    said = item_scores(parts, history, now)
    said["crowd_30"], said["crowd_90"] = crowd.favourites(history, now)[0]
    own = habits(history, now, width)
    columns: list[np.ndarray] = []
    for name in SCORES:
        scaled = said[name] / (said[name].std() + _TINY)
        columns += [scaled / 4, np.sqrt(np.maximum(scaled, 0.0))]
    columns += [np.log(one + 0.02) / 2 + 2 for one in own.faded]
    middle = parts.popularity[:, parts.sold].mean(axis=1, keepdims=True)
    columns += list(parts.popularity - middle)
    columns += [parts.popularity[1] - parts.popularity[2], np.log1p(parts.age) - 5]
    owned = (own.orders > 0).astype(np.float64)
    gap = np.log1p(max(now - history.times[-1], 0.0)) / 3
    columns += [owned, np.log1p(own.orders), np.log1p(own.since) * owned / 4, own.in_last]
    columns += [owned * np.log1p(own.orders_in_all), owned * gap, owned * own.orders / own.orders_in_all]
    kinds = len(np.unique(history.items))
    columns += [np.full(width, np.log(kinds) / 4), np.full(width, np.log1p(own.orders_in_all) / 3)]
    # How long the customer usually waits from order to order, and whether that time has passed for an item.
    between = (history.times[-1] - history.times[0]) / max(own.orders_in_all - 1, 1)
    columns += [np.full(width, np.log1p(between) / 3), owned * np.log((1 + own.since) / (1 + between)) / 2]
    columns += [owned * np.log(parts.repeat + 0.01), parts.repeat * 2]
    return np.stack(columns, axis=-1).astype(np.float32)
