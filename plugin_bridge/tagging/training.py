"""Training a tagger on a shop's labelled products.

One linear model for each field reads n-grams and pairs of words, the text's vector and the photo's vector together;
beside it stand one of the text alone and one of the photo alone, for products that lack the other. All are ridge
regressions, whose exact leave-one-out scores calibrate them and choose how each is learned. Where few products have a
label, those without one help. Nothing is drawn by chance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoders.export.tags import LinearTagger
from encoders.tagger import padded
from plugin_bridge.errors import EvaluationError
from plugin_bridge.tagging.calibration import WANTED_PRECISION, fit_temperature
from plugin_bridge.tagging.choosing import best_fit, evened
from plugin_bridge.tagging.deciding import Decider, fit_decider
from plugin_bridge.tagging.features import Read
from plugin_bridge.tagging.guessing import views_of, wanted, with_guesses
from plugin_bridge.tagging.labels import LabelledProduct, has_many
from plugin_bridge.tagging.ridge import Features, Fitted, Setting
from plugin_bridge.tagging.suggesting import split_path
from plugin_bridge.tagging.trained import SENSES, EncoderName, Sense, TaggedField, TaggerCard
from plugin_bridge.tagging.words import Words

# How much n-grams, pairs of words and the text's vector may weigh (docs/decisions), and the photo's at first.
WITH_PAIRS, WITHOUT_PAIRS = (2.0, 2.0, 2.0), (2.0, 0.0, 2.0)
PHOTO_WEIGHT = 1.0
PAIRED = 0.5  # the share of products that must have a pair for pairs to be read
# Where choosing begins: with fewer labelled products for each value pairs are too rare, and labels are believed more.
FEW_PER_VALUE = 8
PENALTY, PENALTY_FEW = 0.3, 0.03
_SMALLEST_SPREAD = 0.05  # of the mean variance
FEWEST = 2  # labelled products, of at least two values, without which a field cannot be learned

Report = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True)
class Examples:
    """Labelled products with what a tagger reads of them; `photo_dimension` 0 where no photo encoder is used."""

    products: Sequence[LabelledProduct]
    read: Read

    def __len__(self) -> int:
        return len(self.products)


def train_tagger(
    train: Examples,
    fields: Sequence[str],
    text: EncoderName,
    photo: EncoderName | None,
    words: Words,
    *,
    valid: Examples | None = None,
    precision: float = WANTED_PRECISION,
    notes: Mapping[str, Any] | None = None,
    report: Report = lambda step, details: None,
) -> tuple[LinearTagger, TaggerCard]:
    """Learn `fields` from the labelled products and return the matrices and the card.

    Calibration rests on the leave-one-out scores and, where given, on `valid`. Raises EvaluationError where a field
    has fewer than two values or no product with something to read.
    """
    values = {name: _values(train.products, name) for name in fields}
    senses = _Senses(train, words)
    columns = sum(len(of_field) for of_field in values.values())
    tagger = _empty(len(words), train, columns * len(SENSES))
    made: list[TaggedField] = []
    start = 0
    for name in fields:
        many = has_many(train.products, name)
        deciders: dict[Sense, Decider] = {}
        for sense in SENSES:
            rows, unlabelled = senses.rows(sense, name)
            if len(rows) < FEWEST:
                continue
            targets = _targets([train.products[row] for row in rows], name, values[name])
            fitted, sharpness, how = senses.fitted(sense, targets, rows, unlabelled, values[name], many=many)
            place = SENSES.index(sense) * columns + start
            senses.store(sense, tagger, slice(place, place + len(values[name])), fitted, sharpness)
            field = TaggedField(name, values[name], many, start, {})
            chances = field.probabilities(_at(start, fitted.held_out * sharpness))
            truth = [train.products[row].labels[name] for row in rows]
            if valid is not None:
                more, more_truth = _predict(tagger, valid, field, sense, columns)
                chances, truth = np.concatenate([chances, more]), [*truth, *more_truth]
            deciders[sense] = fit_decider(
                name, [values[name]] * len(truth), list(chances), truth, many=many, precision=precision
            )
            held = field.probabilities(_at(start, fitted.held_out * sharpness)).argmax(axis=1)
            right = float(targets[np.arange(len(rows)), held].mean())
            told = {"field": name, "from": sense, "products": len(rows), "held_out_accuracy": round(right, 4), **how}
            report("trained", told)
        if not deciders:
            raise EvaluationError(f"field {name}: no labelled product has a text or a photo that can be read")
        made.append(TaggedField(name, values[name], many, start, deciders))
        start += len(values[name])
    return tagger, TaggerCard(text, photo, tuple(made), dict(notes or {}))


class _Senses:
    """The features of each sense, over the products that have them, made once for all fields."""

    def __init__(self, train: Examples, words: Words) -> None:
        self._train = train
        self._vocabulary = len(words)
        pairs = words.of_kind("pair")
        self._words = (np.setdiff1d(np.arange(len(words)), pairs), pairs)
        self._read = words.read
        self._features: dict[Sense, Features] = {}
        read = train.read
        # What a product lacks must not be learned as a value: vectors are centred on those that are there.
        self._text_mean = _mean_of(read.inputs.text, read.has_text)
        self._photo_mean = _mean_of(read.inputs.photo, read.has_photo)
        self._photo_spread = _spread_of(read.inputs.photo, read.has_photo)

    def rows(self, sense: Sense, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the products that have this sense: those with a label for the field, and the others."""
        read = self._train.read
        there = {"text": read.has_text, "photo": read.has_photo, "both": read.has_text & read.has_photo}[sense]
        labelled = np.array([bool(product.labels.get(name)) for product in self._train.products])
        return np.flatnonzero(there & labelled), np.flatnonzero(there & ~labelled)

    def features(self, sense: Sense) -> Features:
        if sense not in self._features:
            inputs = self._train.read.inputs
            blocks: list[Any] = []
            if sense != "photo":
                counted = word_matrix(inputs.word_ids, inputs.word_weights, self._vocabulary)
                blocks += [*(counted[:, places] for places in self._words), inputs.text.astype(float) - self._text_mean]
            if sense != "text":
                blocks.append((inputs.photo.astype(float) - self._photo_mean) / self._photo_spread)
            self._features[sense] = Features(blocks)
        return self._features[sense]

    def fitted(
        self,
        sense: Sense,
        targets: np.ndarray,
        rows: np.ndarray,
        unlabelled: np.ndarray,
        values: Sequence[str],
        *,
        many: bool,
    ) -> tuple[Fitted, float, dict[str, Any]]:
        """Return what was learned in the way that tells held-out labels best, how sharp it is, and that way."""
        features = self.features(sense)
        guessing = not many and features.in_pairs and wanted(targets, unlabelled)
        few = many or len(targets) < FEW_PER_VALUE * targets.shape[1]
        mixes: tuple[tuple[float, ...], ...] = ()
        if sense != "photo":
            mixes = (WITHOUT_PAIRS, WITH_PAIRS) if few else (WITH_PAIRS, WITHOUT_PAIRS)
            # Where pairs are the exception, as in Chinese, the few products that have one would drown the others.
            if np.count_nonzero(np.diff(features.blocks[1][rows].indptr)) < PAIRED * len(rows):
                mixes = (WITHOUT_PAIRS,)
        weights = (*(mixes[0] if mixes else ()), *(() if sense == "text" else (PHOTO_WEIGHT,)))
        first = Setting(weights, penalty=PENALTY_FEW if few else PENALTY)
        named = features if sense == "photo" else features.beginning_with(self._names(values))
        # Guesses repeat what names get wrong: where others are guessed, names are read if guesses alone do not help.
        for seen in (features, named) if guessing and sense != "photo" else (named,):
            setting, fitted = best_fit(seen, targets, rows, first, photo=sense == "both", many=many, mixes=mixes)
            views = views_of(setting) if sense == "both" else (setting,)
            helped = with_guesses(seen, targets, rows, unlabelled, views) if guessing else None
            if helped is not None:
                break
        how: dict[str, Any] = {"penalty": setting.penalty}
        if sense != "photo":
            how |= {"pairs": setting.weights[1] > 0, "names": seen is named}
        if sense == "both":
            how["photo_weight"] = setting.weights[-1]
        if guessing:
            how["guesses"] = 0 if helped is None else len(unlabelled)
        fitted = helped or fitted
        if many:
            return fitted, 1.0, how
        sharpness = 1 / fit_temperature(fitted.held_out, targets.argmax(axis=1))
        if sense == "photo" and not guessing:
            fitted = evened(fitted, targets, sharpness)
        return fitted, sharpness, how

    def _names(self, values: Sequence[str]) -> Any:
        """Return the n-grams (values, d) of the names of values, read as those of a title."""
        ids, weights = padded([self._read(split_path(value)[-1]) for value in values], self._vocabulary)
        return word_matrix(ids, weights, self._vocabulary)[:, self._words[0]]

    def store(self, sense: Sense, tagger: LinearTagger, place: slice, fitted: Fitted, sharpness: float) -> None:
        """Write what was fitted into the tagger's columns `place`."""
        maps = list(fitted.maps)
        bias = fitted.bias.copy()
        if sense != "photo":
            for places in self._words:
                tagger.words[places, place] += maps.pop(0) * sharpness
            text = maps.pop(0)
            tagger.text[:, place] = text * sharpness
            bias -= self._text_mean @ text
        if sense != "text":
            photo = maps.pop(0) / self._photo_spread[:, None]
            tagger.photo[:, place] = photo * sharpness
            bias -= self._photo_mean @ photo
        tagger.bias[place] = bias * sharpness


