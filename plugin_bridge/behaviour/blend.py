"""The blend: a small network over the features, trained to rank what the next order holds. Served with numpy."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plugin_bridge.behaviour.crowd import Crowd
from plugin_bridge.behaviour.features import features, rough, view
from plugin_bridge.behaviour.parts import ItemParts
from plugin_bridge.behaviour.protocol import History
from plugin_bridge.errors import BehaviourError

BLEND_FILE = "blend.npz"
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Blend:
    """score = f . straight + relu(f . inner + inner_bias) . outer, with f the features of an item."""

    straight: np.ndarray
    inner: np.ndarray
    inner_bias: np.ndarray
    outer: np.ndarray

    def of(self, found: np.ndarray) -> np.ndarray:
        """Return the score of each row of features."""
        hidden = np.maximum(found @ self.inner + self.inner_bias, 0.0)
        return found @ self.straight + hidden @ self.outer

    def scores(
        self, parts: ItemParts, crowd: Crowd, history: History, now: float, most: int | None = MOST_LOOKED_AT
    ) -> np.ndarray:
        """Return the score of every item for a customer, -inf for what was never sold.

        Only the `most` likeliest items are looked at closely (None: all); the others stand below them, in the order
        of what they were chosen by.
        """
        seen = view(parts, crowd, history, now)
        guess = np.where(parts.sold, rough(seen), -np.inf)
        chosen = np.flatnonzero(parts.sold)
        if most is not None and len(chosen) > most:
            chosen = np.argpartition(-guess, most)[:most]
        close = self.of(features(parts, seen, history, now, chosen))
        found = guess + (close.min() - guess.max() - 1.0)
        found[chosen] = close
        return found


def averaged(blends: list[Blend]) -> Blend:
    """Return the blend whose score is the mean of several: their inner layers side by side."""
    share = 1 / len(blends)
    return Blend(
        straight=np.mean([one.straight for one in blends], axis=0),
        inner=np.concatenate([one.inner for one in blends], axis=1),
        inner_bias=np.concatenate([one.inner_bias for one in blends]),
        outer=np.concatenate([one.outer * share for one in blends]),
    )


def save_blend(folder: Path, blend: Blend) -> Path:
    """Write the weights into a folder; returns the file."""
    path = folder / BLEND_FILE
    np.savez(path, **vars(blend))
    return path


def load_blend(folder: Path) -> Blend:
    """Read the weights of a folder; BehaviourError where they are damaged."""
    path = folder / BLEND_FILE
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Blend(**{name: kept[name] for name in ("straight", "inner", "inner_bias", "outer")})
    except (OSError, ValueError, KeyError) as error:
        raise BehaviourError(f"{path} cannot be read: {error}; `kindred train behaviour` makes it again") from error
