"""Biases of quantised convolutions give back what the rounding of weights takes."""

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import nn

from encoders.export.biases import correct_biases, input_means
from encoders.export.graphs import export_parts
from encoders.export.quantise import quantise_image
from encoders.sessions import open_session

FLOAT = onnx.TensorProto.FLOAT


def stored(name: str, value, kind=np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(value, kind), name)


def written(path, nodes, tensors):
    inputs = [helper.make_tensor_value_info("x", FLOAT, [1, 2, 2, 2])]
    outputs = [helper.make_tensor_value_info("y", FLOAT, [1, 2, 2, 2])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


# Two channels whose means over the places of all samples are 10 and 2.
SAMPLES = [
    {"x": np.stack([np.full((2, 2), 8), np.full((2, 2), 1)])[None].astype(np.float32)},
    {"x": np.stack([np.full((2, 2), 12), np.full((2, 2), 3)])[None].astype(np.float32)},
]


@pytest.mark.parametrize(
    ("weights", "steps", "groups", "expected"),
    [
        # Each output sums both channels; weights were rounded to tenths: 0.34 to 3, 0.58 to 6; -0.26 to -3, 0.5 to 5.
        # Too much by -0.04 * 10 + 0.02 * 2 = -0.36 and -0.04 * 10 + 0 = -0.4: 18 and 20 steps of 0.02 are added.
        ([[[[0.34]], [[0.58]]], [[[-0.26]], [[0.5]]]], [[[[3]], [[6]]], [[[-3]], [[5]]]], 1, [50 + 18, -7 + 20]),
        # Depthwise: too much by 0.04 * 10 = 0.4 and by -0.03 * 2 = -0.06: 20 steps are taken, 3 added.
        ([[[[0.26]]], [[[0.53]]]], [[[[3]]], [[[5]]]], 2, [50 - 20, -7 + 3]),
    ],
)
def test_a_bias_gives_back_errors_of_weights_times_what_they_read(tmp_path, weights, steps, groups, expected):
    conv = helper.make_node("Conv", ["x", "w", "b"], ["y"], name="conv", group=groups)
    plain = written(tmp_path / "plain.onnx", [conv], [stored("w", weights), stored("b", [1.0, -0.14])])
    values = [
        helper.make_node("DequantizeLinear", ["wq", "ws", "wz"], ["wd"], axis=0),
        helper.make_node("DequantizeLinear", ["bq", "bs", "bz"], ["bd"], axis=0),
    ]
    rounded = helper.make_node("Conv", ["x", "wd", "bd"], ["y"], name="conv", group=groups)
    tensors = [stored("wq", steps, np.int8), stored("ws", [0.1, 0.1]), stored("wz", [0, 0], np.int8)]
    tensors += [stored("bq", [50, -7], np.int32), stored("bs", [0.02, 0.02]), stored("bz", [0, 0], np.int32)]
    int8 = written(tmp_path / "int8.onnx", [*values, rounded], tensors)

    np.testing.assert_allclose(input_means(onnx.load(plain), SAMPLES)["x"], [10, 2])
    correct_biases(plain, int8, SAMPLES)
    changed = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(int8).graph.initializer}
    assert changed["bq"].tolist() == expected
    totals = [
        np.mean([open_session(path).run(["y"], sample)[0] for sample in SAMPLES], axis=(0, 1, 3, 4))
        for path in (plain, int8)
    ]
    np.testing.assert_allclose(totals[1], totals[0], atol=0.011)  # half a step of the bias


class Chain(nn.Module):
    """Blocks like EfficientNet's; depthwise filters that tell small differences of large numbers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.steps = nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU6()), *[self.block() for _ in range(3)]
        )

    @staticmethod
    def block() -> nn.Sequential:
        deep = nn.Conv2d(16, 16, 5, padding=2, groups=16)
        with torch.no_grad():
            deep.weight -= 0.9 * deep.weight.mean(dim=(2, 3), keepdim=True)
            deep.weight *= 8
            deep.bias += 2
        return nn.Sequential(deep, nn.ReLU6(), nn.Conv2d(16, 16, 1), nn.ReLU6())

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        state = self.steps(pixels.permute(0, 3, 1, 2).to(torch.float32) / 64)
        return state.mean(dim=(2, 3))


def test_a_quantised_network_keeps_the_means_of_its_features(tmp_path):
    chance = np.random.default_rng(3)
    samples = [
        {
            "pixels": np.clip(chance.normal(chance.uniform(120, 240, (1, 1, 1, 3)), 25, (1, 32, 32, 3)), 0, 255).astype(
                "u1"
            )
        }
        for _ in range(60)
    ]
    example = (torch.zeros((2, 32, 32, 3), dtype=torch.uint8),)
    shapes = {"pixels": {0: torch.export.Dim("batch", min=1, max=8)}}
    export_parts(Chain(), example, tmp_path / "fp32.onnx", inputs=["pixels"], outputs=["features"], shapes=shapes)
    quantise_image(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", samples[:30])
    fp32, int8 = (
        np.concatenate([open_session(tmp_path / name).run(["features"], one)[0] for one in samples[30:]])
        for name in ("fp32.onnx", "int8.onnx")
    )
    moved = np.abs((int8 - fp32).mean(axis=0)).mean()
    assert moved < 0.15 * fp32.std(axis=0).mean()  # measured: 0.06; 0.52 with biases as they were
