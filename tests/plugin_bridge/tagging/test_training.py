"""With few labels the names of values are believed where left-out products show that they tell, and only there."""

import numpy as np

from plugin_bridge.tagging.features import read_inputs
from plugin_bridge.tagging.labels import LabelledProduct
from plugin_bridge.tagging.trained import EncoderName
from plugin_bridge.tagging.training import Examples, train_tagger, word_matrix
from plugin_bridge.tagging.words import learn_words

COLOURS = ("red", "blue", "green", "teal", "ochre", "mauve")
LABELLED, ALL = 2, 25  # products of each colour
WORDS = [f"{one}{other}" for one in ("ba", "do", "ki", "lu", "me") for other in ("nar", "pel", "sto", "vim", "zek")]


def told(called: dict[str, str]) -> float:
    """Return the share of unlabelled products whose colour is told; a title says `called` of a product's colour."""
    chance = np.random.default_rng(7)
    truth = [colour for colour in COLOURS for _ in range(ALL)]
    texts = [f"{' '.join(chance.choice(WORDS, 6, replace=False))} {called[colour]}" for colour in truth]
    known = [row % ALL < LABELLED for row in range(len(truth))]
    products = [
        LabelledProduct(str(row), {"title": text}, {"colour": (colour,)} if label else {})
        for row, (text, colour, label) in enumerate(zip(texts, truth, known, strict=True))
    ]
    words, vectors = learn_words(texts), chance.normal(size=(len(texts), 4))
    read = read_inputs(words, texts, vectors, np.zeros((len(texts), 1)), np.zeros(len(texts), bool))
    tagger, card = train_tagger(Examples(products, read), ["colour"], EncoderName("text", "0", 4), None, words)
    values = card.fields[0].values
    columns = slice(0, len(values))
    found = word_matrix(read.inputs.word_ids, read.inputs.word_weights, len(words)) @ tagger.words[:-1, columns]
    scores = found + read.inputs.text @ tagger.text[:, columns] + tagger.bias[columns]
    answers = [values[place] for place in scores.argmax(axis=1)]
    asked = [row for row, label in enumerate(known) if not label]
    return float(np.mean([answers[row] == truth[row] for row in asked]))


def test_names_tell_what_two_labels_a_value_cannot():
    assert told({colour: colour for colour in COLOURS}) > 0.95 > told(dict(zip(COLOURS, WORDS, strict=False))) + 0.2


def test_names_that_mislead_are_not_believed():
    others = dict(zip(COLOURS, COLOURS[1:] + COLOURS[:1], strict=True))
    assert told(others) > told(dict(zip(COLOURS, WORDS, strict=False)))
