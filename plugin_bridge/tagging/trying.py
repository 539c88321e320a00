"""A tagger trained only to be measured: nothing of it is kept."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from encoders.export.tags import LinearTagger
from plugin_bridge.tagging.evaluating import TagReport, evaluate_tagger
from plugin_bridge.tagging.labels import LabelledProduct, LabelledSet
from plugin_bridge.tagging.making import Encoders, learned_words, read_examples, worth_reading
from plugin_bridge.tagging.trained import SENSES, Sense, TaggerCard
from plugin_bridge.tagging.training import Examples, train_tagger, word_matrix


def try_tagger(
    labelled: LabelledSet,
    fields: Sequence[str],
    encoders: Encoders,
    *,
    split: str = "test",
    train: Sequence[LabelledProduct] | None = None,
    baselines: bool = True,
) -> TagReport:
    """Train on `train` (default: the train split), calibrate with the valid split where all of train is used, score.

    With a chosen `train` (few labels) there is no valid split to speak of: the held-out scores alone calibrate.
    Products without a label in it help as those of a shop do; the baselines learn from the labelled ones.
    """
    learned = worth_reading(train if train is not None else labelled.of("train"), fields)
    valid = labelled.of("valid") if train is None and split != "valid" else []
    words = learned_words(learned)
    seen = read_examples(learned, words, encoders)
    unseen = read_examples(valid, words, encoders) if valid else None
    text, photo = encoders.names
    tagger, card = train_tagger(seen, fields, text, photo, words, valid=unseen)
    examples = read_examples(labelled.of(split), words, encoders)  # type: ignore[arg-type]
    return evaluate_tagger(
        card,
        lambda some, sense: probabilities(tagger, card, some, sense),
        examples,
        [product for product in learned if any(product.labels.get(name) for name in fields)],
        model="trained for this measurement",
        split=split,
        baselines=baselines,
    )


def probabilities(tagger: LinearTagger, card: TaggerCard, examples: Examples, sense: Sense) -> dict[str, Any]:
    """Return for each field the probabilities (n, values), calculated from the matrices."""
    inputs = examples.read.inputs
    columns = slice(SENSES.index(sense) * card.columns, (SENSES.index(sense) + 1) * card.columns)
    counted = word_matrix(inputs.word_ids, inputs.word_weights, len(tagger.words) - 1) @ tagger.words[:-1, columns]
    logits = np.asarray(counted) + inputs.text @ tagger.text[:, columns] + inputs.photo @ tagger.photo[:, columns]
    logits += tagger.bias[columns]
    return {field.name: field.probabilities(logits) for field in card.fields if sense in field.deciders}
