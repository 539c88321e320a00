"""Trains networks of behaviour: one loop for all, which a kill does not set back by more than an epoch."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from encoders.errors import TrainingError
from encoders.nets.behaviour import Gru4Rec, LightGcn, MultVae, SasRec, SequenceNet

KINDS = ("gru", "sasrec", "vae", "lightgcn")
_FULL_SOFTMAX = 20_000  # with more items the loss takes a sample of them
_SAMPLE = 4_096
Tell = Callable[[int, int, float], None]
Enough = Callable[[nn.Module, int], bool]


@dataclass(frozen=True)
class NetworkRecipe:
    """How a network is trained."""

    kind: str
    width: int = 96
    epochs: int = 15
    rate: float = 0.002
    batch: int = 64
    length: int = 100
    dropout: float = 0.3
    beta: float = 0.2
    seed: int = 7


@dataclass(frozen=True)
class Bought:
    """What is trained on: the `sequences` of items of every customer, how many items there are.

    `contents` (items, d) are vectors of what each product is, which networks over sequences begin from.
    """

    sequences: Sequence[np.ndarray]
    items: int
    contents: np.ndarray | None = None


def train_network(
    bought: Bought,
    recipe: NetworkRecipe,
    keep: Path | None = None,
    tell: Tell = lambda epoch, of, loss: None,
    enough: Enough = lambda net, epoch: False,
) -> nn.Module:
    """Return the trained network.

    Args:
        keep: a folder where the state after each epoch is kept; started again, the training goes on from there.
        tell: hears of each epoch, and its loss.
        enough: sees the network after each epoch, and says whether the training ends there.

    Raises:
        TrainingError: the kind is unknown, or there is nothing to learn from.
    """
    if recipe.kind not in KINDS:
        raise TrainingError(f"{recipe.kind!r} is no network of behaviour; there are {', '.join(KINDS)}")
    usable = [one for one in bought.sequences if len(one) > 1]
    if not usable:
        raise TrainingError("no customer bought two things: there is nothing to learn from")
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net = _network(bought, usable, recipe, device).to(device)
    optimiser = torch.optim.Adam(net.parameters(), lr=recipe.rate, weight_decay=0.0)
    state = None if keep is None else keep / f"{_identity(bought, recipe)}.pt"
    start = _resume(state, net, optimiser)
    for epoch in range(start, recipe.epochs):
        # Each epoch has a seed of its own, so that one that is run again is the same.
        torch.manual_seed(recipe.seed * 1_000 + epoch)
        chance = np.random.default_rng((recipe.seed, epoch))
        total, count = 0.0, 0
        net.train()
        for loss in _losses(net, usable, bought.items, recipe, chance, device, epoch):
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            total, count = total + float(loss.detach()), count + 1
        if state is not None:
            _keep(state, net, optimiser, epoch + 1)
        tell(epoch + 1, recipe.epochs, total / max(count, 1))
        if enough(net.eval(), epoch + 1):
            break
    return net.eval().to("cpu")


def padded(sequences: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Return the latest `length` items of each sequence, numbered from 1, with zeros on the left."""
    found = np.zeros((len(sequences), length), np.int64)
    for row, one in zip(found, sequences, strict=True):
        latest = one[-length:]
        if len(latest):
            row[-len(latest) :] = latest + 1
    return found


def sets(sequences: Sequence[np.ndarray], items: int) -> np.ndarray:
    """Return what each sequence holds as ones in a row of zeros, float32."""
    found = np.zeros((len(sequences), items), np.float32)
    for row, one in zip(found, sequences, strict=True):
        row[one] = 1.0
    return found


def projected(contents: np.ndarray, width: int) -> torch.Tensor:
    """Return vectors turned into `width` dimensions (principal components), as long as fresh item vectors are."""
    middle = contents - contents.mean(0)
    _, _, axes = np.linalg.svd(middle, full_matrices=False)
    found = middle @ axes[:width].T
    found = np.pad(found, ((0, 0), (0, width - found.shape[1])))
    return torch.from_numpy((found * (0.05 / (found.std() + 1e-9))).astype(np.float32))


def _network(bought: Bought, usable: Sequence[np.ndarray], recipe: NetworkRecipe, device: torch.device) -> nn.Module:
    if recipe.kind == "vae":
        return MultVae(bought.items, recipe.width, dropout=0.5)
    if recipe.kind == "lightgcn":
        return LightGcn(_graph(usable, bought.items).to(device), len(usable), bought.items, recipe.width)
    vectors = None if bought.contents is None else projected(bought.contents, recipe.width)
    if recipe.kind == "gru":
        return Gru4Rec(bought.items, recipe.width, recipe.dropout, vectors)
    return SasRec(bought.items, recipe.width, recipe.dropout, vectors, recipe.length)


