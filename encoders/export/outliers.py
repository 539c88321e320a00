"""Damping outlying activations before a transformer is quantised.

A few channels of a transformer's activations are ten times larger than the rest. Dynamic quantisation has one range
for a whole tensor, so these channels take the precision of all others. As in SmoothQuant (Xiao et al., 2023), such a
channel is divided by a factor before a matrix product and its row of the weights multiplied by it: the product stays
the same, but the range shrinks. Only channels far above the usual are touched, and never enlarged: a channel that is
small on the samples may be large on another text.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from encoders.sessions import open_session

# A channel may reach this many times the median channel's peak. Measured best of 1, 1.5, 2, 3, 4 and 6
# (docs/decisions).
LIMIT = 3.0


def damp_outliers(source: Path, samples: Sequence[Mapping[str, np.ndarray]], limit: float = LIMIT) -> onnx.ModelProto:
    """Return the network of `source` with outlying input channels of its weight products moved into the weights."""
    model = onnx.load(source)
    peaks = channel_peaks(model, samples)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    products: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in model.graph.node:
        if _is_product(node, weights):
            products[node.input[0]].append(node)
    dampers: dict[int, onnx.NodeProto] = {}  # by the product that each must stand before
    for name, users in products.items():
        factors = damping_factors(peaks[name], limit)
        if (factors == 1).all():
            continue
        inverse = numpy_helper.from_array((1 / factors).astype(np.float32), f"{name}_damping")
        model.graph.initializer.append(inverse)
        dampers[id(users[0])] = helper.make_node("Mul", [name, inverse.name], [f"{name}_damped"], name=f"{name}_damp")
        for node in users:
            weight = weights[node.input[1]]
            values = numpy_helper.to_array(weight) * factors[:, None]
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float32), weight.name))
            node.input[0] = f"{name}_damped"
    ordered = []
    for node in model.graph.node:
        if id(node) in dampers:
            ordered.append(dampers[id(node)])
        ordered.append(node)
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    return model


def damping_factors(peaks: np.ndarray, limit: float = LIMIT) -> np.ndarray:
    """Return the divisor of each channel: 1, or about what brings its peak down to `limit` times the median peak.

    Divisors are multiples of 1/8: peaks differ in their last bits with the number of threads, fingerprints must not.
    """
    usual = float(np.median(peaks))
    if usual <= 0:
        return np.ones(len(peaks), np.float32)
    excess = np.maximum(1.0, peaks / (limit * usual))
    return (np.round(excess * 8) / 8).astype(np.float32)


def channel_peaks(model: onnx.ModelProto, samples: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the largest absolute value of each channel of each input of a weight product over the samples."""
    weights = {tensor.name for tensor in model.graph.initializer}
    products = [node for node in model.graph.node if _is_product(node, weights)]
    names = list(dict.fromkeys(node.input[0] for node in products))
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    for name in names:
        watched.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    peaks: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as workshop:
        path = Path(workshop) / "watched.onnx"
        onnx.save(watched, path)
        session = open_session(path)
        for sample in samples:
            for name, values in zip(names, session.run(names, dict(sample)), strict=True):
                peak = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
                peaks[name] = np.maximum(peaks[name], peak) if name in peaks else peak
    return peaks


def _is_product(node: onnx.NodeProto, weights: Mapping[str, object] | set[str]) -> bool:
    return node.op_type == "MatMul" and node.input[1] in weights
