"""Where the loop's batches come from: activations kept on disk, or the photos themselves."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from encoders.nets.photonet import PhotoNet
from encoders.photosets import Photo
from encoders.sessions import available_cores
from encoders.training.images.loop import Batch
from encoders.training.images.views import Kept, view_of

VAL_BATCH = 64
# How often a val photo comes when it is learned from: there are fewer of them, and they are from elsewhere.
VAL_TURNS = 2


class KeptPhotos:
    """Batches from activations on disk: another view of each photo every epoch, half of them mirrored."""

    def __init__(self, train: Kept, val: Kept, icons: Kept | None, icon_turns: int) -> None:
        self._parts = (train,) if icons is None else (train, *[icons] * icon_turns)
        self._val = val

    def epoch(self, chance: np.random.Generator, batch: int, *, together: bool = False) -> Iterator[Batch]:
        """Return the training photos and the icons once each turn, in random order; `together` with the val photos."""
        parts = (*self._parts, *([self._val] * VAL_TURNS if together else ()))
        rows = np.concatenate([np.full(len(part.labels), at) for at, part in enumerate(parts)])
        within = np.concatenate([np.arange(len(part.labels)) for part in parts])
        order = chance.permutation(len(rows))
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            if len(some) < 2:
                continue
            pieces = []
            for at, part in enumerate(parts):
                mine = within[some[rows[some] == at]]
                if len(mine):
                    pieces.append(part.batch(mine, chance.integers(0, part.maps.shape[1], len(mine))))
            maps, before, labels = (torch.cat(column) for column in zip(*pieces, strict=True))
            flip = torch.from_numpy(chance.random(len(maps)) < 0.5)
            yield torch.where(flip[:, None, None, None], maps.flip(3), maps), before, labels

    def val(self) -> Iterator[Batch]:
        """Return the val photos, view 0."""
        for start in range(0, len(self._val.labels), VAL_BATCH):
            rows = np.arange(start, min(start + VAL_BATCH, len(self._val.labels)))
            yield self._val.batch(rows, np.zeros(len(rows), np.int64))


class LivePhotos:
    """Batches from photos: decoded and changed by threads while the network is at the batch before."""

    def __init__(
        self,
        net: PhotoNet,
        train: Sequence[Photo],
        val: Sequence[Photo],
        preprocessing: dict[str, Any],
        seed: int,
    ) -> None:
        self._net, self._train, self._val = net, train, val
        self._preprocessing, self._seed = preprocessing, seed
        self._pool = ThreadPoolExecutor(available_cores(), "photos")

    def epoch(self, chance: np.random.Generator, batch: int, *, together: bool = False) -> Iterator[Batch]:
        """Return the training photos once, each in a view of its own; `together` with the val photos."""
        photos = [*self._train, *([*self._val] * VAL_TURNS if together else ())]
        order, view = chance.permutation(len(photos)), int(chance.integers(1, 1 << 30))
        groups = [order[start : start + batch] for start in range(0, len(order), batch)]
        yield from self._batches([[photos[at] for at in group] for group in groups if len(group) > 1], view)

    def val(self) -> Iterator[Batch]:
        """Return the val photos as they are served."""
        yield from self.plain(self._val)

    def plain(self, photos: Sequence[Photo]) -> Iterator[Batch]:
        """Return any photos as they are served."""
        yield from self._batches([photos[start : start + VAL_BATCH] for start in range(0, len(photos), VAL_BATCH)], 0)

    def _batches(self, groups: Sequence[Sequence[Photo]], view: int) -> Iterator[Batch]:
        def load(group: Sequence[Photo]) -> list[Any]:
            return [self._pool.submit(view_of, one, view, self._preprocessing, self._seed) for one in group]

        waiting = load(groups[0]) if groups else []
        for at, group in enumerate(groups):
            following = load(groups[at + 1]) if at + 1 < len(groups) else []
            pixels = torch.from_numpy(np.stack([one.result() for one in waiting]))
            waiting = following
            device = self._net.pixel_mean.device
            maps, before = self._net.trunk(pixels.to(device))
            yield maps, before, torch.tensor([photo.labels for photo in group])
