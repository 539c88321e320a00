"""Giving back to convolutions what the rounding of their weights takes from their sums.

What a convolution reads is mostly above zero, often far above: errors of its weights do not cancel over a photo, they
move every place of a channel by the same amount, and all layers behind it pass that on. The amount is the sum of the
errors times the mean of the input; it is taken from the bias, which costs nothing when the network runs (Nagel et al.,
Data-free quantization through weight equalization and bias correction, 2019; here with means over real photos).
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from encoders.sessions import open_session

_PLACES = "every place"


def correct_biases(fp32: Path, int8: Path, samples: Sequence[Mapping[str, np.ndarray]]) -> None:
    """Change the biases of a quantised (QDQ) file so that its convolutions return fp32's means over `samples`.

    Both files must name their convolutions alike; one that is not quantised stays as it is.
    """
    original, model = onnx.load(fp32), onnx.load(int8)
    exact = {tensor.name: tensor for tensor in original.graph.initializer}
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    scaled = {node.output[0]: node for node in model.graph.node if node.op_type == "DequantizeLinear"}
    convolutions = {node.name: node for node in original.graph.node if node.op_type == "Conv"}
    means = input_means(original, samples)
    for node in model.graph.node:
        if node.op_type != "Conv" or len(node.input) < 3 or node.input[1] not in scaled:
            continue
        before = convolutions[node.name]
        weight = numpy_helper.to_array(exact[before.input[1]]).astype(float)
        errors = (_values(scaled[node.input[1]], stored) - weight).sum(axis=(2, 3))
        # An output reads the channels of its group: all of them, or its own alone where the convolution is depthwise.
        groups = means[before.input[0]].reshape(-1, errors.shape[1])
        shift = (errors * np.repeat(groups, len(errors) // len(groups), axis=0)).sum(axis=1)
        bias = scaled[node.input[2]]
        steps, scale = (numpy_helper.to_array(stored[name]) for name in bias.input[:2])
        moved = np.round(steps - shift / np.maximum(scale.astype(float), 1e-30))
        limit = np.iinfo(np.int32)
        whole = np.clip(moved, limit.min, limit.max).astype(np.int32)
        stored[bias.input[0]].CopyFrom(numpy_helper.from_array(whole, bias.input[0]))
    onnx.save(model, int8)


def input_means(model: onnx.ModelProto, samples: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the mean of each channel of each convolution's input over the places of all samples."""
    names = list(dict.fromkeys(node.input[0] for node in model.graph.node if node.op_type == "Conv"))
    measured = onnx.ModelProto()
    measured.CopyFrom(model)
    measured.graph.initializer.append(numpy_helper.from_array(np.array([0, 2, 3], np.int64), _PLACES))
    outputs = [f"{name} mean" for name in names]
    for name, output in zip(names, outputs, strict=True):
        measured.graph.node.append(helper.make_node("ReduceMean", [name, _PLACES], [output], keepdims=0))
    found = watched(measured, outputs, samples)
    return {name: np.mean(rows, axis=0, dtype=float) for name, rows in zip(names, found, strict=True)}


def watched(
    model: onnx.ModelProto, names: Sequence[str], samples: Sequence[Mapping[str, np.ndarray]]
) -> list[tuple[np.ndarray, ...]]:
    """Return what the network makes of each sample in the middle: a tuple, a sample each, for each value named."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    opened.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    with tempfile.TemporaryDirectory() as workshop:
        path = Path(workshop) / "watched.onnx"
        onnx.save(opened, path)
        session = open_session(path)
        return list(zip(*(session.run(list(names), dict(sample)) for sample in samples), strict=True))


def _values(node: onnx.NodeProto, stored: Mapping[str, onnx.TensorProto]) -> np.ndarray:
    """Return the numbers that a DequantizeLinear node makes of stored weights, a scale for each output channel."""
    steps, scale = (numpy_helper.to_array(stored[name]).astype(float) for name in node.input[:2])
    return np.asarray(steps * scale.reshape(-1, *[1] * (steps.ndim - 1)))
