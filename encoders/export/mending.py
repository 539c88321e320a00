"""Telling a trained network's heads what int8 does to the features that they read.

Rounding shifts and stretches each average of a map a little, always in the same direction, and heads whose features
were scaled to spread 1 take that for a difference between photos. On photos of the training set both forms are run;
a straight line for each feature brings int8 back to fp32. It is worked into the numbers by which features are scaled,
so that the network gets no slower.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from encoders.export.biases import watched
from encoders.export.quantise import Feed

# Ends of the names of what scales features in `encoders.nets.photonet.FeatureHeads`.
MEAN, SPREAD = "heads.mean", "heads.spread"
# A line of slope 1 counts as much as this share of the photos: what varies little says little about its slope.
_PLAIN = 0.05
_FLATTEST, _STEEPEST = 0.5, 2.0


def mend_heads(fp32: Path, int8: Path, samples: Sequence[Feed]) -> None:
    """Change the int8 file of a PhotoNet so that its heads read what the fp32 one would have, on `samples`."""
    exact, rounded = features_of(fp32, samples), features_of(int8, samples)
    model = onnx.load(int8)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for mean_name, found in rounded.items():
        spread_name = mean_name.removesuffix(MEAN) + SPREAD
        slope, shift = lines(found, exact[mean_name])
        mean, spread = (numpy_helper.to_array(stored[name]).astype(float) for name in (mean_name, spread_name))
        # ((slope * found + shift) - mean) / spread, written as one subtraction and one division.
        for name, value in ((mean_name, (mean - shift) / slope), (spread_name, spread / slope)):
            stored[name].CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))
    onnx.save(model, int8)


def lines(found: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes and shifts (width,) that bring each column of `found` (n, width) nearest to that of `wanted`."""
    inner, outer = found - found.mean(axis=0), wanted - wanted.mean(axis=0)
    variance = np.square(inner).mean(axis=0)
    slope = ((inner * outer).mean(axis=0) + _PLAIN * variance) / np.maximum((1 + _PLAIN) * variance, 1e-12)
    slope = np.where(variance > 1e-12, np.clip(slope, _FLATTEST, _STEEPEST), 1.0)
    return slope, wanted.mean(axis=0) - slope * found.mean(axis=0)


def features_of(path: Path, samples: Sequence[Feed]) -> dict[str, np.ndarray]:
    """Return the features (n, width) that heads in an ONNX file read of each sample, by the name of their mean.

    A PhotoNet has one set of heads, a SharedTrunk one for each of its tails.
    """
    model = onnx.load(path)
    scaling = [node for node in model.graph.node if node.op_type == "Sub" and node.input[1].endswith(MEAN)]
    found = watched(model, [node.input[0] for node in scaling], samples)
    return {node.input[1]: np.concatenate(rows).astype(float) for node, rows in zip(scaling, found, strict=True)}
