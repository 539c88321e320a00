"""A tagger trained on a small shop: what it suggests, why, and what it does where something is missing."""

import numpy as np
import pytest

from encoders.errors import EncoderError, ModelDamagedError
from encoders.store import ModelStore
from plugin_bridge.errors import EvaluationError
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.head import HeadEngine, open_head
from plugin_bridge.tagging.labels import read_labelled
from plugin_bridge.tagging.making import Encoders, chosen_fields, label_faults, make_tagger
from plugin_bridge.tagging.trained import TAGGER_FILE
from tests.fixtures.tiny_models import TINY_PHOTO, TINY_TEXT
from tests.plugin_bridge.tagging import shop

FIELDS = ["category", "colour", "tags"]


@pytest.fixture(scope="module")
def store(bridge_store: ModelStore, tmp_path_factory) -> ModelStore:
    """The tiny encoders, in a store of their own."""
    found = ModelStore(tmp_path_factory.mktemp("tag-models"))
    for name in (TINY_TEXT, TINY_PHOTO):
        (found.root / name).symlink_to((bridge_store.root / name).resolve(), target_is_directory=True)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shop.write(tmp_path_factory.mktemp("tag-shop"), shop.rows())


@pytest.fixture(scope="module")
def trained(store, folder):
    """A tagger trained on the shop; returns its card and the events that were told."""
    labelled = read_labelled(folder)
    events = []
    encoders = Encoders(store.open_text(TINY_TEXT, 1), store.open_image(TINY_PHOTO, 1))
    card = make_tagger(
        labelled,
        chosen_fields(labelled, None),
        encoders,
        store,
        "shop",
        report=lambda step, details: events.append((step, details)),
    )
    return card, events


@pytest.fixture
def engine(store, trained) -> HeadEngine:
    return open_head(store, "shop", threads=1)


def suggested(engine, fields, photo=None, **more):
    found = engine.suggest([TaggedInput("x", fields, photo, **more)])[0]
    return {one.field: one for one in reversed(found.suggestions)}, found


def test_the_gate_compared_the_network_with_what_was_trained(trained, store):
    card, events = trained
    assert card.kind == "tags" and card.parity["worst_cosine"] > 0.9999 and card.parity["inputs"] > 5
    assert store.verify("shop").fingerprint == card.fingerprint
    assert [step for step, _ in events][-1] == "installed"
    senses = {(one["field"], one["from"]) for step, one in events if step == "trained"}
    assert senses == {(field, sense) for field in FIELDS for sense in ("text", "photo", "both")}


def test_words_and_photo_are_read_together(engine, folder):
    photo = folder / next(row["image"] for row in shop.rows() if row["colour"] == "red")
    found, whole = suggested(engine, {"title": "Lune plain boot"}, photo)
    assert found["category"].value == "Shoes > Boots"
    assert found["colour"].value == "red"
    assert {one.value for one in whole.suggestions if one.field == "tags" and one.confidence > 0.5} == {
        "outdoor",
        "warm",
    }
    assert all(0 <= one.confidence <= 1 and one.model == "shop" for one in whole.suggestions)
    assert set(whole.unsure) == set(FIELDS) - {one.field for one in whole.suggestions if one.sure}


def test_words_that_counted_are_told(engine):
    found, _ = suggested(engine, {"title": "Lune plain boot"})
    words = [word["word"] for word in found["category"].evidence["words"]]
    assert words[0] == "boot"


def test_without_photo_or_without_words_it_still_suggests(engine, folder):
    found, _ = suggested(engine, {"title": "Nordhus green sandal"})
    assert (found["category"].value, found["colour"].value) == ("Shoes > Sandals", "green")
    found, _ = suggested(engine, {}, folder / next(row["image"] for row in shop.rows() if row["colour"] == "blue"))
    assert found["colour"].value == "blue"


def test_a_product_with_nothing_is_unsure_of_everything(engine, tmp_path):
    _, whole = suggested(engine, {"title": " "}, tmp_path / "absent.png")
    assert whole.suggestions == () and whole.unsure == tuple(FIELDS)
    assert engine.suggest([]) == []


