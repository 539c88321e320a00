"""`kindred train images`: from a folder of labelled photos to a classifier and image encoder in the store."""

import copy
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from encoders.cards import ModelCard
from encoders.errors import TrainingError
from encoders.homes import cache_home, data_home
from encoders.nets.backbones import Backbone, load_backbone
from encoders.nets.photonet import PhotoNet, SharedTrunk
from encoders.photosets import Photo, PhotoSet
from encoders.store import ModelStore
from encoders.training.images.install import Trained, install_trained
from encoders.training.images.loop import CHECKPOINT, State, train
from encoders.training.images.recipe import Recipe
from encoders.training.images.sources import KeptPhotos, LivePhotos
from encoders.training.images.start import start_heads
from encoders.training.images.views import Kept, kept_activations, readable

RESIZE = {"resize": "pad", "interpolation": "bicubic"}
# Photos from whose views the first heads are made; more views change them little and take longer.
START_VIEWS = 4
_AT_ONCE = 64
# Seeds of a network's tails lie this far apart: those of networks trained with seeds in a row stay their own.
_SEEDS_APART = 1000


@dataclass(frozen=True)
class Outcome:
    """What a training made: the models, how it went, photos left out, and the seconds it took."""

    cards: tuple[ModelCard, ...]
    state: State
    photos: int
    left_out: tuple[str, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as the last line of `kindred train images --json` gives it."""
        return {
            "models": [asdict(card) for card in self.cards],
            "best_epoch": self.state.best_epoch,
            "val_score": self.state.best,
            "epochs": self.state.history,
            "photos": self.photos,
            "left_out": list(self.left_out),
            "seconds": round(self.seconds, 1),
        }


@dataclass
class Job:
    """One training on its way: what is trained on what, and who is told."""

    photos: PhotoSet
    recipe: Recipe
    backbone: Backbone
    net: PhotoNet
    train: list[Photo]
    val: list[Photo]
    icons: list[Photo]
    left_out: list[str]
    tell: Callable[[Mapping[str, Any]], None]


def train_images(
    photos: PhotoSet,
    name: str,
    store: ModelStore,
    recipe: Recipe,
    *,
    weights: Path | None = None,
    tell: Callable[[Mapping[str, Any]], None] = lambda event: None,
    work: Path | None = None,
    keep: Path | None = None,
    threads: int = 0,
) -> Outcome:
    """Train on the folder's train photos, stop by its val photos, learn from these too, install NAME and NAME-int8.

    Args:
        weights: file of weights for a network that comes without.
        tell: gets progress, one mapping per step, each with an `event`.
        work: folder of checkpoint and TensorBoard logs; default: `training/images-NAME` in the data home.
        keep: folder of kept activations; default: in the cache home.
        threads: how many threads torch uses; 0: its own choice.

    Raises:
        TrainingError: no photo can be read, or there is only one class.
        PhotoSetError, SourceError, ParityError: as their makers say.
    """
    started = time.monotonic()
    if threads:
        torch.set_num_threads(threads)
    store.folder(name)  # refuses a name that no model can have, before any work is done
    job = _job(photos, recipe, weights, tell)
    work = work or data_home() / "training" / f"images-{name}"
    work.mkdir(parents=True, exist_ok=True)
    source = _source(job, keep or cache_home() / "activations")
    plan = [job.backbone.revision, [(one.id, one.labels) for one in (*job.train, *job.val, *job.icons)]]
    key = hashlib.sha256(json.dumps(plan).encode()).hexdigest()[:24]
    state, net, unseeing = _tails(job, source, work, key)
    trained = Trained(
        name,
        net,
        recipe.dimension,
        photos.heads,
        {"size": job.backbone.size, **RESIZE},
        licence=f"network: {job.backbone.licence}; trained on your photos",
        revision=f"{job.backbone.revision}-{recipe.seed}",
        source=f"{job.backbone.source}, trained on {photos.folder.name}, "
        + ("its val photos too" if recipe.last else "its val photos kept apart"),
        unseeing=unseeing if recipe.last else None,
    )
    report = lambda step: tell({"event": "step", "step": step})  # noqa: E731
    cards = install_trained(trained, job.train, job.val, store, report)
    for checkpoint in work.rglob(CHECKPOINT):
        checkpoint.unlink()  # done: the next training of this name starts anew
    return Outcome(tuple(cards), state, len(job.train), tuple(job.left_out), time.monotonic() - started)


def _job(photos: PhotoSet, recipe: Recipe, weights: Path | None, tell: Callable[[Mapping[str, Any]], None]) -> Job:
    left_out = [f"{one}: no such file" for one in photos.missing]
    found = photos.photos("train")
    tell({"event": "step", "step": f"reading {len(found):,} photos"})
    train_photos = readable(found, left_out.append)
    val = readable(photos.splits.get("val", ()), left_out.append)
    for one in left_out:
        tell({"event": "left out", "photo": one})
    if len({photo.labels[0] for photo in train_photos} - {-1}) < 2:
        raise TrainingError(
            f"{photos.folder}: {len(train_photos)} train photos can be read, of fewer than two classes; "
            f"{len(left_out)} were left out"
        )
    backbone = load_backbone(recipe.base, weights, size=recipe.size)
    torch.manual_seed(recipe.seed)
    heads = {head.name: len(head.classes) for head in photos.heads}
    net = PhotoNet(backbone, cut=backbone.tail if recipe.cached else 0, dimension=recipe.dimension, heads=heads)
    net.heads.dropout.p = recipe.dropout
    net.eval().to(memory_format=torch.channels_last)
    icons = readable(photos.icons, left_out.append)
    # Without val photos there is no early stopping; a tenth of the training photos then stands in for them.
    if not val:
        val, train_photos = train_photos[::10], [one for at, one in enumerate(train_photos) if at % 10]
    return Job(photos, recipe, backbone, net, train_photos, val, icons, left_out, tell)


def _tails(
    job: Job, source: KeptPhotos | LivePhotos, work: Path, key: str
) -> tuple[State, PhotoNet | SharedTrunk, dict[str, torch.Tensor]]:
    """Train what stands behind the cut as often as the recipe says, each time from the same start, with another seed.

    Returns how it went (the score is the mean of theirs), the network, and its weights of before it saw val photos.
    """
    recipe, start = job.recipe, copy.deepcopy(job.net.state_dict())
    # Without a cut there are no tails, and untrained ones would all say the same.
    count = recipe.tails if job.net.cut and recipe.epochs else 1
    minutes = None if recipe.minutes is None else recipe.minutes / count
    states, nets, unseeing = [], [], []
    for turn in range(count):
        job.net.load_state_dict(start)
        part = replace(recipe, seed=recipe.seed + turn * _SEEDS_APART, minutes=minutes)
        folder = work / f"tail-{turn + 1}" if turn else work
        folder.mkdir(parents=True, exist_ok=True)
        state, best = train(job.net, source, part, folder, _counted(job.tell, turn, part.epochs, count), key=key)
        states.append(state)
        nets.append(copy.deepcopy(job.net))
        unseeing.append(best)
    first = states[0]
    if count == 1:
        return first, nets[0], unseeing[0]
    history = [row | {"tail": turn + 1} for turn, state in enumerate(states) for row in state.history]
    seconds, score = (sum(getattr(one, name) for one in states) for name in ("seconds", "best"))
    whole = replace(first, seconds=seconds, best=score / count, history=history)
    before = {f"parts.{turn}.{name}": value for turn, one in enumerate(unseeing) for name, value in one.items()}
    return whole, SharedTrunk(nets), before


def _counted(tell: Callable[[Mapping[str, Any]], None], turn: int, epochs: int, count: int) -> Any:
    """Return a `tell` for one of several trainings whose epochs are counted through."""

    def told(event: Mapping[str, Any]) -> None:
        if event["event"] in ("start", "epoch"):
            event = {**event, "epoch": turn * epochs + event["epoch"], "of": count * epochs}
        tell(event)

    return told


def _source(job: Job, keep: Path) -> KeptPhotos | LivePhotos:
    """Fill the heads in closed form and return where batches come from."""
    preprocessing = {"size": job.backbone.size, **RESIZE}
    recipe = job.recipe
    if recipe.cached:
        kept = {}
        for name, photos, views in (
            ("train", job.train, recipe.views),
            ("icons", job.icons, recipe.views),
            ("val", job.val, recipe.views if recipe.last else 1),
        ):
            kept[name] = _kept(job, name, photos, views, preprocessing, keep) if photos else None
        train_kept, val_kept = kept["train"], kept["val"]
        assert train_kept is not None and val_kept is not None
        job.tell({"event": "step", "step": "making the first heads"})
        parts = [(train_kept, 1), *([(kept["icons"], recipe.icons)] if kept["icons"] else [])]
        rows = [_features(job.net, part) for part, turns in parts for _ in range(turns)]
        _start(job, np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows]))
        return KeptPhotos(train_kept, val_kept, kept["icons"], recipe.icons)
    photos = [*job.train, *job.icons * recipe.icons]
    source = LivePhotos(job.net, photos, job.val, preprocessing, recipe.seed)
    job.tell({"event": "step", "step": "making the first heads"})
    features, labels = [], []
    with torch.inference_mode():
        for state, before, wanted in source.plain(photos):
            features.append(job.net.tail(state, before)[0].numpy())
            labels.append(wanted.numpy())
    _start(job, np.concatenate(features), np.concatenate(labels))
    return source


def _kept(job: Job, name: str, photos: list[Photo], views: int, preprocessing: dict[str, Any], keep: Path) -> Kept:
    finished = 0

    def done(count: int) -> None:
        nonlocal finished
        finished += count
        job.tell({"event": "activations", "of": len(photos), "photos": finished, "part": name})

    return kept_activations(
        job.net, photos, keep, views=views, preprocessing=preprocessing, key=job.backbone.revision, done=done
    )


def _features(net: PhotoNet, kept: Kept) -> tuple[np.ndarray, np.ndarray]:
    """Return features and labels of the first views of kept photos, of the network as it was before any training."""
    views = min(START_VIEWS, kept.maps.shape[1])
    path = kept.folder / f"features-{views}.npy"
    if path.is_file():
        return np.load(path), np.tile(kept.labels, (views, 1))
    features = []
    with torch.inference_mode():
        for view in range(views):
            for start in range(0, len(kept.labels), _AT_ONCE):
                rows = np.arange(start, min(start + _AT_ONCE, len(kept.labels)))
                maps, before, _ = kept.batch(rows, np.full(len(rows), view))
                features.append(net.tail(maps, before)[0].numpy())
    found = np.concatenate(features)
    draft = path.with_suffix(".part.npy")
    np.save(draft, found)
    draft.replace(path)
    return found, np.tile(kept.labels, (views, 1))


def _start(job: Job, features: np.ndarray, labels: np.ndarray) -> None:
    start_heads(job.net.heads, features.astype(np.float32), labels, job.recipe.shrinkage)
