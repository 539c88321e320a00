"""Classes of photos: a network in the store that gives a search vector and the classes of named heads. Never torch.

Such a model is an image encoder like any other (its first output is the search vector). Beside it stands
`classes.json`: the classes of each head, from fine to coarse, which coarse class holds which fine one, how many views
are averaged, and the temperature that makes its confidence mean what it says.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from encoders.cards import MODEL_FILE, ModelCard
from encoders.errors import EncoderError, ModelDamagedError
from encoders.images import prepare
from encoders.photosets import HeadClasses
from encoders.sessions import Workers, open_session
from encoders.store import ModelStore

CLASSES_FILE = "classes.json"
_MAP_STRENGTH = 0.55


@dataclass(frozen=True)
class HeadCard:
    """A head as it is served: its classes, the temperature of its logits, and from where on it is sure.

    `sure_from` is the confidence from which on 95 % of the answers on val photos were right; None where that was
    never so. `parent` names the coarser head, `parents` the class of it that holds each class.
    """

    name: str
    classes: tuple[str, ...]
    parent: str | None
    parents: tuple[int, ...]
    temperature: float
    sure_from: float | None


@dataclass(frozen=True)
class Classifier:
    """What `classes.json` holds. `agreement` is how much a coarse head's opinion weighs in its finer one's."""

    heads: tuple[HeadCard, ...]
    mirrored: bool = False
    agreement: float = 0.5


@dataclass(frozen=True)
class Classified:
    """Vectors (n, dimension) of length 1, and for each head the probabilities (n, classes), calibrated."""

    vectors: np.ndarray
    probabilities: Mapping[str, np.ndarray]


class PhotoClassifier:
    """Classes and search vectors of photos. Safe to share between threads."""

    def __init__(self, folder: Path, card: ModelCard, threads: int = 0) -> None:
        self.card = card
        self.classifier = read_classes(folder)
        self._session = open_session(folder / MODEL_FILE)
        self._names = [one.name for one in self._session.get_outputs()]
        expected = 1 + len(self.classifier.heads)
        if len(self._names) < expected:
            raise ModelDamagedError(f"{folder / MODEL_FILE} has {len(self._names)} outputs, its heads need {expected}")
        self._workers = Workers(threads)

    @property
    def heads(self) -> tuple[HeadCard, ...]:
        """The heads, from fine to coarse."""
        return self.classifier.heads

    def head(self, name: str) -> HeadCard:
        """Return a head by its name; raises EncoderError naming those that there are."""
        for one in self.heads:
            if one.name == name:
                return one
        there = ", ".join(one.name for one in self.heads)
        raise EncoderError(f"model {self.card.name!r} has no head {name!r}; it has {there}")

    def classify(self, pictures: Sequence[np.ndarray]) -> Classified:
        """Return vectors and probabilities of pictures, uint8 RGB (height, width, 3)."""
        vectors, logits = self.logits(pictures)
        return Classified(vectors, probabilities(logits, self.classifier))

    def logits(self, pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return vectors (n, dimension), and logits (n, classes) of each head as the network gives them."""
        rows: list[list[np.ndarray]] = [[] for _ in pictures]

        def run(row: int) -> None:
            rows[row] = self._run(pictures[row])

        self._workers.each(run, range(len(pictures)))
        vectors = np.stack([row[0] for row in rows]) if rows else np.empty((0, self.card.dimension), np.float32)
        logits = [
            np.stack([row[1 + at] for row in rows]) if rows else np.empty((0, len(head.classes)), np.float32)
            for at, head in enumerate(self.heads)
        ]
        return vectors, logits

    def region(self, picture: np.ndarray, class_name: str) -> bytes:
        """Return a PNG of the picture with the region that spoke for a class of the first head in warm colours."""
        places = {name: at for at, name in enumerate(self.heads[0].classes)}
        if class_name not in places:
            raise EncoderError(f"model {self.card.name!r} knows no class {class_name!r}")
        pixels = prepare(picture, self.card.preprocessing)
        maps = self._session.run([self._names[-1]], {"pixels": pixels[None]})[0][0]
        return heat_png(pixels, maps[places[class_name]])

    def _run(self, picture: np.ndarray) -> list[np.ndarray]:
        wanted = self._names[: 1 + len(self.heads)]
        pixels = prepare(picture, self.card.preprocessing)
        found = [one[0] for one in self._session.run(wanted, {"pixels": pixels[None]})]
        if not self.classifier.mirrored:
            return found
        other = self._session.run(wanted, {"pixels": np.ascontiguousarray(pixels[None, :, ::-1])})
        return [found[0], *((one + two[0]) / 2 for one, two in zip(found[1:], other[1:], strict=True))]


