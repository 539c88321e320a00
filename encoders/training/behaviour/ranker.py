"""Trains the network that ranks items by their features: one list a customer, softmax over all items.

The loss is the cross-entropy of the softmax over a customer's items with the targets' share each (ListNet's top-one
form, Cao et al. 2007). Features of one customer at a time are asked for, so that memory holds few of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from encoders.nets.threads import one_thread


@dataclass(frozen=True)
class Listing:
    """One customer's list: `features` (items, f) and the places of `targets`.

    `offsets` is the logarithm of how many items each item stands for: 0 for itself alone, more in a sample.
    """

    features: np.ndarray
    targets: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True)
class RankerRecipe:
    """How the ranker is trained."""

    hidden: int = 32
    epochs: int = 8
    rate: float = 0.005
    decay: float = 0.01
    dropout: float = 0.1
    batch: int = 32
    seed: int = 7


class Ranker(nn.Module):
    """A linear score and a small hidden layer beside it."""

    def __init__(self, features: int, recipe: RankerRecipe) -> None:
        super().__init__()
        self.straight = nn.Linear(features, 1, bias=False)
        self.inner = nn.Linear(features, recipe.hidden)
        self.dropout = nn.Dropout(recipe.dropout)
        self.outer = nn.Linear(recipe.hidden, 1, bias=False)
        nn.init.zeros_(self.straight.weight)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = self.dropout(torch.relu(self.inner(features)))
        return (self.straight(features) + self.outer(hidden))[..., 0]


def train_ranker(
    listings: Sequence[Listing], recipe: RankerRecipe, tell: Callable[[int, float], None] = lambda epoch, loss: None
) -> dict[str, np.ndarray]:
    """Return the weights by name (`straight`, `inner`, `inner_bias`, `outer`); `tell` hears each epoch's loss."""
    with one_thread():  # the network is tiny: threads would only wait for one another
        return _trained(listings, recipe, tell)


def _trained(
    listings: Sequence[Listing], recipe: RankerRecipe, tell: Callable[[int, float], None]
) -> dict[str, np.ndarray]:
    torch.manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    net = Ranker(listings[0].features.shape[1], recipe)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    steps = recipe.epochs * -(-len(listings) // recipe.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(1 - step / steps, 0.02))
    for epoch in range(recipe.epochs):
        total = 0.0
        for chosen in _batches(chance.permutation(len(listings)), recipe.batch):
            loss = _loss(net, [listings[place] for place in chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(chosen)
        tell(epoch + 1, total / len(listings))
    weights = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    return {
        "straight": weights["straight.weight"][0],
        "inner": weights["inner.weight"].T.copy(),
        "inner_bias": weights["inner.bias"],
        "outer": weights["outer.weight"][0],
    }


def _loss(net: Ranker, batch: Sequence[Listing]) -> torch.Tensor:
    """Return the mean loss of a batch; lists may have different lengths."""
    found = net(torch.from_numpy(np.concatenate([one.features for one in batch])).float())
    losses, start = [], 0
    for one in batch:
        scores = found[start : start + len(one.features)]
        start += len(one.features)
        aim = scores[torch.from_numpy(one.targets.astype(np.int64))].mean()
        losses.append(torch.logsumexp(scores + torch.from_numpy(one.offsets), 0) - aim)
    return torch.stack(losses).mean()


def _batches(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[start : start + size] for start in range(0, len(order), size)]
