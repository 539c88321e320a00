"""From a history to candidates: what each kind of recommendation scores, diversity, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from plugin_bridge.behaviour.cold import unit
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.parts import MOST_HISTORY, faded
from plugin_bridge.behaviour.protocol import History

Kind = Literal["next", "basket", "favourites"]
KINDS: tuple[Kind, ...] = ("next", "basket", "favourites")
_APART = 0.5  # days between two things of a history that is given without times
_WHY = ("ease_orders", "ease", "knn", "content")
MOST_REASONS = 2
# A product that nobody bought yet stands below those that are as near and were bought.
_COLD_DISCOUNT = 0.7


@dataclass(frozen=True)
class Reason:
    """A thing of the history that speaks for a recommendation, and its share of all that does."""

    item: int
    share: float


def as_history(places: Sequence[int], now: float) -> History:
    """Return places of items, oldest first, as a history that ended a moment ago."""
    latest = np.asarray(places[-MOST_HISTORY:], np.int64)
    times = now - 1.0 - _APART * np.arange(len(latest))[::-1]
    return History(latest, times, np.arange(len(latest)))


def scores_of(model: BehaviourModel, kind: Kind, history: History | None, now: float, context: int = -1) -> np.ndarray:
    """Return the score of every item, -inf for what was never sold.

    Without a history it is what is popular now, where a context (a country) is given: there.
    """
    parts = model.parts
    if history is None or not len(history):
        found = parts.popularity[0].astype(np.float64)
        if 0 <= context < len(parts.by_context):
            # A small country has few orders: what all buy decides where it has none.
            found = np.log1p(parts.by_context[context]) + 0.2 * found
    elif kind == "basket":
        items = np.unique(history.items)
        found = parts.neighbours["ease_orders"].spread(items, np.ones(len(items)))
    elif kind == "favourites":
        found = model.crowd.favourites(history, now)[0][1]
    else:
        return model.scores(history, now)
    return np.where(parts.sold, found, -np.inf)


def why(model: BehaviourModel, kind: Kind, history: History, now: float, item: int) -> list[Reason]:
    """Return what of the history speaks most for an item, strongest first; nothing where no model says."""
    items, strengths = faded(history, now, 90.0)
    said = np.zeros(len(items))
    for name in _WHY if kind != "basket" else _WHY[:1]:
        part = model.parts.neighbours[name]
        spoken = np.where(part.ids[items] == item, np.maximum(part.weights[items], 0.0), 0.0).sum(axis=1) * strengths
        if spoken.any():
            said += spoken / spoken.sum()
    said[items == item] = 0.0
    total = said.sum()
    if total <= 0:
        return []
    best = np.argsort(-said, kind="stable")[:MOST_REASONS]
    return [Reason(int(items[one]), float(said[one] / total)) for one in best if said[one] > 0]


def diverse(
    order: Sequence[int], scores: Sequence[float], vectors: np.ndarray, size: int, diversity: float
) -> list[int]:
    """Return `size` places of `order`, by maximal marginal relevance (Carbonell & Goldstein 1998).

    Args:
        order: places, best first.
        scores: their scores.
        vectors: a vector for each, (len(order), d).
        diversity: 0 takes the best, 1 the least alike.
    """
    if diversity <= 0 or len(order) <= 1:
        return list(order[:size])
    values = np.asarray(scores, np.float64)
    spread = values.max() - values.min()
    worth = (values - values.min()) / spread if spread > 0 else np.ones(len(values))
    directions = unit(vectors.astype(np.float64))
    nearest = np.zeros(len(order))
    left = np.ones(len(order), bool)
    chosen: list[int] = []
    for _ in range(min(size, len(order))):
        gain = np.where(left, (1 - diversity) * worth - diversity * nearest, -np.inf)
        best = int(gain.argmax())
        chosen.append(order[best])
        left[best] = False
        nearest = np.maximum(nearest, directions @ directions[best])
    return chosen


def first_places(scores: np.ndarray, count: int) -> np.ndarray:
    """Return the places of the `count` highest scores, best first."""
    found = np.arange(len(scores)) if count >= len(scores) else np.argpartition(-scores, count)[:count]
    return found[np.lexsort((found, -scores[found]))]


def in_order(
    found: Mapping[str, float], model: BehaviourModel, scores: np.ndarray, *, cold: bool
) -> tuple[list[str], list[float], np.ndarray]:
    """Return candidates, best first, with their scores and vectors; products that nobody bought find their place.

    One of those gets the score that products as near to the customer have, and a little less.
    """
    known = [(one, float(scores[model.place[one]])) for one in found if is_known(model, one, scores)]
    known.sort(key=lambda pair: (-pair[1], pair[0]))
    rows = [model.parts.vectors[model.place[one]] for one, _ in known]
    unknown = [one for one in found if not is_known(model, one, scores) and found[one] > -1.0 + 1e-3] if cold else []
    if unknown and known:
        near = np.array([max(found[one], -1.0) for one, _ in known])
        compared = near > -1.0 + 1e-3
        values = np.array([value for _, value in known])
        if compared.any():
            # Of as many products as were compared, the n-th nearest is worth what the n-th best is.
            nearness, worth = np.sort(near[compared]), np.sort(values[compared])
            known += [(one, float(np.interp(found[one] * _COLD_DISCOUNT, nearness, worth))) for one in unknown]
    elif unknown:
        known = [(one, found[one]) for one in unknown]
    rows += [np.zeros(model.parts.vectors.shape[1], np.float32)] * (len(known) - len(rows))
    order = sorted(range(len(known)), key=lambda place: (-known[place][1], known[place][0]))
    return [known[one][0] for one in order], [known[one][1] for one in order], np.array([rows[one] for one in order])


def is_known(model: BehaviourModel, identity: str, scores: np.ndarray) -> bool:
    place = model.place.get(identity)
    return place is not None and bool(np.isfinite(scores[place]))
