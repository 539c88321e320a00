"""What training makes small: wrong classes of every head, with softened labels, and search vectors of a class apart."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

Mix = Callable[[torch.Tensor], torch.Tensor]


def mixed(
    maps: torch.Tensor, before: torch.Tensor, chance: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """Mix each photo of a batch with another one; return maps, taps, the partners' order, and the first one's share.

    Half of the time all places are blended (mixup, Zhang et al. 2018), else a rectangle is replaced (CutMix, Yun et
    al. 2019). Both work on activations as they do on pixels (manifold mixup, Verma et al. 2019).
    """
    order = torch.from_numpy(chance.permutation(len(maps)))
    share = float(chance.beta(0.4, 0.4))
    if chance.random() < 0.5:
        return share * maps + (1 - share) * maps[order], share * before + (1 - share) * before[order], order, share
    height, width = maps.shape[2:]
    tall, wide = (round(side * np.sqrt(1 - share)) for side in (height, width))
    top, left = chance.integers(0, height - tall + 1), chance.integers(0, width - wide + 1)
    cut = maps.clone()
    cut[:, :, top : top + tall, left : left + wide] = maps[order][:, :, top : top + tall, left : left + wide]
    share = 1 - tall * wide / (height * width)
    return cut, share * before + (1 - share) * before[order], order, share


def class_loss(logits: tuple[torch.Tensor, ...], labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Return the mean cross-entropy over heads; labels (batch, heads), -1 counts nothing."""
    losses = []
    for column, one in enumerate(logits):
        if bool((labels[:, column] >= 0).any()):
            losses.append(
                nn.functional.cross_entropy(one, labels[:, column], ignore_index=-1, label_smoothing=smoothing)
            )
    return torch.stack(losses).mean() if losses else logits[0].sum() * 0


def metric_loss() -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return the loss of vectors (batch, d) and labels (batch, heads): supervised contrastive (Khosla et al. 2020).

    Vectors of one class of the first head are pulled together, and as much those that share the classes of all heads:
    a search then finds the same kind of thing first, and among these the one of the same colour.
    """
    from pytorch_metric_learning.losses import SupConLoss

    contrast = SupConLoss(temperature=0.1)

    def loss(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        first, every = labels[:, 0], torch.unique(labels, dim=0, return_inverse=True)[1]
        known, whole = first >= 0, (labels >= 0).all(dim=1)
        return (contrast(vectors[known], first[known]) + contrast(vectors[whole], every[whole])) / 2

    return loss
