"""The parity gate: what it measures, what it refuses, and that a damaged network is never installed."""

import dataclasses
import math
import re
import shutil

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from encoders.cards import ModelCard, fingerprint_of, sha256_of, write_card
from encoders.errors import ModelDamagedError, ParityError, SourceError
from encoders.export.build import compare_again, export_model
from encoders.export.options import Options
from encoders.export.parity import compare, judge, overlap_at_10
from encoders.export.text import install_text
from encoders.nets.text import SentenceNet
from encoders.store import ModelStore
from tests.encoders.tiny import tiny_source

GOOD = {"worst_cosine": 1.0, "mean_cosine": 1.0, "overlap_at_10": 1.0}


def card(kind: str = "text", precision: str = "int8") -> ModelCard:
    return ModelCard("m", kind, "1", 2, "mean", {}, (), "MIT", "a test", precision, {}, "f")  # type: ignore[arg-type]


def test_differences_and_cosines_are_those_of_the_vectors():
    turned = math.radians(10)
    original = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    exported = np.array([[1.0, 0.0], [0.0, 1.0], [math.cos(turned), math.sin(turned)]])
    measured = compare(original, exported, 0)
    assert measured["inputs"] == 3
    assert measured["max_abs_difference"] == pytest.approx(math.sin(turned))
    assert measured["mean_abs_difference"] == pytest.approx((math.sin(turned) + 1 - math.cos(turned)) / 6)
    assert measured["worst_cosine"] == pytest.approx(math.cos(turned))
    assert measured["mean_cosine"] == pytest.approx((1 + 1 + math.cos(turned)) / 3)


def test_overlap_counts_the_shared_ten_nearest():
    angles = np.radians(np.arange(0, 21) * 4.0)
    original = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # The query is row 0, its nearest are rows 1 to 10. The exported one pushes rows 1 to 3 behind all the others.
    exported = original.copy()
    exported[1:4] = [-1, 0]
    assert overlap_at_10(original, original, 1) == 1
    assert overlap_at_10(original, exported, 1) == pytest.approx(7 / 10)


def test_values_that_are_no_numbers_and_other_shapes_are_refused():
    vectors = np.eye(3)
    with pytest.raises(ParityError, match="not numbers"):
        compare(vectors, np.full((3, 3), np.nan), 0)
    with pytest.raises(ParityError, match=r"\(3, 2\), its original \(3, 3\)"):
        compare(vectors, vectors[:, :2], 0)


@pytest.mark.parametrize(
    ("measured", "limit"),
    [
        ({"worst_cosine": 0.9}, "worst_cosine is 0.90000, at least 0.97"),
        ({"mean_cosine": 0.98}, "mean_cosine is 0.98000, at least 0.985"),
        ({"overlap_at_10": 0.5}, "overlap_at_10 is 0.50000, at least 0.85"),
        ({"metric_loss": 0.0041}, "metric_loss is 0.00410, at most 0.004"),
        ({"worst_cosine": math.nan}, "worst_cosine is nan"),
    ],
)
def test_each_limit_refuses_and_says_which(measured, limit):
    judge(card(), GOOD)
    with pytest.raises(ParityError, match=limit):
        judge(card(), {**GOOD, **measured})


def test_what_int8_may_lose_fp32_may_not():
    measured = {**GOOD, "worst_cosine": 0.98, "mean_cosine": 0.99}
    judge(card(), measured)
    with pytest.raises(ParityError):
        judge(card(precision="fp32"), measured)


class BrokenByExport(SentenceNet):
    """A network that the exporter sees otherwise than torch runs it: what a faulty export amounts to."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        right = super().forward(input_ids, attention_mask)
        return torch.roll(right, 1, dims=1) if torch.compiler.is_exporting() else right


def test_a_faulty_export_is_not_installed_and_the_model_before_it_stays(tmp_path):
    store = ModelStore(tmp_path / "models")
    source = tiny_source(tmp_path / "bert", "bert")
    (before,) = install_text(source, store, ["fp32"], Options())
    broken = BrokenByExport(source.net.transformer, source.net.pooling)
    with pytest.raises(ParityError, match=rf"{source.name} \(fp32\) is too far from its original"):
        install_text(dataclasses.replace(source, net=broken), store, ["fp32"], Options())
    assert store.verify(source.name) == before
    assert sorted(path.name for path in store.root.iterdir()) == [source.name]


def test_verify_compares_with_the_original_again_and_finds_damaged_weights(model_store, tmp_path):
    """One weight matrix of the last layer is emptied, and the card made to match: only the gate can tell."""
    name = "all-minilm-l6-v2"
    store = ModelStore(tmp_path)
    shutil.copytree(model_store.root / name, store.root / name)
    assert compare_again(store.verify(name), store)["worst_cosine"] > 0.9999

    path = store.root / name / "model.onnx"
    network = onnx.load(path)
    last = [node for node in network.graph.node if node.op_type == "MatMul"][-1].input[1]
    weight = next(tensor for tensor in network.graph.initializer if tensor.name == last)
    weight.CopyFrom(numpy_helper.from_array(np.zeros_like(numpy_helper.to_array(weight)), last))
    onnx.save(network, path)
    with pytest.raises(ModelDamagedError, match="sha256"):
        store.verify(name)
    stated = store.card(name)
    files = {**stated.files, "model.onnx": sha256_of(path)}
    fingerprint = fingerprint_of(files, stated.preprocessing)
    write_card(path.parent, dataclasses.replace(stated, files=files, fingerprint=fingerprint))
    with pytest.raises(ParityError, match="worst_cosine"):
        compare_again(store.verify(name), store)


def test_an_unknown_name_says_what_there_is(tmp_path):
    every = "all-minilm-l6-v2, bge-small-en-v1.5, bge-small-zh-v1.5, multilingual-e5-small, efficientnet-lite0, "
    with pytest.raises(SourceError, match=re.escape(f"there are {every}efficientnet-lite0-stages, and any")):
        export_model("unheard-of", ModelStore(tmp_path))


def test_exported_files_say_nothing_of_the_machine_that_made_them(model_store):
    """The exporter notes the source line of every node, with the folders of the machine it ran on."""
    for name in model_store.names():
        network = onnx.load(model_store.root / name / "model.onnx")
        assert not any(node.metadata_props or node.doc_string for node in network.graph.node), name
        assert b"site-packages" not in network.SerializeToString(), name
