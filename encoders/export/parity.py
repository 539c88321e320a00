"""The parity gate: an exported or quantised network is used only after it was compared with its torch original."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoders.cards import ModelCard
from encoders.errors import ParityError

TOP = 10


@dataclass(frozen=True)
class Limits:
    """How far an exported network may be from its original on real inputs.

    `cosine` limits are lower bounds, for the worst and for the mean input. `overlap` is the share of the original's
    ten nearest that the exported network also finds, at least. `loss` is the relative loss of the task's own
    metric, at most, where judgments are at hand.
    """

    worst_cosine: float
    mean_cosine: float
    overlap: float
    loss: float


# fp32 differs from torch only by the order of float32 sums. The limits of int8 stand between what the shipped
# models reach and what damaged ones do: docs/decisions has the figures.
_FP32 = Limits(worst_cosine=0.9999, mean_cosine=0.99999, overlap=0.99, loss=0.001)
LIMITS: Mapping[tuple[str, str], Limits] = {
    ("text", "fp32"): _FP32,
    ("image", "fp32"): _FP32,
    ("tags", "fp32"): _FP32,
    ("text", "int8"): Limits(worst_cosine=0.97, mean_cosine=0.985, overlap=0.85, loss=0.004),
    ("image", "int8"): Limits(worst_cosine=0.88, mean_cosine=0.95, overlap=0.60, loss=0.004),
}


def compare(original: np.ndarray, exported: np.ndarray, queries: int) -> dict[str, Any]:
    """Measure how far `exported` vectors (n, d) are from `original` ones (n, d), both L2-normalised.

    The first `queries` rows look for their nearest among the other rows; with 0, each row among all others.
    """
    if original.shape != exported.shape:
        raise ParityError(f"the exported network returns {exported.shape}, its original {original.shape}")
    if not np.isfinite(exported).all():
        raise ParityError("the exported network returns values that are not numbers")
    difference = np.abs(original - exported)
    cosine = np.sum(original * exported, axis=1) / (np.linalg.norm(original, axis=1) * np.linalg.norm(exported, axis=1))
    return {
        "inputs": int(original.shape[0]),
        "max_abs_difference": float(difference.max()),
        "mean_abs_difference": float(difference.mean()),
        "worst_cosine": float(cosine.min()),
        "mean_cosine": float(cosine.mean()),
        "overlap_at_10": overlap_at_10(original, exported, queries),
    }


def overlap_at_10(original: np.ndarray, exported: np.ndarray, queries: int) -> float:
    """Return the mean share of the original's ten nearest rows that the exported vectors find as well."""
    shares = []
    pairs = zip(_nearest(original, queries), _nearest(exported, queries), strict=True)
    for expected, found in pairs:
        shares.append(len(set(expected) & set(found)) / len(expected))
    return float(np.mean(shares))


def judge(card: ModelCard, measured: Mapping[str, Any]) -> None:
    """Raise ParityError, naming each limit that is broken, where `measured` is out of bounds."""
    limits = LIMITS[card.kind, card.precision]
    checks: Sequence[tuple[str, float, float, bool]] = (
        ("worst_cosine", measured["worst_cosine"], limits.worst_cosine, True),
        ("mean_cosine", measured["mean_cosine"], limits.mean_cosine, True),
        ("overlap_at_10", measured["overlap_at_10"], limits.overlap, True),
        ("metric_loss", measured.get("metric_loss", 0.0), limits.loss, False),
    )
    broken = [
        f"{what} is {value:.5f}, {'at least' if lower else 'at most'} {limit} wanted"
        for what, value, limit, lower in checks
        if not (value >= limit if lower else value <= limit)
    ]
    if broken:
        raise ParityError(
            f"{card.name} ({card.precision}) is too far from its original and was not installed: {'; '.join(broken)}"
        )


def _nearest(vectors: np.ndarray, queries: int) -> np.ndarray:
    if queries:
        scores = vectors[:queries] @ vectors[queries:].T
    else:
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -np.inf)
    wanted = min(TOP, scores.shape[1])
    return np.argsort(-scores, axis=1, kind="stable")[:, :wanted]
