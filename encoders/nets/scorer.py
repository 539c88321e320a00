"""The fast pair scorer: a small network over two vectors, how they differ and agree, and plain features."""

import torch
from torch import nn


class ScorerNet(nn.Module):
    """Judges a pair from the vectors u and v (batch, width) and its features (batch, features).

    It reads (u, v, |u-v|, u*v) (Reimers and Gurevych, Sentence-BERT, 2019) squeezed to a few numbers, beside the
    features, scaled and with a mark for each that is unknown (NaN). Both orders of a pair are averaged, so that the
    answer does not depend on which product comes first. Returns logits (batch,).
    """

    middle: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int, middle: torch.Tensor, spread: torch.Tensor, hidden: int = 64) -> None:
        super().__init__()
        self.register_buffer("middle", middle)
        self.register_buffer("spread", spread)
        features = len(middle)
        self.squeeze = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * width, 24), nn.GELU())
        self.head = nn.Sequential(
            nn.Linear(24 + 2 * features, hidden), nn.GELU(), nn.Dropout(0.2), nn.Linear(hidden, 1)
        )

    def forward(self, left: torch.Tensor, right: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        known = torch.isnan(features).logical_not()
        unknown = 1.0 - known.to(features.dtype)
        scaled = torch.where(known, (features - self.middle) / self.spread, torch.zeros_like(features))
        plain = torch.cat([scaled.clamp(-5.0, 5.0), unknown], dim=1)
        alike = torch.cat([(left - right).abs(), left * right], dim=1) * left.shape[1] ** 0.5
        one = self.squeeze(torch.cat([left, right, alike], dim=1))
        two = self.squeeze(torch.cat([right, left, alike], dim=1))
        return self.head(torch.cat([(one + two) / 2, plain], dim=1)).squeeze(-1)
