"""Networks that judge pairs: a transformer that reads both texts together, and a head over what it makes of them."""

from typing import Any

import torch
from torch import nn


class PairNet(nn.Module):
    """Two texts in one sequence; a logit that they name the same thing.

    The head looks at how the means of both texts' tokens differ and agree (|u-v| and u*v) and at the first token, so
    that a network which was made to compare sentences starts with what it knows. `forward` takes int64 `input_ids`,
    `attention_mask` and `token_type_ids` (batch, tokens) and returns logits (batch,).
    """

    def __init__(self, transformer: Any, width: int, hidden: int = 128) -> None:
        super().__init__()
        self.transformer = transformer
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(3 * width, hidden), nn.GELU(), nn.Dropout(0.1), last)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        states = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        second = (token_type_ids * attention_mask).unsqueeze(-1).to(states.dtype)
        first = ((1 - token_type_ids) * attention_mask).unsqueeze(-1).to(states.dtype)
        one = nn.functional.normalize((states * first).sum(1) / first.sum(1).clamp(min=1), dim=1)
        two = nn.functional.normalize((states * second).sum(1) / second.sum(1).clamp(min=1), dim=1)
        scale = one.shape[1] ** 0.5
        seen = torch.cat([(one - two).abs() * scale, one * two * scale, states[:, 0]], dim=1)
        return self.head(seen).squeeze(-1)

    def freeze(self, layers: int) -> None:
        """Keep the embeddings and the lowest `layers` layers as they are (0: train everything)."""
        freeze(self.transformer, layers)


def freeze(transformer: Any, layers: int) -> None:
    """Freeze the embeddings and the lowest `layers` layers of a BERT; its last layer always learns."""
    transformer.embeddings.requires_grad_(layers == 0)
    for layer in transformer.encoder.layer[: max(0, min(layers, len(transformer.encoder.layer) - 1))]:
        layer.requires_grad_(False)