def test_its_own_labels_are_not_read(engine):
    plain, _ = suggested(engine, {"title": "Nordhus green sandal"})
    lying, _ = suggested(engine, {"title": "Nordhus green sandal", "category": ["Apparel", "Shirts"], "colour": "red"})
    assert plain == lying


def test_vectors_of_the_index_count_where_they_are_of_its_encoder(store, trained):
    photo = store.open_image(TINY_PHOTO, 1)
    red = photo.encode_one(np.full((32, 32, 3), shop.COLOURS["red"], np.uint8))
    known = open_head(store, "shop", threads=1, indexed=[photo.card.fingerprint])
    other = open_head(store, "shop", threads=1)
    assert suggested(known, {"title": "Lune plain boot"}, image_vector=red)[0]["colour"].value == "red"
    assert known.suggest([TaggedInput("x", {}, image_vector=red)])[0].suggestions
    assert other.suggest([TaggedInput("x", {}, image_vector=red)])[0].suggestions == ()


def test_a_category_that_no_longer_exists_is_never_suggested(store, trained):
    living = ["Apparel > Shirts", "Apparel > Jumpers", "Shoes > Sandals"]
    engine = open_head(store, "shop", threads=1, allowed={"category": living})
    whole = engine.suggest([TaggedInput("x", {"title": "Lune plain boot"})])[0]
    assert all("Boots" not in one.value for one in whole.suggestions)
    assert whole.suggestions[0].field == "category"
    gone = open_head(store, "shop", threads=1, allowed={"category": []})
    assert "category" in gone.suggest([TaggedInput("x", {"title": "Lune plain boot"})])[0].unsure


def test_another_encoder_of_that_name_is_refused(store, trained, tmp_path):
    other = ModelStore(tmp_path)
    for name in (TINY_TEXT, TINY_PHOTO, "shop"):
        (other.root / name).mkdir()
        for file in store.folder(name).iterdir():
            (other.root / name / file.name).write_bytes(file.read_bytes())
    stated = (other.root / "shop" / TAGGER_FILE).read_text()
    (other.root / "shop" / TAGGER_FILE).write_text(stated.replace(store.card(TINY_TEXT).fingerprint, "0" * 32))
    with pytest.raises(EncoderError, match="train it again"):
        open_head(other, "shop")
    (other.root / "shop" / TAGGER_FILE).write_text("{")
    with pytest.raises(ModelDamagedError, match="not a tagger"):
        open_head(other, "shop")
    with pytest.raises(EncoderError, match="is no tagger"):
        open_head(other, TINY_TEXT)


def test_one_example_of_a_class_is_learned_and_told(store, tmp_path):
    odd = {"id": "odd", "title": "Umbrella", "category": ["Rain"], "colour": "red"}
    folder = shop.write(tmp_path / "odd", [*shop.rows(60), odd])
    labelled = read_labelled(folder)
    assert [one.lonely for one in label_faults(labelled.products, ["category"])] == [("Rain",)]
    split = {one.id for one in labelled.of("train")}
    encoders = Encoders(store.open_text(TINY_TEXT, 1))
    make_tagger(labelled, ["category"], encoders, store, "odd")
    found = open_head(store, "odd").suggest([TaggedInput("x", {"title": "Umbrella"})])[0]
    if "odd" in split:
        assert "Rain" in {one.value for one in found.suggestions}
    assert found.suggestions


def test_a_field_of_one_value_cannot_be_learned(store, tmp_path):
    folder = shop.write(tmp_path / "same", [{**row, "season": "Fall"} for row in shop.rows(30)])
    labelled = read_labelled(folder)
    encoders = Encoders(store.open_text(TINY_TEXT, 1))
    with pytest.raises(EvaluationError, match="field season: 1 different values"):
        make_tagger(labelled, ["season"], encoders, store, "same")
    assert "same" not in store.names()
    with pytest.raises(EvaluationError, match="no product has a label 'size'"):
        chosen_fields(labelled, ["size"])


def test_training_draws_nothing_by_chance(store, trained, folder):
    labelled = read_labelled(folder)
    encoders = Encoders(store.open_text(TINY_TEXT, 1), store.open_image(TINY_PHOTO, 1))
    again = make_tagger(labelled, FIELDS, encoders, store, "again")
    assert again.fingerprint == trained[0].fingerprint
