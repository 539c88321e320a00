"""Scores of a tagger beside its baselines, on a shop whose answers are known."""

import pytest

from encoders.store import ModelStore
from plugin_bridge.errors import EvaluationError
from plugin_bridge.tagging import baselines
from plugin_bridge.tagging.labels import LabelledSet, read_labelled
from plugin_bridge.tagging.making import Encoders
from plugin_bridge.tagging.trying import try_tagger
from tests.fixtures.tiny_models import TINY_PHOTO, TINY_TEXT
from tests.plugin_bridge.tagging import shop


@pytest.fixture(scope="module")
def report(bridge_store: ModelStore, tmp_path_factory):
    labelled = read_labelled(shop.write(tmp_path_factory.mktemp("score-shop"), shop.rows(240)))
    encoders = Encoders(bridge_store.open_text(TINY_TEXT, 1), bridge_store.open_image(TINY_PHOTO, 1))
    return try_tagger(labelled, ["category", "colour", "tags"], encoders)


def test_the_document_has_the_names_of_the_contract(report):
    document = report.to_json()
    assert {"examples", "accuracy", "f1_macro", "f1_micro", "ece", "coverage_at_precision_95", "ci95"} <= set(document)
    assert document["field"] == "category"
    assert {baselines.WORDS, baselines.COLOURS, "kindred, text", "kindred, both"} <= set(document["variants"])
    assert document["f1_macro"] == document["fields"]["category"]["f1_macro"]


def test_the_photo_tells_the_colour_and_the_words_the_category(report):
    assert report.senses["both"]["category"].accuracy == 1.0
    assert report.senses["both"]["category, level 1"].accuracy == 1.0
    assert report.senses["photo"]["colour"].accuracy == 1.0
    assert report.senses["both"]["colour"].accuracy > report.variants[baselines.WORDS]["colour"].accuracy
    assert report.senses["both"]["tags"].accuracy > 0.9


def test_nothing_to_score_is_told(bridge_store, tmp_path):
    labelled = read_labelled(shop.write(tmp_path, shop.rows(60)))
    only = LabelledSet(labelled.source, tuple(labelled.of("train")), {})
    encoders = Encoders(bridge_store.open_text(TINY_TEXT, 1))
    with pytest.raises(EvaluationError, match="no product of the test split"):
        try_tagger(only, ["category"], encoders)
