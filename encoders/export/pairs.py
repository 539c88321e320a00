"""Export of pair scorers: each network to ONNX, compared with its original on real pairs before it is used."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from encoders.errors import ParityError
from encoders.export.graphs import OPSET, export_parts
from encoders.scorer import FEATURES, LEFT, LOGIT, RIGHT

# fp32 differs from the original by the order of sums only; trees by the rounding of their thresholds.
MOST_DIFFERENCE = 2e-3
assert OPSET >= 17


def export_scorer(net: nn.Module, path: Path, *, width: int, features: int) -> None:
    """Write a scorer network: vectors (n, width) of both sides and features (n, features) in, logits (n,) out."""
    examples = (torch.zeros(3, width), torch.zeros(3, width), torch.zeros(3, features))
    shapes = {name: {0: torch.export.Dim("batch", min=1, max=1 << 16)} for name in (LEFT, RIGHT, FEATURES)}
    export_parts(net, examples, path, inputs=(LEFT, RIGHT, FEATURES), outputs=(LOGIT,), shapes=shapes)


def export_cross(net: nn.Module, path: Path, *, longest: int) -> None:
    """Write a cross-encoder: token ids, mask and segments (n, tokens) in, logits (n,) out."""
    ids = torch.full((3, 17), 7, dtype=torch.int64)
    kinds = torch.zeros_like(ids)
    kinds[:, 8:] = 1
    names = ("input_ids", "attention_mask", "token_type_ids")
    batch, tokens = torch.export.Dim("batch", min=1, max=1 << 16), torch.export.Dim("tokens", min=4, max=longest)
    shapes = {name: {0: batch, 1: tokens} for name in names}
    export_parts(net, (ids, torch.ones_like(ids), kinds), path, inputs=names, outputs=(LOGIT,), shapes=shapes)


def prove_logits(part: str, original: np.ndarray, exported: np.ndarray) -> dict[str, Any]:
    """Compare logits (n,) of an exported network with its original's on real pairs; returns what the card keeps.

    Raises ParityError where they differ by more than the gate allows, or are no numbers.
    """
    if original.shape != exported.shape or not np.isfinite(exported).all():
        raise ParityError(f"{part}: the exported network returns {exported.shape} values, some are no numbers")
    difference = np.abs(original - exported)
    found = {
        "inputs": len(original),
        "max_abs_difference": float(difference.max(initial=0.0)),
        "mean_abs_difference": float(difference.mean()) if len(difference) else 0.0,
        "same_decision": float(((original >= 0) == (exported >= 0)).mean()) if len(difference) else 1.0,
    }
    if found["max_abs_difference"] > MOST_DIFFERENCE:
        raise ParityError(
            f"{part} is too far from its original and was not installed: logits differ by up to "
            f"{found['max_abs_difference']:.4f}, at most {MOST_DIFFERENCE} allowed"
        )
    return found
