"""Sentence encoders in torch: a transformer, its pooling and the normalisation as one module."""

from typing import Literal

import torch
from torch import nn

Pooling = Literal["mean", "cls", "max"]
POOLINGS: tuple[Pooling, ...] = ("mean", "cls", "max")


class SentenceNet(nn.Module):
    """A transformer followed by pooling over its tokens and, by default, division by the vector's length.

    `forward` takes int64 `input_ids` and `attention_mask` (batch, tokens) and returns (batch, dimension).
    """

    def __init__(self, transformer: nn.Module, pooling: Pooling, head: nn.Module | None = None) -> None:
        super().__init__()
        self.transformer = transformer
        self.pooling = pooling
        self.head = head if head is not None else nn.Identity()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        pooled = self.head(pool(states, attention_mask, self.pooling))
        return nn.functional.normalize(pooled, p=2.0, dim=1)


def pool(states: torch.Tensor, attention_mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """Reduce token states (batch, tokens, width) to (batch, width); padding never counts."""
    if pooling == "cls":
        return states[:, 0]
    mask = attention_mask.unsqueeze(-1).to(states.dtype)
    if pooling == "max":
        return (states + (mask - 1) * 1e9).max(dim=1).values
    return (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1e-9)
