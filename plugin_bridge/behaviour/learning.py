"""Trains the blend: at several earlier days, what was known then is asked for what was bought next.

For each cut inside the rows, the parts are fitted on what lay before it and the first order after it is the target;
no row from `day` on is ever looked at.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from plugin_bridge.behaviour.blend import Blend, averaged
from plugin_bridge.behaviour.crowd import Crowd, crowd_of
from plugin_bridge.behaviour.features import features, rough, view
from plugin_bridge.behaviour.fitting import Tuning, fit_parts
from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.parts import ItemParts
from plugin_bridge.behaviour.protocol import Split, split_at
from plugin_bridge.errors import BehaviourError

CUTS = 14
STEPS = 28  # from cut to cut is a twenty-eighth of the time
MOST_CASES = 2_000  # customers of one cut that are learnt from
MOST_LISTED = 600  # items of a list: the targets, and those that an item model or habit speaks for most
_MEMBERS = 3
Told = Callable[[str], None]


def cut_days(rows: Interactions, day: float, cuts: int = CUTS, steps: int = STEPS) -> list[float]:
    """Return earlier days to learn at, latest first: `steps` make up the whole time, and 40 % of it lie before."""
    first = float(np.floor(rows.first_day))
    step = max(np.floor((day - first) / steps), 1.0)
    found = [day - step * (place + 1) for place in range(cuts)]
    return [one for one in found if one - first >= (day - first) * 0.4]


def learn_blend(
    rows: Interactions,
    day: float,
    tuning: Tuning,
    texts: np.ndarray | None,
    *,
    seed: int = 7,
    cuts: int = CUTS,
    told: Told = lambda message: None,
    figures: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Blend:
    """Return the blend of rows before `day`; raises BehaviourError where the rows are too few."""
    listings = cut_listings(rows, day, tuning, texts, cuts=cuts, told=told)
    return train_blend(listings, seed=seed, figures=figures)


def cut_listings(
    rows: Interactions, day: float, tuning: Tuning, texts: np.ndarray | None, *, cuts: int = CUTS, told: Told
) -> list:
    """Return the lists to learn from, one for each customer of each cut."""
    past = rows.before(day)
    found = []
    for one in cut_days(past, day, cuts):
        told(f"learning what was bought after {one - day:+.0f} days")
        try:
            split = split_at(past, one)
        except BehaviourError:
            continue
        found += listings_of(fit_parts(past, one, tuning, texts), crowd_of(past, one), split)
    if not found:
        raise BehaviourError("the rows are too few to train on: no customer bought before and after an earlier day")
    return found


def train_blend(
    listings: Sequence, *, seed: int, figures: Callable[[int, float], None] = lambda epoch, loss: None
) -> Blend:
    """Return the blend that these lists teach."""
    from encoders.training.behaviour.ranker import RankerRecipe, train_ranker

    # The mean of three networks that began elsewhere is steadier than each of them.
    seeds = [seed * _MEMBERS + member for member in range(_MEMBERS)]
    return averaged([Blend(**train_ranker(listings, RankerRecipe(seed=one), figures)) for one in seeds])


def listings_of(parts: ItemParts, crowd: Crowd, split: Split) -> list:
    """Return one list a customer: the most likely items, and a sample that stands for all others."""
    from encoders.training.behaviour.ranker import Listing

    chance = np.random.default_rng(7)
    found = []
    for case in split.cases[:: -(-len(split.cases) // MOST_CASES)]:
        targets = case.targets[parts.sold[case.targets]]
        if not len(targets):
            continue
        seen = view(parts, crowd, case.history, split.day)
        chosen, offsets = _listed(rough(seen), targets, parts.sold, chance)
        listed = features(parts, seen, case.history, split.day, chosen).astype(np.float16)  # half the memory
        found.append(Listing(listed, np.flatnonzero(np.isin(chosen, targets)), offsets))
    return found


def _listed(
    guess: np.ndarray, targets: np.ndarray, sold: np.ndarray, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the items of a list, and the logarithm of how many items each stands for."""
    usable = np.flatnonzero(sold)
    if len(usable) <= MOST_LISTED:
        return usable, np.zeros(len(usable), np.float32)
    order = np.argpartition(-guess[usable], MOST_LISTED // 2)
    sure = np.union1d(usable[order[: MOST_LISTED // 2]], targets)
    rest = np.setdiff1d(usable, sure, assume_unique=True)
    sample = chance.choice(rest, min(MOST_LISTED // 2, len(rest)), replace=False)
    chosen = np.concatenate([sure, sample])
    offsets = np.zeros(len(chosen), np.float32)
    offsets[len(sure) :] = np.log(len(rest) / len(sample))
    return chosen, offsets


def without(split: Split) -> Split:
    """Return the split with targets that could be recommended, and the cases that have some."""
    cases = [replace(case, targets=case.targets[split.sold[case.targets]]) for case in split.cases]
    return replace(split, cases=tuple(case for case in cases if len(case.targets)))
