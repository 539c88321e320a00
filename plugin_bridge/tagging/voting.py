"""Votes of labelled neighbours: what they have, weighed by how near they are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plugin_bridge.tagging.deciding import Decider, fit_decider

# A neighbour that is 1 / sharpness less similar weighs e times less.
SHARPNESSES = (5.0, 10.0, 20.0, 40.0)
COUNTS = (5, 10, 20)
_LEAST = 1e-6


@dataclass(frozen=True)
class Neighbour:
    """A labelled product near another one; `similarity` is their mean cosine, `labels` by field."""

    id: str
    title: str
    similarity: float
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Ballot:
    """How neighbours vote on a field: how many, how sharply, and how their shares become confidence."""

    decider: Decider
    count: int
    sharpness: float

    def votes(self, neighbours: Sequence[Neighbour]) -> dict[str, float]:
        """Return the share of the weight that each value of the field has, the largest first."""
        return votes(neighbours, self.decider.field, self.count, self.sharpness)


def votes(neighbours: Sequence[Neighbour], field: str, count: int, sharpness: float) -> dict[str, float]:
    """Return for each value the share of the `count` nearest neighbours' weight, among those that have the field."""
    having = sorted((one for one in neighbours if one.labels.get(field)), key=lambda one: -one.similarity)[:count]
    if not having:
        return {}
    weights = np.exp(sharpness * (np.array([one.similarity for one in having]) - having[0].similarity))
    found: dict[str, float] = defaultdict(float)
    for one, weight in zip(having, weights / weights.sum(), strict=True):
        for value in one.labels[field]:
            found[value] += float(weight)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def fit_ballot(
    field: str,
    asked: Sequence[Sequence[Neighbour]],
    truth: Sequence[Sequence[str]],
    *,
    many: bool,
    precision: float,
) -> Ballot:
    """Return the ballot under which labelled products, each left out of its own vote, are told best.

    `asked[i]` are the neighbours of product i without itself, `truth[i]` its own values.
    """
    settings = [(count, sharpness) for count in COUNTS for sharpness in SHARPNESSES]
    shares = {setting: [votes(one, field, *setting) for one in asked] for setting in settings}
    best = max(settings, key=lambda setting: _likelihood(shares[setting], truth))
    values = [tuple(found) for found in shares[best]]
    chances = [np.array(list(found.values())) for found in shares[best]]
    decider = fit_decider(field, values, chances, truth, many=many, precision=precision)
    return Ballot(decider, *best)


def _likelihood(shares: Sequence[Mapping[str, float]], truth: Sequence[Sequence[str]]) -> float:
    """Return the mean log share of the true values, a smoothed one: a value without votes costs, not all."""
    own = [sum(found.get(value, 0.0) for value in true) for found, true in zip(shares, truth, strict=True)]
    return float(np.log(np.clip(own, _LEAST, 1) * 0.98 + 0.01).mean()) if own else 0.0
