"""A gated fusion of text and photo, trained with labels: how much each speaks is decided for every dimension.

z = g * tanh(A t) + (1 - g) * tanh(B p), g = sigmoid(C [t, p]) (Arevalo et al., Gated multimodal units for information
fusion, 2017), trained so that products of one label are near each other (supervised contrastive loss, Khosla et al.
2020). In training either side is sometimes taken away, so that a product without photo or text still has a vector.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

WIDTH = 256
_TEMPERATURE = 0.1
_TAKEN_AWAY = 0.15
_LABELS_AT_ONCE, _OF_EACH = 48, 4


class GatedFusion(nn.Module):
    """Vectors of text (n, text) and photo (n, photo), zeros where there is none, to (n, width) of length 1."""

    def __init__(self, text: int, photo: int, width: int = WIDTH) -> None:
        super().__init__()
        self.text = nn.Linear(text, width)
        self.photo = nn.Linear(photo, width)
        self.gate = nn.Linear(text + photo, width)

    def forward(self, text: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
        gate = torch.sigmoid(self.gate(torch.cat([text, photo], dim=1)))
        # A side that is not there must not speak by its bias, nor take the other's place.
        has_text = (text.abs().sum(dim=1, keepdim=True) > 0).to(text.dtype)
        has_photo = (photo.abs().sum(dim=1, keepdim=True) > 0).to(photo.dtype)
        gate = torch.where(has_text * has_photo > 0, gate, has_text.expand_as(gate))
        mixed = gate * torch.tanh(self.text(text)) + (1 - gate) * torch.tanh(self.photo(photo))
        return nn.functional.normalize(mixed, dim=1)


def train_fusion(
    text: np.ndarray, photo: np.ndarray, labels: np.ndarray, *, steps: int = 400, seed: int = 7
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return what fuses vectors (n, d) of text and photo after training on labelled products; labels (n,) are any.

    Labels of a single product teach nothing and are left out.
    """
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)
    groups = [np.flatnonzero(labels == value) for value in np.unique(labels)]
    groups = [group for group in groups if len(group) > 1]
    net = GatedFusion(text.shape[1], photo.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    words, seen = (torch.from_numpy(one.astype(np.float32)) for one in (text, photo))
    for _ in range(steps):
        chosen = chance.choice(len(groups), min(_LABELS_AT_ONCE, len(groups)), replace=False)
        rows = np.concatenate([chance.choice(groups[group], _OF_EACH) for group in chosen])
        marks = torch.from_numpy(np.repeat(chosen, _OF_EACH))
        away = chance.random(len(rows))
        without_text = torch.from_numpy(away < _TAKEN_AWAY)[:, None]
        without_photo = torch.from_numpy(away > 1 - _TAKEN_AWAY)[:, None]
        found = net(words[rows].masked_fill(without_text, 0), seen[rows].masked_fill(without_photo, 0))
        optimiser.zero_grad()
        _contrast(found, marks).backward()
        optimiser.step()
        scheduler.step()
    net.eval()

    def fuse(more_text: np.ndarray, more_photo: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            given = (torch.from_numpy(one.astype(np.float32)) for one in (more_text, more_photo))
            return net(*given).numpy()

    return fuse


def _contrast(vectors: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the supervised contrastive loss of vectors (n, d) of length 1."""
    near = vectors @ vectors.T / _TEMPERATURE
    itself = torch.eye(len(vectors), dtype=torch.bool)
    same = (labels[:, None] == labels[None]) & ~itself
    logs = near - torch.logsumexp(near.masked_fill(itself, -1e9), dim=1, keepdim=True)
    return -(logs * same).sum(dim=1).div(same.sum(dim=1).clamp(min=1)).mean()
