"""Exports networks of behaviour to ONNX, and compares what comes out with the torch original on real histories."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from encoders.behaviour import BehaviourNetwork, write_vectors
from encoders.cards import MODEL_FILE
from encoders.errors import ParityError, TrainingError
from encoders.export.graphs import OPSET, without_traces
from encoders.nets.behaviour import MultVae, SequenceNet
from encoders.training.behaviour.networks import padded, sets

LEAST_OVERLAP = 0.99
LARGEST_DIFFERENCE = 1e-3
_TOP = 10


def export_network(net: nn.Module, folder: Path, *, items: int, length: int) -> None:
    """Write `model.onnx` and, for a network over sequences, the item vectors into a folder; raises TrainingError."""
    if isinstance(net, SequenceNet):
        example, names = torch.ones((2, length), dtype=torch.int64), ("items", "customer")
        write_vectors(folder, net.embedding.weight[1:].detach().numpy(), net.bias.detach().numpy(), length)
    elif isinstance(net, MultVae):
        example, names = torch.ones((2, items), dtype=torch.float32), ("bought", "scores")
    else:
        raise TrainingError(f"{type(net).__name__} has no export: it is served by its item vectors")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    shapes = ({0: torch.export.Dim("batch", min=1, max=1 << 16)},)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net.eval(),
            (example,),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_shapes=shapes,
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None  # dynamo=True always returns a program
    onnx.save(without_traces(program.model_proto), folder / MODEL_FILE)


def prove_network(net: nn.Module, folder: Path, histories: Sequence[np.ndarray], items: int) -> dict[str, Any]:
    """Return how far the exported network's scores are from torch's; raises ParityError beyond the gate."""
    served = BehaviourNetwork(folder, items)
    ours = np.stack([served.scores(one) for one in histories])
    with torch.no_grad():
        if isinstance(net, SequenceNet):
            theirs = net.logits(net(torch.from_numpy(padded(histories, served.length)))).numpy()
        else:
            theirs = net(torch.from_numpy(sets(histories, items))).numpy()
    scale = float(np.abs(theirs).max()) or 1.0
    tops = [(set(np.argsort(-a)[:_TOP]), set(np.argsort(-b)[:_TOP])) for a, b in zip(ours, theirs, strict=True)]
    overlap = float(np.mean([len(a & b) / _TOP for a, b in tops]))
    found = {
        "histories": len(histories),
        "largest_difference": float(np.abs(ours - theirs).max()) / scale,
        "mean_difference": float(np.abs(ours - theirs).mean()) / scale,
        "overlap_at_10": overlap,
    }
    if overlap < LEAST_OVERLAP or found["largest_difference"] > LARGEST_DIFFERENCE:
        raise ParityError(
            f"the exported network differs from its original: overlap of the first ten {overlap:.3f} (at least "
            f"{LEAST_OVERLAP}), largest difference {found['largest_difference']:.2e} (at most {LARGEST_DIFFERENCE})"
        )
    return found
