"""The trained tagger as an engine: served with onnxruntime, without torch and without scikit-learn."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from encoders.errors import EncoderError
from encoders.images import ImageEncoder
from encoders.store import ModelStore
from encoders.tagger import Tagger, TagInputs
from encoders.text import TextEncoder
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.evidence import counted_words
from plugin_bridge.tagging.features import photo_vectors, read_inputs, text_vectors
from plugin_bridge.tagging.labels import tagging_text
from plugin_bridge.tagging.suggesting import ProductSuggestions, Suggestion
from plugin_bridge.tagging.trained import EncoderName, Sense, TaggedField, TaggerCard, read_tagger_card
from plugin_bridge.tagging.words import Words


class HeadEngine:
    """Suggests values by a trained tagger. Safe to share between threads."""

    def __init__(
        self,
        network: Tagger,
        card: TaggerCard,
        words: Words,
        text: TextEncoder,
        photo: ImageEncoder | None = None,
        *,
        indexed_photos: bool = False,
        allowed: Mapping[str, Collection[str]] | None = None,
        explain: bool = True,
    ) -> None:
        """Put the parts together.

        Args:
            network: the ONNX network.
            card: its fields and how they are decided.
            words: the n-grams that it knows.
            text: the encoder that it was trained with.
            photo: the photo encoder; without it only vectors at hand are used.
            indexed_photos: whether the vectors that products bring along are of that photo encoder.
            allowed: by field, the values that the shop has now; others (a category that no longer exists) are never
                suggested. A field that is not named is not limited.
            explain: whether to tell which words counted.
        """
        self._network, self.card, self.words = network, card, words
        self._text, self._photo, self._indexed = text, photo, indexed_photos
        self._kept = [_kept(field, (allowed or {}).get(field.name)) for field in card.fields]
        self._explain = explain

    @property
    def name(self) -> str:
        """The trained model's name."""
        return self._network.card.name

    @property
    def version(self) -> str:
        """The fingerprint of all its files."""
        return self._network.card.fingerprint

    def suggest(self, products: Sequence[TaggedInput]) -> list[ProductSuggestions]:
        """Return suggestions for products, in order; a product with neither text nor photo is unsure of everything."""
        if not products:
            return []
        texts = [tagging_text(product.fields) for product in products]
        photos, has_photo = self._photos(products)
        read = read_inputs(self.words, texts, text_vectors(texts, self._text), photos, has_photo)
        logits = self._network.logits(read.inputs)
        found = []
        for row, product in enumerate(products):
            sense = _sense(bool(read.has_text[row]), bool(read.has_photo[row]))
            own = self.card.of_sense(logits[row : row + 1], sense) if sense else None
            made = [] if own is None or sense is None else self._fields(own, sense)
            if self._explain and sense in ("text", "both"):
                made = self._explained(made, read.inputs, row, sense)
            sure = {one.field for one in made if one.sure}
            unsure = tuple(field.name for field in self.card.fields if field.name not in sure)
            found.append(ProductSuggestions(product.id, tuple(made), unsure))
        return found

    def probabilities(self, inputs: TagInputs, sense: Sense) -> dict[str, np.ndarray]:
        """Return for each field the probabilities (n, values) of products by one sense."""
        own = self.card.of_sense(self._network.logits(inputs), sense)
        return {field.name: field.probabilities(own) for field in self.card.fields if sense in field.deciders}

    def _fields(self, logits: np.ndarray, sense: Sense) -> list[Suggestion]:
        found = []
        for field, kept in zip(self.card.fields, self._kept, strict=True):
            decider = field.deciders.get(sense)
            if decider is None or not len(kept):
                continue
            chances = field.probabilities(logits)[0][kept]
            found += decider.decide([field.values[place] for place in kept], chances, self.name)
        return found

    def _explained(self, made: list[Suggestion], inputs: TagInputs, row: int, sense: Sense) -> list[Suggestion]:
        """Return the suggestions with the words that counted for them."""
        columns: list[int | None] = []
        for one in made:
            field = next(field for field in self.card.fields if field.name == one.field)
            columns.append(field.start + field.values.index(one.value) if one.value in field.values else None)
        if all(column is None for column in columns):
            return made
        counted = counted_words(self._network, self.card, self.words, inputs, row, sense, columns)
        return [
            replace(one, evidence={**one.evidence, "words": words}) if words else one
            for one, words in zip(made, counted, strict=True)
        ]

    def _photos(self, products: Sequence[TaggedInput]) -> tuple[np.ndarray, np.ndarray]:
        """Return the photo vectors (n, dimension) of products and which of them have one."""
        dimension = self.card.photo.dimension if self.card.photo is not None else 1
        vectors = np.zeros((len(products), dimension), np.float32)
        there = np.zeros(len(products), bool)
        if self.card.photo is None:
            return vectors, there
        for row, product in enumerate(products):
            if self._indexed and product.image_vector is not None:
                vectors[row], there[row] = product.image_vector, True
        missing = [row for row in range(len(products)) if not there[row] and products[row].photo is not None]
        if missing and self._photo is not None:
            vectors[missing], there[missing] = photo_vectors([products[row].photo for row in missing], self._photo)
        return vectors, there


def open_head(
    store: ModelStore,
    name: str,
    *,
    threads: int = 0,
    indexed: Collection[str] = (),
    allowed: Mapping[str, Collection[str]] | None = None,
    explain: bool = True,
) -> HeadEngine:
    """Open a trained tagger of the store.

    `indexed` are the fingerprints of the encoders whose vectors products bring along (those of the live generation).
    Raises EncoderError where the model is none, or one of its encoders is not the one that it was trained with.
    """
    model = store.card(name)
    if model.kind != "tags":
        raise EncoderError(f"model {name!r} is no tagger; `kindred train tags` makes one")
    card, words = read_tagger_card(store.folder(name))
    for encoder in (card.text, card.photo):
        if encoder is not None:
            _check(store, name, encoder)
    return HeadEngine(
        Tagger(store.folder(name), model),
        card,
        words,
        store.open_text(card.text.model, threads),
        None if card.photo is None else store.open_image(card.photo.model, threads),
        indexed_photos=card.photo is not None and card.photo.fingerprint in indexed,
        allowed=allowed,
        explain=explain,
    )


def _check(store: ModelStore, name: str, encoder: EncoderName) -> None:
    found = store.card(encoder.model).fingerprint
    if found != encoder.fingerprint:
        raise EncoderError(
            f"tagger {name} was trained with {encoder.model} of fingerprint {encoder.fingerprint}, the store has "
            f"{found}; train it again"
        )


def _sense(text: bool, photo: bool) -> Sense | None:
    return "both" if text and photo else "text" if text else "photo" if photo else None


def _kept(field: TaggedField, allowed: Collection[str] | None) -> np.ndarray:
    places = [place for place, value in enumerate(field.values) if allowed is None or value in allowed]
    return np.array(places, int)