def word_matrix(ids: np.ndarray, weights: np.ndarray, vocabulary: int) -> Any:
    """Return padded n-grams (n, t) as a scipy-sparse matrix (n, vocabulary)."""
    from scipy import sparse

    rows, places = np.nonzero(weights)
    return sparse.csr_matrix(
        (weights[rows, places], (rows, ids[rows, places])), shape=(len(ids), vocabulary), dtype=float
    )


def _predict(
    tagger: LinearTagger, examples: Examples, field: TaggedField, sense: Sense, columns: int
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return the probabilities of the examples that have this sense and a label, and their labels."""
    read = examples.read
    there = {"text": read.has_text, "photo": read.has_photo, "both": read.has_text & read.has_photo}[sense]
    rows = [row for row, product in enumerate(examples.products) if there[row] and product.labels.get(field.name)]
    if not rows:
        return np.empty((0, len(field.values))), []
    start = SENSES.index(sense) * columns + field.start
    own = slice(start, start + len(field.values))
    inputs = read.inputs
    words = word_matrix(inputs.word_ids, inputs.word_weights, len(tagger.words) - 1)
    logits = words @ tagger.words[:-1, own] + inputs.text @ tagger.text[:, own] + inputs.photo @ tagger.photo[:, own]
    chances = field.probabilities(_at(field.start, logits[rows] + tagger.bias[own]))
    return chances, [examples.products[row].labels[field.name] for row in rows]


def _values(products: Sequence[LabelledProduct], name: str) -> tuple[str, ...]:
    values = sorted({value for product in products for value in product.labels.get(name, ())})
    if len(values) < 2:
        raise EvaluationError(
            f"field {name}: {len(values)} different values among {len(products)} products; at least 2 are wanted"
        )
    return tuple(values)


def _targets(products: Sequence[LabelledProduct], name: str, values: Sequence[str]) -> np.ndarray:
    places = {value: place for place, value in enumerate(values)}
    targets = np.zeros((len(products), len(values)))
    for row, product in enumerate(products):
        targets[row, [places[value] for value in product.labels[name]]] = 1.0
    return targets


def _empty(vocabulary: int, train: Examples, outputs: int) -> LinearTagger:
    inputs = train.read.inputs
    return LinearTagger(
        words=np.zeros((vocabulary + 1, outputs), np.float32),
        text=np.zeros((inputs.text.shape[1], outputs), np.float32),
        photo=np.zeros((max(1, inputs.photo.shape[1]), outputs), np.float32),
        bias=np.zeros(outputs, np.float32),
    )


def _mean_of(vectors: np.ndarray, there: np.ndarray) -> np.ndarray:
    return vectors[there].mean(axis=0, dtype=float) if there.any() else np.zeros(vectors.shape[1])


def _spread_of(vectors: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return how far each dimension varies, never next to nothing: rare dimensions must not shout."""
    if not there.any():
        return np.ones(vectors.shape[1])
    variance = vectors[there].var(axis=0, dtype=float)
    return np.sqrt(variance + _SMALLEST_SPREAD * variance.mean() + 1e-12)


def _at(start: int, scores: np.ndarray) -> np.ndarray:
    """Return scores as the columns from `start` on."""
    return np.hstack([np.zeros((len(scores), start)), scores])
