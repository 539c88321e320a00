"""The crowd: what customers bought, so that those who bought alike can speak for each other.

Rows carry hashes of customers, for their deletion; nothing else in a trained model is about single customers. Needs
numpy only. Similarity is the cosine of faded purchases weighted by rarity.
"""

import os
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from plugin_bridge.behaviour.interactions import Interactions
from plugin_bridge.behaviour.parts import faded
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

CROWD_FILE = "crowd.npz"
HALF_LIFE = 120.0
NEAREST = 200
_SAME = 0.999  # so alike is only the customer itself
_SHARPER = 1.5
_VIEWS = (30.0, 90.0)


@dataclass(frozen=True)
class Crowd:
    """Different items of each customer, (entries,), sorted by customer: place of the customer, item, last day."""

    names: np.ndarray
    customer: np.ndarray
    item: np.ndarray
    last: np.ndarray
    items: int
    day: float

    def favourites(self, history: History, now: float) -> tuple[np.ndarray, np.ndarray]:
        """Return (2, items): what the most similar customers bought, fading in 30 and in 90 days, and who they are.

        The second value holds the similarity of every customer, 0 for all but the nearest.
        """
        kept = self._index()
        items, strengths = faded(history, now, HALF_LIFE)
        own = strengths * kept.rarity[items]
        length = float(np.sqrt((own**2).sum())) or 1.0
        firsts, ends = kept.of_item[items], kept.of_item[items + 1]
        rows = kept.by_item[_ranges(firsts, ends)]
        said = np.repeat(own, ends - firsts) * kept.strength[rows]
        near = np.bincount(self.customer[rows], weights=said, minlength=len(self.names)).astype(np.float64)
        near /= np.maximum(kept.norm, 1e-9) * length
        near[near > _SAME] = 0.0
        if len(near) > NEAREST:
            near[near < np.partition(near, -NEAREST)[-NEAREST]] = 0.0
        near **= _SHARPER
        who = np.flatnonzero(near)
        rows = _ranges(kept.of_customer[who], kept.of_customer[who + 1])
        loud = near[self.customer[rows]]
        found = [np.bincount(self.item[rows], weights=loud * one[rows], minlength=self.items) for one in kept.fresh]
        return np.stack(found), near

    def without(self, gone: Iterable[str]) -> "Crowd":
        """Return the crowd without some customers, given by their hashes."""
        left = ~np.isin(self.names, list(gone))
        place = np.cumsum(left) - 1
        rows = left[self.customer]
        return Crowd(
            self.names[left], place[self.customer[rows]], self.item[rows], self.last[rows], self.items, self.day
        )

    def _index(self) -> "_Index":
        """Return what every question needs, made once."""
        found = self.__dict__.get("_kept_index")
        if found is None:
            count = np.bincount(self.item, minlength=self.items)
            rarity = np.log(max(len(self.names), 2) / (1.0 + count)).clip(min=0.0)
            age = np.maximum(self.day - self.last, 0.0)
            strength = rarity[self.item] * 0.5 ** (age / HALF_LIFE)
            found = _Index(
                rarity=rarity,
                strength=strength,
                norm=np.sqrt(np.bincount(self.customer, weights=strength**2, minlength=len(self.names))),
                by_item=np.argsort(self.item, kind="stable"),
                of_item=np.r_[0, np.cumsum(count)],
                of_customer=np.r_[0, np.cumsum(np.bincount(self.customer, minlength=len(self.names)))],
                fresh=tuple(0.5 ** (age / life) for life in _VIEWS),
            )
            object.__setattr__(self, "_kept_index", found)
        return found


@dataclass(frozen=True)
class _Index:
    """Of a crowd: rarity by item; strength and two freshnesses by entry; lengths of customers; entries by item and by
    customer: where each one's begin, of items within `by_item`."""

    rarity: np.ndarray
    strength: np.ndarray
    norm: np.ndarray
    by_item: np.ndarray
    of_item: np.ndarray
    of_customer: np.ndarray
    fresh: tuple[np.ndarray, ...]


def _ranges(firsts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the numbers from each first up to its end, one range after the other."""
    lengths = ends - firsts
    return np.repeat(firsts - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(lengths.sum())


def crowd_of(rows: Interactions, day: float) -> Crowd:
    """Return the crowd of the rows before a day."""
    past = rows.before(day)
    width = len(rows.items)
    keys = past.customer[::-1].astype(np.int64) * width + past.item[::-1]
    places, latest = np.unique(keys, return_index=True)
    who, customer = np.unique(places // width, return_inverse=True)
    names = np.array([rows.customers[one] for one in who])
    return Crowd(
        names, customer.astype(np.int32), (places % width).astype(np.int32), past.time[::-1][latest], width, day
    )


def save_crowd(folder: Path, crowd: Crowd) -> Path:
    """Write the crowd into a folder, whole or not at all; returns the file."""
    path = folder / CROWD_FILE
    draft = folder / f".{os.getpid()}-{CROWD_FILE}"
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in vars(crowd).items() if name[0] != "_"}
    np.savez_compressed(draft, **arrays)
    draft.replace(path)
    return path


def load_crowd(folder: Path) -> Crowd:
    """Read the crowd of a folder; BehaviourError where it is damaged."""
    path = folder / CROWD_FILE
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in ("names", "customer", "item", "last")}
            return Crowd(**arrays, items=int(kept["items"]), day=float(kept["day"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; `kindred train behaviour` makes it again") from error
