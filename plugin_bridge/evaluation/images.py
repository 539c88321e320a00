"""How well a trained photo classifier tells classes, beside what the frozen network does on the same photos."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from encoders.errors import PictureError
from encoders.heads import PhotoClassifier
from encoders.images import PICTURES_PER_BATCH, ImageEncoder
from encoders.photosets import Photo, PhotoSet
from encoders.pictures import load_picture
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.classes import ClassScores, class_scores

LONGEST = 512
# Scikit-learn's own strength of regularisation: the baseline is what everybody would try first.
_STRENGTH = 1.0
_ROUNDS = 300

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ImageReport:
    """Scores of a model by head, those of the baselines by name and head, and photos that could not be read."""

    model: str
    split: str
    heads: Mapping[str, ClassScores]
    variants: Mapping[str, Mapping[str, ClassScores]]
    left_out: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the report as `kindred evaluate images --json` prints it; the first head's scores stand on top."""
        first = next(iter(self.heads.values()))
        return {
            "model": self.model,
            "split": self.split,
            **first.to_json(),
            "heads": {name: one.to_json() for name, one in self.heads.items()},
            "variants": {
                name: {head: one.to_json() for head, one in found.items()} for name, found in self.variants.items()
            },
            "left_out": list(self.left_out),
        }


def evaluate_images(
    photos: PhotoSet,
    split: str,
    classifier: PhotoClassifier,
    frozen: ImageEncoder | None = None,
    *,
    tell: Tell = lambda what, done, of: None,
) -> ImageReport:
    """Score a classifier on a split; with `frozen`, an untrained encoder, also what that reaches.

    The baselines see the train photos: `frozen + logistic regression` for each head, `frozen + nearest photo`.

    Raises:
        EvaluationError: the model tells other classes than the folder has, or no photo can be read.
    """
    _same_classes(photos, classifier)
    left_out: list[str] = []
    rows = photos.photos(split)
    found: list[Mapping[str, np.ndarray]] = []
    vectors: list[np.ndarray] = []
    labels: list[tuple[int, ...]] = []
    for start in range(0, len(rows), PICTURES_PER_BATCH):
        pictures, wanted = _read(rows[start : start + PICTURES_PER_BATCH], left_out)
        if not pictures:
            continue
        found.append(classifier.classify(pictures).probabilities)
        labels += wanted
        if frozen is not None:
            vectors.append(frozen.encode(pictures))
        tell(f"{split} photos", min(start + PICTURES_PER_BATCH, len(rows)), len(rows))
    if not labels:
        raise EvaluationError(f"{photos.folder}: none of the {len(rows)} {split} photos can be read")
    truth = np.asarray(labels)
    scores = {
        head.name: class_scores(np.concatenate([one[head.name] for one in found]), truth[:, at], head.sure_from)
        for at, head in enumerate(classifier.heads)
    }
    variants = {} if frozen is None else _baselines(photos, frozen, np.concatenate(vectors), truth, left_out, tell)
    return ImageReport(classifier.card.name, split, scores, variants, tuple(left_out))


def _same_classes(photos: PhotoSet, classifier: PhotoClassifier) -> None:
    for own, head in zip(photos.heads, classifier.heads, strict=False):
        if own.classes != head.classes:
            raise EvaluationError(
                f"model {classifier.card.name!r} was trained on other classes than {photos.folder} has: its head "
                f"{head.name!r} has {len(head.classes)}, the folder's {own.name!r} {len(own.classes)}"
            )
    if len(photos.heads) != len(classifier.heads):
        raise EvaluationError(
            f"model {classifier.card.name!r} has {len(classifier.heads)} heads, {photos.folder} {len(photos.heads)}"
        )


def _baselines(
    photos: PhotoSet, frozen: ImageEncoder, vectors: np.ndarray, truth: np.ndarray, left_out: list[str], tell: Tell
) -> dict[str, dict[str, ClassScores]]:
    known, labels = _encoded(photos.photos("train"), frozen, left_out, tell)
    regression, nearest = {}, {}
    best = (vectors @ known.T).argmax(1)
    for at, head in enumerate(photos.heads):
        count = len(head.classes)
        tell(f"logistic regression, {head.name}", 0, 1)
        regression[head.name] = class_scores(_regressed(known, labels[:, at], vectors, count), truth[:, at])
        voted = np.zeros((len(vectors), count))
        voted[np.arange(len(vectors)), np.maximum(labels[best, at], 0)] = 1.0
        nearest[head.name] = class_scores(voted, truth[:, at])
    return {"frozen + logistic regression": regression, "frozen + nearest photo": nearest}


def _regressed(known: np.ndarray, labels: np.ndarray, vectors: np.ndarray, classes: int) -> np.ndarray:
    """Return probabilities (n, classes) of logistic regression on scaled vectors of the frozen encoder."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = labels >= 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS))
    model.fit(known[rows], labels[rows])
    found = np.zeros((len(vectors), classes))
    found[:, model.classes_] = model.predict_proba(vectors)
    return found


def _encoded(
    rows: Sequence[Photo], encoder: ImageEncoder, left_out: list[str], tell: Tell
) -> tuple[np.ndarray, np.ndarray]:
    vectors, labels = [], []
    for start in range(0, len(rows), PICTURES_PER_BATCH):
        pictures, wanted = _read(rows[start : start + PICTURES_PER_BATCH], left_out)
        if pictures:
            vectors.append(encoder.encode(pictures))
            labels += wanted
        tell("train photos for the baselines", min(start + PICTURES_PER_BATCH, len(rows)), len(rows))
    return np.concatenate(vectors), np.asarray(labels)


def _read(rows: Sequence[Photo], left_out: list[str]) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
    pictures, labels = [], []
    for photo in rows:
        try:
            pictures.append(load_picture(photo.path, name=photo.id, longest=LONGEST))
            labels.append(photo.labels)
        except PictureError as error:
            left_out.append(str(error))
    return pictures, labels