def _losses(
    net: nn.Module,
    usable: Sequence[np.ndarray],
    items: int,
    recipe: NetworkRecipe,
    chance: np.random.Generator,
    device: torch.device,
    epoch: int,
) -> Iterator[torch.Tensor]:
    order = chance.permutation(len(usable))
    for start in range(0, len(order), recipe.batch):
        chosen = order[start : start + recipe.batch]
        if isinstance(net, MultVae):
            share = min(1.0, (epoch + 1) / max(1, recipe.epochs / 2))
            yield net.loss(
                torch.from_numpy(sets([usable[one] for one in chosen], items)).to(device), recipe.beta * share
            )
        elif isinstance(net, LightGcn):
            yield _among_all(net, torch.from_numpy(sets([usable[one] for one in chosen], items)).to(device), chosen)
        elif isinstance(net, SequenceNet):
            cut = [_window(usable[one], recipe.length + 1, chance) for one in chosen]
            yield _next_item(net, torch.from_numpy(padded(cut, recipe.length + 1)).to(device), items)


def _window(sequence: np.ndarray, length: int, chance: np.random.Generator) -> np.ndarray:
    if len(sequence) <= length:
        return sequence
    start = int(chance.integers(0, len(sequence) - length + 1))
    return sequence[start : start + length]


def _next_item(net: SequenceNet, padded_items: torch.Tensor, items: int) -> torch.Tensor:
    """Return the cross-entropy of the next item at every place; over a shared sample where there are very many.

    Full cross-entropy is what closes the gap between SASRec and BERT4Rec (Klenitskiy & Vasilev 2023).
    """
    states = net.states(padded_items[:, :-1])
    wanted = padded_items[:, 1:]
    there = (wanted > 0) & (padded_items[:, :-1] > 0)
    chosen, aim = states[there], wanted[there] - 1
    if items <= _FULL_SOFTMAX:
        return functional.cross_entropy(net.logits(chosen), aim)
    sample = torch.randint(0, items, (_SAMPLE,), device=aim.device)
    own = (chosen * net.embedding(aim + 1)).sum(1) + net.bias[aim]
    others = chosen @ net.embedding(sample + 1).T + net.bias[sample]
    others = others.masked_fill(sample[None, :] == aim[:, None], -1e9) + float(np.log(items / _SAMPLE))
    return functional.cross_entropy(torch.cat([own[:, None], others], 1), torch.zeros_like(aim))


def _among_all(net: LightGcn, bought: torch.Tensor, chosen: np.ndarray) -> torch.Tensor:
    """Return the cross-entropy of what chosen customers bought among all items.

    The pairwise loss of the paper needs hundreds of epochs; a softmax gets further in few (Wu et al. 2022).
    """
    customers, items = net()
    of = customers[torch.from_numpy(chosen).to(items.device)]
    said = functional.log_softmax(of @ items.T, 1)
    return -((said * bought).sum(1) / bought.sum(1)).mean() + 1e-4 * (net.vectors**2).sum(1).mean()


def _graph(usable: Sequence[np.ndarray], items: int) -> torch.Tensor:
    """Return the normalised graph of customers and items, sparse, symmetric."""
    parts = [np.unique(one) for one in usable]
    who = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    what = np.concatenate(parts) + len(parts)
    size = len(parts) + items
    degree = np.bincount(np.r_[who, what], minlength=size).astype(np.float64)
    weights = 1 / np.sqrt(degree[who] * degree[what])
    places = np.stack([np.r_[who, what], np.r_[what, who]])
    return torch.sparse_coo_tensor(
        torch.from_numpy(places), torch.from_numpy(np.r_[weights, weights].astype(np.float32)), (size, size)
    ).coalesce()


def _identity(bought: Bought, recipe: NetworkRecipe) -> str:
    """Return a name for this training: another recipe, other purchases or other products start afresh."""
    found = hashlib.sha256(repr(sorted(asdict(recipe).items())).encode())
    for one in bought.sequences:
        found.update(one.tobytes() + b"|")
    if bought.contents is not None:
        found.update(np.ascontiguousarray(bought.contents).tobytes())
    return f"{recipe.kind}-{found.hexdigest()[:16]}"


def _resume(state: Path | None, net: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    if state is None or not state.is_file():
        return 0
    try:
        kept = torch.load(state, weights_only=True, map_location="cpu")
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
        return int(kept["epoch"])
    except (OSError, RuntimeError, KeyError, ValueError, EOFError) as error:
        raise TrainingError(f"{state} cannot be read: {error}; delete it to start afresh") from error


def _keep(state: Path, net: nn.Module, optimiser: torch.optim.Optimizer, epoch: int) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    draft = state.with_suffix(f".{time.time_ns()}")
    torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "epoch": epoch}, draft)
    draft.replace(state)
