"""From fp32 ONNX files to int8 ones."""

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from encoders.export.biases import correct_biases
from encoders.export.outliers import damp_outliers

Feed = Mapping[str, np.ndarray]

# A table of words as large as this (bytes) becomes int8 too: of a multilingual network it is nine tenths.
LARGE_TABLE = 64 * 2**20


def quantise_text(source: Path, target: Path, samples: Sequence[Feed]) -> None:
    """Quantise a transformer dynamically: int8 weights, signed and per channel; activations by their own range.

    `samples` are inputs of the network by which outlying activations are found and damped first. `reduce_range`
    keeps weights to 7 bits: on processors with AVX2 but no VNNI the 8-bit product of unsigned activations and
    signed weights saturates its 16-bit sum, and vectors would differ from machine to machine. The second product of
    the earlier feed-forward layers stays in fp32: much of the error comes from there (docs/decisions/int8.md).
    """
    with tempfile.TemporaryDirectory() as workshop, _quiet():
        damped = Path(workshop) / "damped.onnx"
        model = damp_outliers(source, samples)
        onnx.save(model, damped)
        quantize_dynamic(
            damped,
            target,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=_narrowing(model),
            extra_options={"MatMulConstBOnly": True},
        )
        if largest_table(source) >= LARGE_TABLE:
            quantize_dynamic(target, target, weight_type=QuantType.QInt8, op_types_to_quantize=["Gather"])


def largest_table(source: Path) -> int:
    """Return the bytes of the largest table that a network looks rows up in."""
    model = onnx.load(source)
    sizes = {tensor.name: 4 * int(np.prod(tensor.dims)) for tensor in model.graph.initializer}
    return max((sizes.get(node.input[0], 0) for node in model.graph.node if node.op_type == "Gather"), default=0)


def quantise_image(source: Path, target: Path, samples: Sequence[Feed]) -> None:
    """Quantise a convolutional network statically (QDQ): the ranges of its activations come from `samples`.

    Weights are signed and per channel: of 7 bits in convolutions that become matrix products, for the reason that
    `quantise_text` gives, and of 8 bits in depthwise ones, which sum in 32 bits everywhere. The first convolution
    stays in fp32: it costs little, and every error in it passes through all the others. Biases take up what rounding
    of the weights adds to a channel on the average.
    """
    with tempfile.TemporaryDirectory() as workshop, _quiet():
        prepared = Path(workshop) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        first, products = _convolutions(onnx.load(prepared))
        narrow = [{"axis": 0, "quant_type": QuantType.QInt8, "reduce_range": True}]
        quantize_static(
            prepared,
            target,
            _Samples(samples),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["Conv", "Add", "Clip", "Relu"],
            nodes_to_exclude=[first],
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"TensorQuantOverrides": dict.fromkeys(products, narrow)},
        )
        correct_biases(prepared, target, samples)


def _narrowing(model: onnx.ModelProto) -> list[str]:
    """Return the names of the first two thirds of the weight products that have fewer outputs than inputs."""
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in shapes]
    narrowing = [node.name for node in products if shapes[node.input[1]][-1] < shapes[node.input[1]][0]]
    return narrowing[: 2 * len(narrowing) // 3]


def _convolutions(model: onnx.ModelProto) -> tuple[str, list[str]]:
    """Return the name of the first convolution and the weights of all that mix channels (are not depthwise)."""
    shapes = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "Conv"]
    mixing = [node.input[1] for node in nodes[1:] if shapes[node.input[1]][1] > 1]
    return nodes[0].name, mixing


class _Samples(CalibrationDataReader):
    """Hands calibration samples to onnxruntime one after another."""

    def __init__(self, samples: Sequence[Feed]) -> None:
        self._rest: Iterator[Feed] = iter(samples)

    def get_next(self) -> Feed | None:
        return next(self._rest, None)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the advice that onnxruntime's tools log and print for developers away from Kindred's users."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        root.setLevel(level)