def open_classifier(store: ModelStore, name: str, threads: int = 0) -> PhotoClassifier:
    """Open a trained photo classifier of the store; raises EncoderError for a model that gives vectors only."""
    card, folder = store.card(name), store.folder(name)
    if not (folder / CLASSES_FILE).is_file():
        raise EncoderError(f"model {name!r} tells no classes apart; `kindred train images` makes one that does")
    return PhotoClassifier(folder, card, threads)


def probabilities(logits: Sequence[np.ndarray], classifier: Classifier) -> dict[str, np.ndarray]:
    """Return calibrated probabilities by head from logits (n, classes) of each.

    A finer head and its parent agree: the fine probabilities are moved towards what the parent thinks of their
    group (a product of experts, weighed by `agreement`), and the parent's become the sums of its children, so that
    the best fine class always lies in a group that is likely.
    """
    own = {head.name: _log_softmax(one / head.temperature) for head, one in zip(classifier.heads, logits, strict=True)}
    found = {name: np.exp(one) for name, one in own.items()}
    for head in classifier.heads:
        if head.parent is None or head.parent not in own:
            continue
        groups = np.asarray(head.parents)
        together = own[head.name] + classifier.agreement * own[head.parent][:, groups]
        found[head.name] = np.exp(_log_softmax(together))
        summed = np.zeros_like(found[head.parent])
        np.add.at(summed.T, groups, found[head.name].T)
        found[head.parent] = summed
    return found


def heat_png(pixels: np.ndarray, strength: np.ndarray) -> bytes:
    """Return a PNG of `pixels` (height, width, 3) on which `strength` (h, w), what spoke for a class, glows warm."""
    positive = np.maximum(strength, 0)
    span = float(positive.max()) or 1.0
    small = Image.fromarray((positive / span * 255).astype(np.uint8))
    height, width = pixels.shape[:2]
    heat = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.float32)[..., None] / 255
    warm = np.concatenate([np.full_like(heat, 255), 255 * (1 - heat), np.zeros_like(heat)], axis=2)
    blended = pixels * (1 - _MAP_STRENGTH * heat) + warm * (_MAP_STRENGTH * heat)
    written = io.BytesIO()
    Image.fromarray(blended.astype(np.uint8)).save(written, "PNG")
    return written.getvalue()


def write_classes(folder: Path, classifier: Classifier) -> None:
    """Write `classes.json` into a model's folder."""
    text = json.dumps(asdict(classifier), indent=1, ensure_ascii=False) + "\n"
    (folder / CLASSES_FILE).write_text(text, encoding="utf-8")


def read_classes(folder: Path) -> Classifier:
    """Read `classes.json` of a model's folder; raises ModelDamagedError where it is absent or malformed."""
    path = folder / CLASSES_FILE
    try:
        stated: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        heads = tuple(
            HeadCard(**{**one, "classes": tuple(one["classes"]), "parents": tuple(one["parents"])})
            for one in stated["heads"]
        )
        return Classifier(heads, bool(stated["mirrored"]), float(stated["agreement"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"{path} cannot be read: {error}") from error


def served(heads: Sequence[HeadClasses]) -> tuple[HeadCard, ...]:
    """Return heads as they are served before anything was calibrated."""
    return tuple(HeadCard(one.name, one.classes, one.parent, one.parents, 1.0, None) for one in heads)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
