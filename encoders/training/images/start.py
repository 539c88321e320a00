"""Heads from features in closed form: where training starts, and a useful classifier without any.

Linear discriminant analysis with a shrunken common covariance (Friedman, Regularized discriminant analysis, 1989). On
few photos per class it beats logistic regression on the same features, and costs one matrix inversion.
"""

import numpy as np
import torch

from encoders.nets.photonet import FeatureHeads

_LEAST_SPREAD = 0.05


def discriminant(
    features: np.ndarray, labels: np.ndarray, classes: int, shrinkage: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (classes, width) and biases (classes,) of features (n, width) with labels (n,), -1 unknown.

    Every class counts the same. A class without a photo gets a bias that no other class loses to.
    """
    known = labels >= 0
    rows, classes_of = features[known].astype(np.float64), labels[known]
    counts = np.bincount(classes_of, minlength=classes)
    means = np.zeros((classes, rows.shape[1]))
    np.add.at(means, classes_of, rows)
    means /= np.maximum(counts, 1)[:, None]
    inner = rows - means[classes_of]
    covariance = inner.T @ inner / max(1, len(rows))
    level = np.trace(covariance) / len(covariance) or 1.0
    covariance = (1 - shrinkage) * covariance + shrinkage * level * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, means.T).T
    biases = -0.5 * np.sum(weights * means, axis=1)
    biases[counts == 0] = -1e4
    return weights.astype(np.float32), biases.astype(np.float32)


def start_heads(heads: FeatureHeads, features: np.ndarray, labels: np.ndarray, shrinkage: float) -> None:
    """Fill a network's heads from features (n, width) and labels (n, heads) of the training photos.

    Logits are scaled so that their spread is what label smoothing would lead to. The projection starts as the
    directions in which classes of the first head differ most.
    """
    mean, spread = features.mean(0), features.std(0)
    # A feature that hardly ever moves would have its noise blown up, that of int8 first of all.
    spread = np.maximum(spread, _LEAST_SPREAD * float(np.median(spread)) + 1e-5)
    heads.mean.copy_(torch.from_numpy(mean))
    heads.spread.copy_(torch.from_numpy(spread))
    scaled = (features - mean) / spread
    for column, linear in enumerate(heads.linears):
        weights, biases = discriminant(scaled, labels[:, column], linear.out_features, shrinkage)
        temperature = _flattening(scaled @ weights.T + biases)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights / temperature))
            linear.bias.copy_(torch.from_numpy(np.maximum(biases / temperature, -20)))
    first = heads.linears[0].weight.detach().numpy()
    with torch.no_grad():
        heads.projection.weight.copy_(torch.from_numpy(_directions(first, heads.projection.out_features)))
        heads.projection.bias.zero_()


def _flattening(logits: np.ndarray, wanted: float = 0.85) -> float:
    """Return the temperature at which the likeliest class has `wanted` on average: neither too sure nor lost."""
    low, high = 1e-2, 1e3
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        scaled = logits / middle
        top = 1 / np.exp(scaled - scaled.max(1, keepdims=True)).sum(1)
        low, high = (middle, high) if top.mean() > wanted else (low, middle)
    return high


def _directions(weights: np.ndarray, dimension: int) -> np.ndarray:
    """Return `dimension` directions (dimension, width): those of the classes' weights, then random small ones."""
    _, values, vectors = np.linalg.svd(weights - weights.mean(0), full_matrices=False)
    rows = vectors[:dimension] * (values[:dimension, None] / max(values[0], 1e-9))
    lacking = dimension - len(rows)
    extra = np.random.default_rng(0).normal(0, 1 / np.sqrt(weights.shape[1]), (max(0, lacking), weights.shape[1]))
    return np.concatenate([rows, 0.1 * extra]).astype(np.float32)
