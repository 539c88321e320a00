"""Model folders that a user names: read as sentence-transformers reads them, or refused with the reason."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from encoders.errors import SourceError
from encoders.export.build import compare_again, export_folder
from encoders.export.folders import text_folder
from encoders.export.sources import bge_small_en
from encoders.export.text import tokens_of
from encoders.store import ModelStore
from tests.encoders.tiny import WIDTH, tiny_folder

TEXTS = ["garden hose 25 m", "A hose", "Yoga mat, 10 mm thick, non-slip, with strap", "unknown words only"]


def sentence_folder(folder: Path, kind: str, pooling: str, *, dense: int = 0) -> Path:
    """Save a tiny sentence encoder with sentence-transformers itself."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    transformer = Transformer(str(tiny_folder(folder / "bare", kind)), max_seq_length=24)
    modules = [transformer, Pooling(WIDTH, pooling_mode=pooling)]
    if dense:
        torch.manual_seed(1)
        modules.append(Dense(WIDTH, dense, activation_function=torch.nn.Tanh()))
    target = folder / f"Tiny-{kind}"
    SentenceTransformer(modules=[*modules, Normalize()], device="cpu").save(str(target))
    return target


@pytest.mark.parametrize(
    ("kind", "pooling", "dense"),
    [("bert", "mean", 0), ("bert", "max", 16), ("distilbert", "cls", 0), ("roberta", "mean", 0), ("mpnet", "mean", 0)],
)
def test_a_folder_encodes_as_in_sentence_transformers(tmp_path, kind, pooling, dense):
    from sentence_transformers import SentenceTransformer

    folder = sentence_folder(tmp_path, kind, pooling, dense=dense)
    store = ModelStore(tmp_path / "models")
    (card,) = export_folder(folder, store, precisions=["fp32"], licence="MIT", languages=("en",))
    assert (card.name, card.dimension, card.pooling) == (f"tiny-{kind}", dense or WIDTH, pooling)
    assert (card.licence, card.languages, card.preprocessing["max_tokens"]) == ("MIT", ("en",), 24)
    texts = [*TEXTS, "a long text " * 40]
    expected = SentenceTransformer(str(folder), device="cpu").encode(texts)
    # float32 sums in another order; random weights ten times as wide as trained ones make them larger than usual.
    np.testing.assert_allclose(store.open_text(card.name).encode(texts), expected, atol=2e-5)
    with pytest.raises(SourceError, match="name that folder"):
        compare_again(card, store)
    assert compare_again(card, store, folder=folder)["worst_cosine"] > 0.9999


def test_a_bare_bert_folder_is_pooled_by_mean_unless_told_otherwise(tmp_path):
    folder = tiny_folder(tmp_path / "bert", "bert")
    assert text_folder(folder, name="b").net.pooling == "mean"
    assert text_folder(folder, name="b", pooling="cls").net.pooling == "cls"
    assert text_folder(folder, name="b").preprocessing["max_tokens"] == 64
    (folder / "tokenizer_config.json").unlink()
    assert text_folder(folder, name="b").preprocessing["max_tokens"] == 66  # all positions of the network


def test_prompts_of_a_folder_become_prefixes(tmp_path):
    folder = sentence_folder(tmp_path, "bert", "mean")
    path = folder / "config_sentence_transformers.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**stated, "prompts": {"query": "hose ", "document": "mat "}}), encoding="utf-8")
    store = ModelStore(tmp_path / "models")
    (card,) = export_folder(folder, store, name="prompted", precisions=["fp32"])
    encoder = store.open_text("prompted")
    plain = export_folder(tmp_path / "bare", store, name="plain", precisions=["fp32"])
    assert card.fingerprint != plain[0].fingerprint
    bare = store.open_text("plain")
    np.testing.assert_allclose(encoder.encode_one("garden"), bare.encode_one("hose garden"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode(["garden"])[0], bare.encode_one("mat garden"), atol=1e-5)


def test_a_bert_is_refilled_from_an_onnx_file(tmp_path):
    published = bge_small_en()
    unpacked = published.tokenizer.parent
    (tmp_path / "onnx").mkdir()
    shutil.copy(unpacked / "bge-small-en-v1.5.onnx", tmp_path / "onnx" / "model.onnx")
    shutil.copy(published.tokenizer, tmp_path / "tokenizer.json")
    config = {"model_type": "bert", "num_attention_heads": 12}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    source = text_folder(tmp_path, name="b", pooling="cls")
    (ids,) = tokens_of(source, TEXTS[:1])
    with torch.inference_mode():
        vector = source.net(torch.from_numpy(ids), torch.ones(ids.shape, dtype=torch.int64))[0].numpy()
    assert published.published is not None
    np.testing.assert_allclose(vector, published.published(TEXTS[0], ids), atol=2e-6)


def test_a_pickle_is_never_opened(tmp_path):
    folder = tiny_folder(tmp_path / "bert", "bert")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"would run a program when opened")
    with pytest.raises(SourceError, match=r"pytorch_model\.bin is a pickle.*safe_serialization=True"):
        text_folder(folder, name="b")


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_folder_that_lacks_a_file_names_it(tmp_path, missing):
    folder = tiny_folder(tmp_path / "bert", "bert")
    (folder / missing).unlink()
    with pytest.raises(SourceError, match=missing.replace(".", r"\.")):
        text_folder(folder, name="b")


def test_broken_weights_a_broken_config_and_no_folder_are_one_sentence(tmp_path):
    folder = tiny_folder(tmp_path / "bert", "bert")
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(SourceError, match="cannot be loaded by transformers"):
        text_folder(folder, name="b")
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match=r"config\.json is not valid JSON"):
        text_folder(folder, name="b")
    with pytest.raises(SourceError, match="is not a model folder"):
        text_folder(tmp_path / "nowhere", name="b")


@pytest.mark.parametrize("pooling", ["weightedmean", "lasttoken"])
def test_pooling_that_is_not_known_is_refused(tmp_path, pooling):
    folder = sentence_folder(tmp_path, "bert", pooling)
    with pytest.raises(
        SourceError, match=rf"one of mean, cls, max over all tokens can be exported, not \['{pooling}'\]"
    ):
        text_folder(folder, name="b")


def test_a_module_that_is_not_known_is_refused(tmp_path):
    folder = sentence_folder(tmp_path, "bert", "mean")
    path = folder / "modules.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    stated.append({"idx": 3, "name": "3", "path": "3_LSTM", "type": "sentence_transformers.models.LSTM"})
    path.write_text(json.dumps(stated), encoding="utf-8")
    with pytest.raises(SourceError, match=r"modules\.json: .*LSTM"):
        text_folder(folder, name="b")
