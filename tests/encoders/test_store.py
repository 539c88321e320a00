"""Cards, fingerprints, and a store that is never half written."""

import dataclasses
import json

import pytest

from encoders.cards import CARD_FILE, ModelCard, fingerprint_of, read_card, sha256_of, write_card
from encoders.errors import EncoderError, ModelDamagedError, ModelNotFoundError
from encoders.store import ModelStore


def put(store: ModelStore, name: str, content: bytes = b"weights", **changes) -> ModelCard:
    """Install a model whose files are no real network: enough for all that does not open it."""
    with store.installing([name]) as folders:
        folder = folders[name]
        (folder / "model.onnx").write_bytes(content)
        files = {"model.onnx": sha256_of(folder / "model.onnx")}
        preprocessing = {"max_tokens": 8}
        card = ModelCard(
            name=name,
            kind="text",
            revision="1",
            dimension=4,
            pooling="mean",
            preprocessing=preprocessing,
            languages=("en", "zh"),
            licence="MIT",
            source="a test",
            precision="fp32",
            files=files,
            fingerprint=fingerprint_of(files, preprocessing),
            parity={"worst_cosine": 1.0},
        )
        card = dataclasses.replace(card, **changes)
        write_card(folder, card)
    return card


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def test_a_card_is_read_as_it_was_written(store):
    card = put(store, "one")
    assert store.card("one") == card
    assert store.list() == [card]
    assert store.verify("one") == card


def test_a_fingerprint_changes_with_weights_and_with_preprocessing_and_with_nothing_else():
    files, preprocessing = {"model.onnx": "aa", "tokenizer.json": "bb"}, {"max_tokens": 8, "query_prefix": ""}
    same = fingerprint_of(dict(reversed(files.items())), dict(reversed(preprocessing.items())))
    assert fingerprint_of(files, preprocessing) == same
    assert len(same) == 32
    others = {
        fingerprint_of({**files, "model.onnx": "ab"}, preprocessing),
        fingerprint_of({**files, "tokenizer.json": "bc"}, preprocessing),
        fingerprint_of(files, {**preprocessing, "query_prefix": "query: "}),
    }
    assert len(others | {same}) == 4


def test_a_model_that_is_not_there_names_the_command_that_makes_it(store):
    with pytest.raises(ModelNotFoundError, match=r"kindred models export bge-small-en-v1\.5-int8"):
        store.card("bge-small-en-v1.5-int8")
    put(store, "one")
    with pytest.raises(ModelNotFoundError, match=r"there: one.*kindred models export FOLDER --name ours"):
        store.card("ours-int8")


@pytest.mark.parametrize("name", ["../one", "a/b", "", ".hidden", "a\\b", "x" * 101, "né"])
def test_a_name_cannot_lead_out_of_the_store(store, name):
    with pytest.raises(ModelNotFoundError, match="cannot be a model's name"):
        store.card(name)


def test_a_changed_a_missing_file_and_an_edited_card_are_told_by_name(store):
    put(store, "one")
    path = store.root / "one" / "model.onnx"
    path.write_bytes(b"other weights")
    with pytest.raises(ModelDamagedError, match=r"one.model\.onnx has sha256"):
        store.verify("one")
    path.unlink()
    with pytest.raises(ModelDamagedError, match=r"one.model\.onnx is missing"):
        store.verify("one")
    put(store, "one", preprocessing={"max_tokens": 9})
    with pytest.raises(ModelDamagedError, match="fingerprint does not match"):
        store.verify("one")


def test_a_card_that_cannot_be_read_is_told_by_its_path(store):
    put(store, "one")
    path = store.root / "one" / CARD_FILE
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ModelDamagedError, match=r"card\.json cannot be read"):
        store.list()
    path.write_text(json.dumps({"name": "one"}), encoding="utf-8")
    with pytest.raises(ModelDamagedError, match="has no dimension"):
        store.card("one")
    with pytest.raises(ModelDamagedError, match="is not a model of Kindred"):
        read_card(store.root)


def test_installing_is_all_or_nothing(store):
    before = put(store, "one")

    def fails():
        with store.installing(["one", "two"]) as folders:
            (folders["one"] / CARD_FILE).write_text("{}", encoding="utf-8")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fails()
    assert store.list() == [before]
    assert sorted(path.name for path in store.root.iterdir()) == ["one"]


def test_installing_again_replaces_the_model(store):
    first, second = put(store, "one"), put(store, "one", b"better weights")
    assert store.verify("one") == second
    assert first.fingerprint != second.fingerprint
    assert sorted(path.name for path in store.root.iterdir()) == ["one"]


def test_a_text_encoder_is_not_opened_as_an_image_encoder(store):
    put(store, "one")
    with pytest.raises(EncoderError, match="encodes texts, not images"):
        store.open_image("one")


def test_a_file_that_is_no_network_is_told_by_its_path(store):
    put(store, "one", kind="image")
    with pytest.raises(ModelDamagedError, match=r"model\.onnx cannot be opened"):
        store.open_image("one")
