"""Telling a trained network's heads what int8 does to the features that they read.

Rounding shifts and stretches each average of a map a little, always in the same direction, and heads whose features
were scaled to spread 1 take that for a difference between photos. On photos of the training set both forms are run;
a straight line for each feature brings int8 back to fp32. It is worked into the numbers by which features are scaled,
so that the network gets no slower.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from encoders.export.quantise import Feed
from encoders.sessions import open_session

# Names that `encoders.nets.photonet.FeatureHeads` gives to what scales its features.
MEAN, SPREAD = "heads.mean", "heads.spread"
# A line of slope 1 counts as much as this share of the photos: what varies little says little about its slope.
_PLAIN = 0.05
_FLATTEST, _STEEPEST = 0.5, 2.0


def mend_heads(fp32: Path, int8: Path, samples: Sequence[Feed]) -> None:
    """Change the int8 file of a PhotoNet so that its heads read what the fp32 one would have, on `samples`."""
    wanted, found = features_of(fp32, samples), features_of(int8, samples)
    slope, shift = lines(found, wanted)
    model = onnx.load(int8)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    mean, spread = (numpy_helper.to_array(stored[name]).astype(float) for name in (MEAN, SPREAD))
    # ((slope * found + shift) - mean) / spread, written as one subtraction and one division.
    for name, value in ((MEAN, (mean - shift) / slope), (SPREAD, spread / slope)):
        stored[name].CopyFrom(numpy_helper.from_array(value.astype(np.float32), name))
    onnx.save(model, int8)


def lines(found: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes and shifts (width,) that bring each column of `found` (n, width) nearest to that of `wanted`."""
    inner, outer = found - found.mean(axis=0), wanted - wanted.mean(axis=0)
    variance = np.square(inner).mean(axis=0)
    slope = ((inner * outer).mean(axis=0) + _PLAIN * variance) / np.maximum((1 + _PLAIN) * variance, 1e-12)
    slope = np.where(variance > 1e-12, np.clip(slope, _FLATTEST, _STEEPEST), 1.0)
    return slope, wanted.mean(axis=0) - slope * found.mean(axis=0)


def features_of(path: Path, samples: Sequence[Feed]) -> np.ndarray:
    """Return the features (n, width) that the heads of a PhotoNet's ONNX file read of each sample."""
    model = onnx.load(path)
    scaling = next(node for node in model.graph.node if node.op_type == "Sub" and node.input[1] == MEAN)
    features = scaling.input[0]
    model.graph.output.append(helper.make_tensor_value_info(features, onnx.TensorProto.FLOAT, None))
    with tempfile.TemporaryDirectory() as workshop:
        opened = Path(workshop) / "features.onnx"
        onnx.save(model, opened)
        session = open_session(opened)
        return np.concatenate([session.run([features], dict(feed))[0] for feed in samples]).astype(float)
