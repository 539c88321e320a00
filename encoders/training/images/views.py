"""Views of photos for training: crops, flips, colours. And the activations of a frozen trunk for them, kept on disk."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

from encoders.errors import PictureError
from encoders.images import prepare
from encoders.nets.photonet import PhotoNet
from encoders.nets.processor import multiplies_bfloat16
from encoders.nets.threads import one_thread
from encoders.photosets import Photo
from encoders.pictures import load_picture
from encoders.sessions import available_cores

PHOTOS_AT_ONCE = 8
_SCALE = (0.35, 1.0)
_LOG_RATIO = 0.22
_TURNED, _DEGREES = 0.3, 12.0
_COLOURS = ((ImageEnhance.Brightness, 0.3), (ImageEnhance.Contrast, 0.3), (ImageEnhance.Color, 0.2))


@dataclass(frozen=True)
class Kept:
    """Trunk activations of photos, on disk: `maps` (photos, views, c, h, w) and `before` (photos, views, t), float16.

    View 0 of a photo is the whole photo as it is served; the others are augmented. `labels` is (photos, heads).
    What else follows from them alone may be kept beside them, in `folder`.
    """

    folder: Path
    maps: np.ndarray
    before: np.ndarray
    labels: np.ndarray

    def batch(self, rows: np.ndarray, views: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return maps, taps and labels of some photos, one view each."""
        maps = torch.from_numpy(self.maps[rows, views].astype(np.float32))
        before = torch.from_numpy(self.before[rows, views].astype(np.float32))
        return maps.contiguous(memory_format=torch.channels_last), before, torch.from_numpy(self.labels[rows])


def augmented(picture: np.ndarray, size: int, chance: np.random.Generator) -> np.ndarray:
    """Return a random view of a picture, uint8 (size, size, 3): a crop, perhaps mirrored and turned, other colours.

    Drawn from `chance` alone, so that threads and repeated runs make the same views.
    """
    image = Image.fromarray(picture)
    area, ratio = chance.uniform(*_SCALE), float(np.exp(chance.uniform(-_LOG_RATIO, _LOG_RATIO)))
    width = min(image.width, max(1, round(np.sqrt(area * image.width * image.height * ratio))))
    height = min(image.height, max(1, round(np.sqrt(area * image.width * image.height / ratio))))
    left, top = chance.integers(0, image.width - width + 1), chance.integers(0, image.height - height + 1)
    if chance.random() < _TURNED:
        angle = float(chance.uniform(-_DEGREES, _DEGREES))
        image = image.rotate(angle, Image.Resampling.BILINEAR, fillcolor=(255, 255, 255))
    box = (int(left), int(top), int(left) + width, int(top) + height)
    image = image.resize((size, size), Image.Resampling.BICUBIC, box=box)
    if chance.random() < 0.5:
        image = ImageOps.mirror(image)
    for change, strength in _COLOURS:
        image = change(image).enhance(float(chance.uniform(1 - strength, 1 + strength)))
    return np.asarray(image)


def readable(photos: Sequence[Photo], refused: Callable[[str], None]) -> list[Photo]:
    """Return the photos that can be decoded; `refused` is told about each other one."""
    found = []
    for photo in photos:
        try:
            load_picture(photo.path, name=photo.id)
            found.append(photo)
        except PictureError as error:
            refused(str(error))
    return found


def view_of(photo: Photo, view: int, preprocessing: dict[str, Any], seed: int) -> np.ndarray:
    """Return a view of a photo, uint8 (size, size, 3): 0 is the one that is served, others are drawn from `seed`."""
    picture = load_picture(photo.path, name=photo.id, longest=2 * int(preprocessing["size"]))
    if view == 0:
        return prepare(picture, preprocessing)
    drawn = hashlib.sha256(f"{seed}:{photo.id}:{view}".encode()).digest()
    chance = np.random.default_rng(int.from_bytes(drawn[:8], "big"))
    return augmented(picture, int(preprocessing["size"]), chance)


def kept_activations(
    net: PhotoNet,
    photos: Sequence[Photo],
    folder: Path,
    *,
    views: int,
    preprocessing: dict[str, Any],
    key: str,
    seed: int = 7,
    done: Callable[[int], None] = lambda count: None,
) -> Kept:
    """Run the trunk over `views` views of each photo, or read what an earlier run kept; a killed run goes on.

    `key` names the network's weights. `done` is told how many photos were finished.
    """
    stated = [key, net.cut, views, preprocessing, seed, [(photo.id, photo.path.stat().st_size) for photo in photos]]
    name = hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:24]
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    with torch.inference_mode():
        first, taps = net.trunk(torch.zeros((1, preprocessing["size"], preprocessing["size"], 3), dtype=torch.uint8))
    shapes = {"maps": (len(photos), views, *first.shape[1:]), "before": (len(photos), views, taps.shape[1])}
    arrays = {one: _opened(target / f"{one}.f16", shape) for one, shape in shapes.items()}
    labels = np.asarray([photo.labels for photo in photos], np.int64)
    marks = _opened(target / "done.f16", (len(photos),))
    todo = [row for row in range(len(photos)) if not marks[row]]
    done(len(photos) - len(todo))

    def run(rows: Sequence[int]) -> int:
        for view in range(views):
            pixels = np.stack([view_of(photos[row], view, preprocessing, seed) for row in rows])
            # 16-bit products where the processor has them: twice as quick, and kept in 16 bits anyway.
            half = views > 1 and multiplies_bfloat16()
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
                maps, before = net.trunk(torch.from_numpy(pixels))
            arrays["maps"][rows, view] = maps.float().numpy()
            arrays["before"][rows, view] = before.float().numpy()
        marks[rows] = 1
        return len(rows)

    chunks = [todo[start : start + PHOTOS_AT_ONCE] for start in range(0, len(todo), PHOTOS_AT_ONCE)]
    with one_thread(), ThreadPoolExecutor(available_cores()) as pool:
        for count in pool.map(run, chunks):
            done(count)
    for array in (*arrays.values(), marks):
        array.flush()
    return Kept(target, arrays["maps"], arrays["before"], labels)


def _opened(path: Path, shape: tuple[int, ...]) -> np.memmap:
    """Open a float16 array on disk, zeros where it is new."""
    expected = int(np.prod(shape)) * 2
    mode: Any = "r+" if path.is_file() and path.stat().st_size == expected else "w+"
    return np.memmap(path, np.float16, mode, shape=shape)
