"""Gradient-boosted trees over plain features (LightGBM): the baseline that everything learned is measured against."""

from typing import Any

import numpy as np

from plugin_bridge.errors import BridgeError

FOLDS = 4
LEAST_PER_CLASS = 3  # of labels of each kind, below which trees learn nothing
_MOST = 8.0


def fit_trees(features: np.ndarray, labels: np.ndarray, seed: int, *, trees: int = 300, leaves: int = 15) -> Any:
    """Return a LightGBM booster that tells similar pairs (label 1) from dissimilar ones.

    Raises BridgeError where LightGBM is not installed.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise BridgeError("the feature model needs LightGBM: pip install 'kindred[train]'") from error
    few = len(labels) < 400
    settings = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 4 if few else leaves,
        "min_data_in_leaf": 2 if few else 10,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.4,
        "lambda_l2": 2.0,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # its threads wait for one another by spinning, which a busy machine pays for
        "verbosity": -1,
    }
    return lightgbm.train(settings, lightgbm.Dataset(features, labels), trees)


def tree_logits(booster: Any, features: np.ndarray) -> np.ndarray:
    """Return logits (rows,) of a booster, kept within what a probability of a few thousand labels can mean."""
    return np.clip(booster.predict(features, raw_score=True), -_MOST, _MOST)


def folds_of(count: int, seed: int, folds: int = FOLDS) -> np.ndarray:
    """Return the fold (0 to folds - 1) of each of `count` rows."""
    return np.random.default_rng(seed).permutation(count) % folds


def enough(labels: np.ndarray) -> bool:
    """Whether there are labels of both kinds, as many as trees need at least."""
    return min(int(labels.sum()), int(len(labels) - labels.sum())) >= LEAST_PER_CLASS
