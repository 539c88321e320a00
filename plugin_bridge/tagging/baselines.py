"""What anybody would try first: TF-IDF and a linear SVM on texts, colour histograms and a linear SVM on photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from encoders.errors import PictureError
from encoders.pictures import load_picture
from plugin_bridge.errors import EvaluationError
from plugin_bridge.tagging.calibration import log_softmax
from plugin_bridge.tagging.labels import LabelledProduct

WORDS = "tf-idf + linear svm"
COLOURS = "colour histogram + linear svm"
_BINS = 6
_SIDE = 64


@dataclass(frozen=True)
class Answers:
    """An answer for each product and how sure it is said to be, by the softmax of the SVM's margins."""

    values: Sequence[str]
    confidence: np.ndarray


def answers_of_baselines(
    train: Sequence[LabelledProduct], products: Sequence[LabelledProduct], fields: Sequence[str]
) -> dict[str, dict[str, Answers]]:
    """Return the answers of each baseline for single-valued fields, by name and field.

    Photos count where at least half of the products have one. Raises EvaluationError where scikit-learn is missing.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise EvaluationError("evaluation needs scikit-learn: pip install 'kindred[evaluate]'") from error
    texts = [product.text for product in train]
    chinese = sum("\u4e00" <= sign <= "\u9fff" for text in texts[:200] for sign in text) > 1000
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)) if chinese else TfidfVectorizer()
    known, asked = vectoriser.fit_transform(texts), vectoriser.transform([product.text for product in products])
    found = {WORDS: {name: _svm(known, asked, train, name) for name in fields}}
    if sum(product.photo is not None for product in products) * 2 > len(products):
        colours = [np.stack([histogram(product.photo) for product in part]) for part in (train, products)]
        found[COLOURS] = {name: _svm(colours[0], colours[1], train, name) for name in fields}
    return found


def histogram(photo: Path | None) -> np.ndarray:
    """Return the share of each of 216 colours among a photo's pixels, zeros where it cannot be read."""
    try:
        picture = load_picture(photo, name=str(photo), longest=_SIDE) if photo is not None else None
    except PictureError:
        picture = None
    if picture is None:
        return np.zeros(_BINS**3)
    steps = np.ceil(np.array(picture.shape[:2]) / _SIDE).astype(int)
    pixels = picture[:: steps[0], :: steps[1]].reshape(-1, 3).astype(int) * _BINS // 256
    counts = np.bincount(pixels @ np.array([_BINS**2, _BINS, 1]), minlength=_BINS**3)
    return counts / counts.sum()


def _svm(known: Any, asked: Any, train: Sequence[LabelledProduct], name: str) -> Answers:
    from sklearn.svm import LinearSVC

    rows = [row for row, product in enumerate(train) if product.labels.get(name)]
    model = LinearSVC().fit(known[rows], [train[row].labels[name][0] for row in rows])
    margins = np.asarray(model.decision_function(asked))
    if margins.ndim == 1:
        margins = np.stack([-margins, margins], axis=1)
    chances = np.exp(log_softmax(margins))
    return Answers([str(one) for one in model.classes_[margins.argmax(axis=1)]], chances.max(axis=1))
