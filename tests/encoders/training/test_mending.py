"""What int8 does to the features of a trained network is told to the heads that read them."""

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from encoders.export.graphs import IMAGE_OUTPUT, export_image
from encoders.export.mending import features_of, lines, mend_heads
from encoders.nets.photonet import PhotoNet
from encoders.sessions import open_session
from tests.encoders.training.tiny import tiny_backbone


def test_a_line_for_each_feature_brings_it_back():
    chance = np.random.default_rng(0)
    wanted = chance.normal(size=(300, 3))
    found = wanted * [1.2, 0.9, 1.0] + [0.5, 0.0, -1.0]
    found = np.hstack([found, np.full((300, 1), 7.0)])  # int8 has made a constant of the last one
    slope, shift = lines(found, np.hstack([wanted, chance.normal(2, 0.1, (300, 1))]))
    np.testing.assert_allclose(slope, [1 / 1.2, 1 / 0.9, 1.0, 1.0], atol=0.02)
    np.testing.assert_allclose((found * slope + shift).mean(axis=0)[:3], wanted.mean(axis=0), atol=1e-9)


def test_noise_does_not_turn_a_feature_round():
    chance = np.random.default_rng(1)
    slope, _ = lines(chance.normal(size=(20, 50)), chance.normal(size=(20, 50)))
    assert slope.min() == 0.5 and slope.max() <= 2


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A tiny network as a file, and the same file with the biases of its first convolution shifted."""
    torch.manual_seed(3)
    net = PhotoNet(tiny_backbone(), cut=2, dimension=8, heads={"fine": 3}).eval()
    folder = tmp_path_factory.mktemp("mending")
    export_image(net, folder / "whole.onnx", size=32, outputs=(IMAGE_OUTPUT, "logits_fine", "class_maps"))
    model = onnx.load(folder / "whole.onnx")
    weights = next(node for node in model.graph.node if node.op_type == "Conv").input[1]
    tensor = next(one for one in model.graph.initializer if one.name == weights)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(0.9), weights))
    onnx.save(model, folder / "rounded.onnx")
    return folder


def test_heads_answer_as_they_did_before_rounding(exported):
    chance = np.random.default_rng(5)
    samples = [{"pixels": chance.integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)} for _ in range(80)]

    def logits(name: str) -> np.ndarray:
        session = open_session(exported / name)
        return np.concatenate([session.run(["logits_fine"], one)[0] for one in samples[60:]])

    right, before = logits("whole.onnx"), logits("rounded.onnx")
    mend_heads(exported / "whole.onnx", exported / "rounded.onnx", samples[:60])
    after = logits("rounded.onnx")
    assert np.abs(after - right).mean() < np.abs(before - right).mean() / 2
    assert [one.shape[0] for one in features_of(exported / "rounded.onnx", samples[:1]).values()] == [1]
