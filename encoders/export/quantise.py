"""From fp32 ONNX files to int8 ones."""

import logging
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic


def quantise_text(source: Path, target: Path) -> None:
    """Quantise a transformer dynamically: int8 weights, signed and per channel; activations by their own range.

    `reduce_range` keeps weights to 7 bits: on processors with AVX2 but no VNNI the 8-bit product of unsigned
    activations and signed weights saturates its 16-bit sum, and vectors would differ from machine to machine.
    """
    logging.getLogger().setLevel(logging.ERROR)
    quantize_dynamic(
        source,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=["MatMul"],
        extra_options={"MatMulConstBOnly": True},
    )
