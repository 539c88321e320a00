"""From a folder of labelled products to a tagger in the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from encoders.cards import ModelCard
from encoders.images import ImageEncoder
from encoders.store import ModelStore
from encoders.tagger import TagInputs
from encoders.text import TextEncoder
from plugin_bridge.errors import EvaluationError
from plugin_bridge.tagging.calibration import WANTED_PRECISION
from plugin_bridge.tagging.features import photo_vectors, read_inputs, text_vectors
from plugin_bridge.tagging.labels import (
    Contradiction,
    LabelledProduct,
    LabelledSet,
    contradictions,
    lonely,
    taggable_fields,
)
from plugin_bridge.tagging.trained import EncoderName, write_tagger_card
from plugin_bridge.tagging.training import Examples, Report, train_tagger
from plugin_bridge.tagging.words import Words, learn_words

# Beyond so many products an n-gram must come twice, or the vocabulary grows with every misspelling.
_MANY = 10_000
MOST_WITH_OTHERS = 6_000  # products that are read where few have a label, these included
_PROVING = 256  # products on which onnxruntime is compared with the trained matrices


@dataclass(frozen=True)
class Encoders:
    """The encoders that a tagger reads through, and a folder where vectors of photos are kept."""

    text: TextEncoder
    photo: ImageEncoder | None = None
    cache: Path | None = None

    @property
    def names(self) -> tuple[EncoderName, EncoderName | None]:
        """What a tagger's card says about them."""
        return _named(self.text), None if self.photo is None else _named(self.photo)


@dataclass(frozen=True)
class LabelFaults:
    """What is wrong about the labels of a field: `lonely` values have one example, `contradicting` products differ."""

    field: str
    lonely: tuple[str, ...]
    contradicting: tuple[Contradiction, ...]


def read_examples(
    products: Sequence[LabelledProduct],
    words: Words,
    encoders: Encoders,
    progress: Callable[[int], None] = lambda products: None,
) -> Examples:
    """Return products with what a tagger reads of them."""
    texts = [product.text for product in products]
    if encoders.photo is None:
        photos, there = np.zeros((len(products), 1), np.float32), np.zeros(len(products), bool)
        progress(len(products))
    else:
        photos, there = photo_vectors(
            [product.photo for product in products], encoders.photo, cache=encoders.cache, progress=progress
        )
    return Examples(products, read_inputs(words, texts, text_vectors(texts, encoders.text), photos, there))


def learned_words(products: Sequence[LabelledProduct]) -> Words:
    """Return the n-grams that a tagger of these products reads."""
    return learn_words([one.text for one in products], least=2 if len(products) > _MANY else 1)


def chosen_fields(labelled: LabelledSet, wanted: Sequence[str] | None) -> list[str]:
    """Return the fields to learn: those wanted, or those worth it; raises EvaluationError naming an unknown one."""
    found = taggable_fields(labelled.products)
    if wanted is None:
        if not found:
            raise EvaluationError(f"{labelled.source}: no field has labels that can be learned")
        return found
    there = {name for product in labelled.products for name in product.labels}
    for name in wanted:
        if name not in there:
            raise EvaluationError(f"{labelled.source}: no product has a label {name!r}; there are {', '.join(found)}")
    return list(wanted)


def worth_reading(products: Sequence[LabelledProduct], fields: Sequence[str]) -> list[LabelledProduct]:
    """Return the products that have a label for one of the fields, and as many others as can help these.

    Others are evenly chosen, up to `MOST_WITH_OTHERS` products in all.
    """
    labelled = [any(product.labels.get(name) for name in fields) for product in products]
    others = [row for row, known in enumerate(labelled) if not known]
    room = max(0, MOST_WITH_OTHERS - sum(labelled))
    helping = set(others[:: max(1, -(-len(others) // room))]) if room else set()
    return [product for row, product in enumerate(products) if labelled[row] or row in helping]


def label_faults(products: Sequence[LabelledProduct], fields: Sequence[str]) -> list[LabelFaults]:
    """Return for each field what is wrong about its labels."""
    return [LabelFaults(name, tuple(lonely(products, name)), tuple(contradictions(products, name))) for name in fields]


def make_tagger(
    labelled: LabelledSet,
    fields: Sequence[str],
    encoders: Encoders,
    store: ModelStore,
    name: str,
    *,
    precision: float = WANTED_PRECISION,
    report: Report = lambda step, details: None,
    progress: Callable[[int], None] = lambda products: None,
    notes: Mapping[str, Any] | None = None,
) -> ModelCard:
    """Train a tagger on the folder's train split, calibrate it with its valid split, and install it as `name`.

    Raises EvaluationError where the labels cannot be learned, ParityError where the network differs from what was
    trained; the store is then as it was.
    """
    from encoders.export.tags import prove_and_card

    train, valid = worth_reading(labelled.of("train"), fields), labelled.of("valid")
    words = learned_words(train)
    report("words", {"products": len(train), "ngrams": len(words)})
    seen = read_examples(train, words, encoders, progress)
    unseen = read_examples(valid, words, encoders, progress) if valid else None
    report("read", {"products": len(train) + len(valid), "with_photo": int(seen.read.has_photo.sum())})
    text, photo = encoders.names
    about = {"source": labelled.source.name, "train": len(train), "valid": len(valid), **(notes or {})}
    tagger, card = train_tagger(
        seen, fields, text, photo, words, valid=unseen, precision=precision, notes=about, report=report
    )
    with store.installing([name]) as folders:
        write_tagger_card(folders[name], card, words)
        proving = _some(unseen or seen)
        source = f"{len(train)} labelled products of {labelled.source.name}"
        made = prove_and_card(tagger, folders[name], name, proving, source=source, licence="of its training data")
    report("installed", {"model": name, "fingerprint": made.fingerprint, "parity": dict(made.parity)})
    return made


def _some(examples: Examples) -> TagInputs:
    inputs = examples.read.inputs
    rows = slice(0, _PROVING)
    return TagInputs(inputs.word_ids[rows], inputs.word_weights[rows], inputs.text[rows], inputs.photo[rows])


def _named(encoder: TextEncoder | ImageEncoder) -> EncoderName:
    return EncoderName(encoder.card.name, encoder.card.fingerprint, encoder.card.dimension)
