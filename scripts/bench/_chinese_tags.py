"""Tagging Chinese reviews with few labels and with all, beside TF-IDF and a linear SVM.

Ours is the tagger that `kindred train tags` makes; with few labels it reads some of the other reviews, too.
"""

import gzip
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from encoders.text import TextEncoder
from plugin_bridge.tagging.features import read_inputs
from plugin_bridge.tagging.labels import LabelledProduct
from plugin_bridge.tagging.making import learned_words, worth_reading
from plugin_bridge.tagging.trained import EncoderName
from plugin_bridge.tagging.training import Examples, train_tagger
from plugin_bridge.tagging.trying import probabilities
from plugin_bridge.tagging.unlabelled import UNKNOWN

import _common  # isort: skip
from _gains import gain_interval, macro_f1  # isort: skip

SEEDS = (0, 1, 2)
FIELD = "category"
Predict = Callable[[np.ndarray], np.ndarray]
"""From the known labels (UNKNOWN where there is none) of all training rows to the answers for all rows."""


@dataclass(frozen=True)
class Reviews:
    """Texts with one of several categories; `part` is the contract's: 0 to 7 train, 8 valid, 9 test."""

    texts: list[str]
    truth: np.ndarray
    part: np.ndarray
    names: list[str]

    @cached_property
    def train(self) -> np.ndarray:
        """Rows of the training part."""
        return np.flatnonzero(self.part < 8)

    def rows(self, split: str) -> np.ndarray:
        """Rows of the valid or test part."""
        return np.flatnonzero(self.part == (8 if split == "valid" else 9))


def read_reviews(file: Path, *, quick: bool = False) -> Reviews:
    """Read the reviews; `quick` keeps one in ten."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [orjson.loads(line) for line in lines][:: 10 if quick else 1]
    names = sorted({row["category"] for row in rows})
    texts = [row["text"] for row in rows]
    part = [int(hashlib.sha256(f"split:{text}".encode()).hexdigest(), 16) % 10 for text in texts]
    truth = np.array([names.index(row["category"]) for row in rows])
    return Reviews(texts, truth, np.array(part), names)


def drawn(reviews: Reviews, labels: int | None, seed: int) -> np.ndarray:
    """Return the truth of `labels` training rows of each category, UNKNOWN elsewhere; None: of all training rows."""
    found = np.full(len(reviews.texts), UNKNOWN)
    if labels is None:
        found[reviews.train] = reviews.truth[reviews.train]
        return found
    chance = np.random.default_rng(seed)
    for value in range(len(reviews.names)):
        rows = chance.permutation(reviews.train[reviews.truth[reviews.train] == value])[:labels]
        found[rows] = value
    return found


def ways(reviews: Reviews, vectors: np.ndarray) -> dict[str, Predict]:
    """Return the baselines and ours, by name. Inverse document frequencies are those of all training texts."""
    import jieba

    jieba.setLogLevel("ERROR")
    characters = _tfidf(reviews, analyzer="char", ngram_range=(1, 2))
    cut = {text: jieba.lcut(text) for text in reviews.texts}
    words = _tfidf(reviews, analyzer=cut.__getitem__)
    centred = vectors - vectors[reviews.train].mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)

    def machine(features: Any) -> Predict:
        def predict(labels: np.ndarray) -> np.ndarray:
            rows = np.flatnonzero(labels != UNKNOWN)
            return LinearSVC().fit(features[rows], labels[rows]).predict(features)

        return predict

    return {
        "characters + svm": machine(characters),
        "jieba words + svm": machine(words),
        "vector + svm": machine(centred),
        "kindred": lambda labels: trained(reviews, vectors, labels),
    }


def trained(reviews: Reviews, vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the answers for all rows of the product's tagger, trained on the training rows with these labels."""
    products = [
        LabelledProduct(f"{row}", {"title": text}, {FIELD: (reviews.names[label],)} if label != UNKNOWN else {})
        for row, (text, label) in enumerate(zip(reviews.texts, labels, strict=True))
    ]
    learned = worth_reading([products[row] for row in reviews.train], (FIELD,))
    words = learned_words(learned)

    def read(chosen: list[LabelledProduct]) -> Examples:
        no_photo = np.zeros((len(chosen), 1), np.float32), np.zeros(len(chosen), bool)
        rows = [int(one.id) for one in chosen]
        return Examples(chosen, read_inputs(words, [one.text for one in chosen], vectors[rows], *no_photo))

    def told(step: str, details: Mapping[str, Any]) -> None:
        _common.say(f"  {step}: " + ", ".join(f"{name} {value}" for name, value in details.items()))

    started = time.perf_counter()
    text = EncoderName("given", "", vectors.shape[1])
    tagger, card = train_tagger(read(learned), (FIELD,), text, None, words, report=told)
    _common.say(f"  the product's tagger took {time.perf_counter() - started:.0f} s to train")
    values = np.array([reviews.names.index(value) for value in card.fields[0].values])
    chances = probabilities(tagger, card, read(products), "text")[FIELD]
    return values[chances.argmax(axis=1)]


def compare(reviews: Reviews, encoder: TextEncoder, counts: tuple[int | None, ...], split: str) -> dict[str, Any]:
    """Return a row by number of labels: macro-F1 of each way, and how much ours gains over the best baseline."""
    _common.say(f"encoding {len(reviews.texts):,} texts with {encoder.card.name}")
    tried = ways(reviews, cached_vectors(reviews, encoder))
    asked = reviews.rows(split)
    rows: dict[str, Any] = {}
    for count in counts:
        answers: dict[str, list[np.ndarray]] = {name: [] for name in tried}
        for seed in SEEDS if count else SEEDS[:1]:
            _common.say(f"{count or 'all'} labels per class, seed {seed}")
            labels = drawn(reviews, count, seed)
            for name, predict in tried.items():
                answers[name].append(predict(labels)[asked])
        truth = reviews.truth[asked]
        scores = {name: float(np.mean([macro_f1(truth, one) for one in found])) for name, found in answers.items()}
        ours, theirs = ([(truth, one) for one in answers[name]] for name in ("kindred", "characters + svm"))
        low, high = gain_interval(ours, theirs)
        rows[str(count or "all")] = {name: round(value, 4) for name, value in scores.items()} | {
            "gain": round(scores["kindred"] - scores["characters + svm"], 4),
            "95 % of the gain": f"{low:+.3f} to {high:+.3f}",
        }
    return rows


def cached_vectors(reviews: Reviews, encoder: TextEncoder) -> np.ndarray:
    """Return the texts' vectors, from the cache where they are there: encoding takes most of the time."""
    from encoders.homes import cache_home

    digest = hashlib.sha256("\n".join([encoder.card.fingerprint, *reviews.texts]).encode()).hexdigest()[:16]
    file = cache_home() / "bench" / f"reviews-{digest}.npy"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, encoder.encode(reviews.texts))
    return np.load(file)


def goals_of(rows: Mapping[str, Any]) -> dict[str, _common.Goal]:
    """Return the issue's goals for the rows that were measured."""
    wanted = {"10": 0.10, "50": 0.06, "all": 0.01}
    return {
        f"reviews, {count} labels per class: gain in macro-F1": _common.at_least(rows[count]["gain"], least)
        for count, least in wanted.items()
        if count in rows
    }


def _tfidf(reviews: Reviews, **settings: Any) -> Any:
    vectoriser = TfidfVectorizer(sublinear_tf=True, min_df=2, **settings)
    vectoriser.fit([reviews.texts[row] for row in reviews.train])
    return vectoriser.transform(reviews.texts).astype(np.float32)
