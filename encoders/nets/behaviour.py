"""Networks that know what customers want next: over sequences (GRU4Rec, SASRec), sets (Mult-VAE) and graphs (LightGCN).

Items are numbered from 0; in sequences 0 stands for nothing and item i for i + 1.
"""

from abc import ABC, abstractmethod

import torch
from torch import nn
from torch.nn import functional


class SequenceNet(nn.Module, ABC):
    """What is common to networks over sequences: item vectors in, item vectors and a bias each out."""

    def __init__(self, items: int, width: int, dropout: float, vectors: torch.Tensor | None = None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(items + 1, width, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.05)
        if vectors is not None:
            with torch.no_grad():
                self.embedding.weight[1:] = vectors
        with torch.no_grad():
            self.embedding.weight[0] = 0.0
        self.bias = nn.Parameter(torch.zeros(items))
        self.dropout = nn.Dropout(dropout)

    @abstractmethod
    def states(self, items: torch.Tensor) -> torch.Tensor:
        """Return the customer's vector after each place: (batch, length, width)."""

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """Return the customer's vectors (batch, width) after sequences (batch, length), padded on the left."""
        return self.states(items)[:, -1]

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Return the score of every item for customers' vectors."""
        return states @ self.embedding.weight[1:].T + self.bias


class Gru4Rec(SequenceNet):
    """GRU4Rec (Hidasi et al. 2016, 2018) with tied item vectors."""

    def __init__(self, items: int, width: int = 96, dropout: float = 0.3, vectors: torch.Tensor | None = None) -> None:
        super().__init__(items, width, dropout, vectors)
        self.gru = nn.GRU(width, width, batch_first=True)

    def states(self, items: torch.Tensor) -> torch.Tensor:
        found, _ = self.gru(self.dropout(self.embedding(items)))
        return self.dropout(found)


class SasRec(SequenceNet):
    """SASRec (Kang & McAuley 2018): causal self-attention, with cross-entropy over items as its loss."""

    def __init__(
        self,
        items: int,
        width: int = 96,
        dropout: float = 0.3,
        vectors: torch.Tensor | None = None,
        length: int = 100,
        layers: int = 2,
        heads: int = 2,
    ) -> None:
        super().__init__(items, width, dropout, vectors)
        self.places = nn.Parameter(torch.randn(length, width) * 0.02)
        self.blocks = nn.ModuleList(_Block(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.mask: torch.Tensor
        self.register_buffer("mask", torch.triu(torch.full((length, length), -1e9), 1), persistent=False)

    def states(self, items: torch.Tensor) -> torch.Tensor:
        length = items.shape[1]
        found = self.dropout(self.embedding(items) + self.places[-length:])
        empty = (items == 0).float()[:, None, None, :] * -1e9
        # A place that sees nothing but padding must see itself, or the softmax divides by nothing.
        mask = torch.clamp(self.mask[:length, :length] + empty, min=-1e9)
        for block in self.blocks:
            found = block(found, mask)
        return self.norm(found)


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked = nn.Linear(width, 3 * width)
        self.told = nn.Linear(width, width)
        self.inner = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, found: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, width = found.shape
        parts = self.asked(self.first(found)).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        weights = torch.softmax(query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5 + mask, -1)
        seen = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        found = found + self.dropout(self.told(seen))
        return found + self.dropout(self.inner(self.second(found)))


class MultVae(nn.Module):
    """Mult-VAE (Liang et al. 2018): a variational autoencoder of the set that a customer bought."""

    def __init__(self, items: int, width: int = 96, hidden: int = 400, dropout: float = 0.5) -> None:
        super().__init__()
        self.into = nn.Linear(items, hidden)
        self.mean = nn.Linear(hidden, width)
        self.spread = nn.Linear(hidden, width)
        self.back = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, items)
        self.dropout = nn.Dropout(dropout)

    def code(self, bought: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log variance of the codes of sets (batch, items)."""
        length = torch.sqrt((bought * bought).sum(1, keepdim=True)) + 1e-9
        hidden = torch.tanh(self.into(self.dropout(bought / length)))
        return self.mean(hidden), self.spread(hidden)

    def forward(self, bought: torch.Tensor) -> torch.Tensor:
        """Return the score of every item."""
        return self.decode(self.code(bought)[0])

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Return the score of every item for codes."""
        return self.out(torch.tanh(self.back(code)))

    def loss(self, bought: torch.Tensor, beta: float) -> torch.Tensor:
        """Return the evidence lower bound's negative, the divergence weighted by `beta`."""
        mean, spread = self.code(bought)
        code = mean + torch.randn_like(mean) * torch.exp(0.5 * spread) if self.training else mean
        said = -(functional.log_softmax(self.decode(code), 1) * bought).sum(1)
        divergence = -0.5 * (1 + spread - mean**2 - spread.exp()).sum(1)
        return (said + beta * divergence).mean()


class LightGcn(nn.Module):
    """LightGCN (He et al. 2020): vectors of customers and items, smoothed over the graph of purchases."""

    def __init__(self, graph: torch.Tensor, customers: int, items: int, width: int = 96, layers: int = 2) -> None:
        super().__init__()
        self.customers, self.layers = customers, layers
        self.graph = graph
        self.vectors = nn.Parameter(torch.randn(customers + items, width) * 0.1)

    def forward(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the smoothed vectors of customers and of items."""
        found: torch.Tensor = self.vectors
        total = found
        for _ in range(self.layers):
            found = torch.sparse.mm(self.graph, found)
            total = total + found
        total = total / (self.layers + 1)
        return total[: self.customers], total[self.customers :]
