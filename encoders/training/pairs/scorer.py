"""Training of the fast pair scorer: vectors stay as they are, a small network learns to read them beside features."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from encoders.nets.scorer import ScorerNet
from encoders.nets.threads import one_thread
from encoders.training.pairs.state import best_f1

_LEAST_SPREAD = 1e-3


@dataclass(frozen=True)
class ScorerRecipe:
    """How the scorer is trained; `patience` epochs without a better validation F1 end it."""

    epochs: int = 40
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.05
    patience: int = 8
    seed: int = 7


@dataclass(frozen=True)
class Vectored:
    """Pairs as the scorer reads them: vectors (n, width) of both sides, features (n, features), labels (n,)."""

    left: np.ndarray
    right: np.ndarray
    features: np.ndarray
    labels: np.ndarray

    def tensors(self) -> tuple[torch.Tensor, ...]:
        """Return left, right and features as float32 tensors."""
        return tuple(torch.from_numpy(np.asarray(one, np.float32)) for one in (self.left, self.right, self.features))


def train_scorer(
    train: Vectored,
    valid: Vectored,
    recipe: ScorerRecipe,
    tell: Callable[[Mapping[str, Any]], None] = lambda event: None,
) -> tuple[ScorerNet, list[dict[str, Any]]]:
    """Return a scorer with the weights of its best epoch, and a row for each epoch. Takes seconds."""
    torch.manual_seed(recipe.seed)
    middle, spread = np.nanmean(_finite(train.features), 0), np.nanstd(_finite(train.features), 0)
    net = ScorerNet(
        train.left.shape[1],
        torch.from_numpy(np.nan_to_num(middle).astype(np.float32)),
        torch.from_numpy(np.maximum(np.nan_to_num(spread), _LEAST_SPREAD).astype(np.float32)),
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    left, right, features = train.tensors()
    labels = torch.from_numpy(train.labels.astype(np.float32))
    chance = np.random.default_rng(recipe.seed)
    history: list[dict[str, Any]] = []
    best, kept, best_epoch = -1.0, net.state_dict(), 0
    with one_thread():
        for epoch in range(recipe.epochs):
            net.train()
            total = 0.0
            for rows in np.array_split(chance.permutation(len(labels)), max(1, len(labels) // recipe.batch)):
                chosen = torch.from_numpy(rows)
                logits = net(left[chosen], right[chosen], features[chosen])
                loss = nn.functional.binary_cross_entropy_with_logits(logits, labels[chosen])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += float(loss.detach()) * len(rows)
            f1, _ = best_f1(scorer_logits(net, valid), valid.labels)
            history.append({"epoch": epoch, "loss": total / len(labels), "f1": f1})
            tell({"event": "figures", "step": epoch + 1, "loss": total / len(labels), "valid": {"f1": f1}})
            if f1 > best:
                best, best_epoch = f1, epoch
                kept = {name: value.detach().clone() for name, value in net.state_dict().items()}
            if epoch - best_epoch >= recipe.patience:
                break
    net.load_state_dict(kept)
    return net.eval(), history


@torch.inference_mode()
def scorer_logits(net: ScorerNet, pairs: Vectored) -> np.ndarray:
    """Return logits (n,) of pairs."""
    net.eval()
    return net(*pairs.tensors()).numpy()


def _finite(features: np.ndarray) -> np.ndarray:
    """Return features in which a column that is unknown everywhere counts as 0: its mean would be no number."""
    found = features.astype(np.float64)
    found[:, np.isnan(found).all(axis=0)] = 0.0
    return found
