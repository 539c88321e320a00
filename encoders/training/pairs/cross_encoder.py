"""A cross-encoder: both products are read together, so that each word of one can look at every word of the other.

It learns on top of what a cheaper model already says (`offset`, a logit for each pair): its own logit is added to it,
so that it spends its capacity on what that model gets wrong.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn

from encoders.errors import TrainingError
from encoders.nets.pairs import PairNet
from encoders.training.pairs.augment import augmented
from encoders.training.pairs.memory import smaller_batches
from encoders.training.pairs.state import Kept, best_f1

Tell = Callable[[Mapping[str, Any]], None]
_AT_ONCE = 64


@dataclass(frozen=True)
class Recipe:
    """How a cross-encoder is trained.

    Attributes:
        frozen: so many lower layers (and the embeddings) stay as they are.
        tokens: longest input of both products together.
        easy: share of the dissimilar pairs that the cheaper model is sure of which each epoch looks at.
        augment: share of examples of which a piece is left out, or moved.
        patience: epochs without a better validation F1 before training ends.
    """

    epochs: int = 6
    batch: int = 32
    rate: float = 8e-5
    head_rate: float = 1e-3
    decay: float = 0.01
    warm: float = 0.1
    frozen: int = 2
    tokens: int = 80
    easy: float = 0.15
    augment: float = 0.5
    patience: int = 3
    minutes: float | None = None
    seed: int = 7


@dataclass(frozen=True)
class Texts:
    """Pairs as they are read: both texts, the label, and what a cheaper model says (a logit, 0 for nothing)."""

    left: Sequence[str]
    right: Sequence[str]
    labels: np.ndarray
    offset: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def train_cross_encoder(
    net: PairNet, tokenizer: Tokenizer, train: Texts, valid: Texts, recipe: Recipe, folder: Path, tell: Tell, key: str
) -> list[dict[str, Any]]:
    """Train `net` in place and leave the weights of its best epoch in it; returns a row for each epoch.

    A run that was killed goes on from `folder`'s checkpoint where recipe and `key` (which names the pairs) are the
    same. On a GPU that runs out of memory the batch is halved and `tell` is told.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)
    net.freeze(recipe.frozen)
    net.to(device)
    optimiser = torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.decay)
    kept = Kept.resume(folder, {**asdict(recipe), "key": key}, net, optimiser)
    steps = max(1, len(_chosen(train, recipe, 0)) // recipe.batch)
    started = time.monotonic() - kept.seconds
    while kept.epoch < recipe.epochs and kept.epoch - kept.best_epoch <= recipe.patience:
        if recipe.minutes is not None and kept.seconds > recipe.minutes * 60 * (1 - 1 / (kept.epoch + 2)):
            break
        rates = _rates(recipe, steps, kept.epoch)
        loss = _epoch(net, tokenizer, train, optimiser, recipe, kept.epoch, rates, tell)
        logits = logits_of(net, tokenizer, valid, recipe.tokens)
        f1, threshold = best_f1(logits + valid.offset, valid.labels)
        if not np.isfinite(logits).all():
            raise TrainingError("the cross-encoder's weights are no numbers any more: a smaller --rate may help")
        kept.seconds = time.monotonic() - started
        row = {"epoch": kept.epoch, "loss": loss, "f1": f1, "seconds": round(kept.seconds, 1)}
        kept.after_epoch(row, f1, net, optimiser)
        tell({"event": "figures", "step": kept.epoch, "loss": loss, "valid": {"f1": f1, "threshold": threshold}})
    kept.restore_best(net)
    net.to("cpu").eval()
    return kept.history


@torch.inference_mode()
def logits_of(net: PairNet, tokenizer: Tokenizer, pairs: Texts, tokens: int, *, exact: bool = False) -> np.ndarray:
    """Return the network's own logits (pairs,), without the offset; both orders of a pair are averaged.

    Half precision is used unless `exact`.
    """
    net.eval()
    device = next(net.parameters()).device
    found = np.zeros(len(pairs), np.float32)
    for one, two in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        encoded = encode(tokenizer, one, two, tokens)
        for rows in _buckets([len(ids) for ids, _ in encoded], _AT_ONCE):
            with torch.autocast(device.type, torch.bfloat16, enabled=not exact):
                found[rows] += net(*_padded([encoded[row] for row in rows], device)).float().cpu().numpy() / 2
    return found


def encode(
    tokenizer: Tokenizer, left: Sequence[str], right: Sequence[str], tokens: int
) -> list[tuple[list[int], list[int]]]:
    """Return token ids and segment ids of pairs, cut to `tokens` (the longer text first)."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens, strategy="longest_first")
    stated = list(zip(left, right, strict=True))
    return [(found.ids, found.type_ids) for found in tokenizer.encode_batch(stated)]


def _epoch(
    net: PairNet,
    tokenizer: Tokenizer,
    train: Texts,
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
    epoch: int,
    rates: Iterator[float],
    tell: Tell,
) -> float:
    chance = np.random.default_rng([recipe.seed, epoch])
    rows = _chosen(train, recipe, epoch)
    left, right = [], []
    for row in rows:
        one, two = train.left[row], train.right[row]
        if chance.random() < recipe.augment:
            one, two = augmented(one, chance), augmented(two, chance)
        swapped = chance.random() < 0.5
        left.append(two if swapped else one)
        right.append(one if swapped else two)
    encoded = encode(tokenizer, left, right, recipe.tokens)
    batches = list(_buckets([len(ids) for ids, _ in encoded], recipe.batch))
    chance.shuffle(batches)
    device = next(net.parameters()).device
    net.train()
    total, told = 0.0, time.monotonic()
    for at, some in enumerate(batches):
        for group, share in zip(optimiser.param_groups, (recipe.rate, recipe.head_rate), strict=True):
            group["lr"] = share * next(rates)
        optimiser.zero_grad()

        def step(part: np.ndarray, some: np.ndarray = some) -> float:
            inputs = _padded([encoded[row] for row in some[part]], device)
            wanted = torch.from_numpy(train.labels[rows[some[part]]].astype(np.float32)).to(device)
            offset = torch.from_numpy(train.offset[rows[some[part]]].astype(np.float32)).to(device)
            with torch.autocast(device.type, torch.bfloat16):
                logits = net(*inputs).float() + offset
            loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / len(some)
            loss.backward()
            return float(loss.detach())

        total += smaller_batches(step, len(some), optimiser, tell)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        if time.monotonic() - told > 2 or at + 1 == len(batches):
            told = time.monotonic()
            tell({"event": "progress", "step": epoch * len(batches) + at + 1, "of": recipe.epochs * len(batches),
                  "message": f"cross-encoder, epoch {epoch + 1}"})  # fmt: skip
    return total / max(1, len(batches))


def _chosen(train: Texts, recipe: Recipe, epoch: int) -> np.ndarray:
    """Return the rows that an epoch looks at: every similar pair, every hard dissimilar one, and some easy ones."""
    wrong = 1 / (1 + np.exp(-train.offset))
    hard = (train.labels == 1) | (wrong > 0.02) | (train.offset == 0)
    chance = np.random.default_rng([recipe.seed, epoch, 1])
    return np.flatnonzero(hard | (chance.random(len(train)) < recipe.easy))


def _buckets(lengths: Sequence[int], size: int) -> Iterator[np.ndarray]:
    order = np.argsort(np.asarray(lengths), kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _padded(rows: Sequence[tuple[list[int], list[int]]], device: torch.device) -> tuple[torch.Tensor, ...]:
    longest = max(len(ids) for ids, _ in rows)
    table = np.zeros((3, len(rows), longest), np.int64)
    for row, (ids, kinds) in enumerate(rows):
        table[0, row, : len(ids)] = ids
        table[1, row, : len(ids)] = 1
        table[2, row, : len(ids)] = kinds
    return tuple(torch.from_numpy(part).to(device) for part in table)


def _groups(net: PairNet, recipe: Recipe) -> list[dict[str, Any]]:
    heads = {id(value) for value in net.head.parameters()}
    trained = [value for value in net.parameters() if value.requires_grad and id(value) not in heads]
    return [{"params": trained, "lr": recipe.rate}, {"params": list(net.head.parameters()), "lr": recipe.head_rate}]


def _rates(recipe: Recipe, steps: int, epoch: int) -> Iterator[float]:
    """Yield shares of the learning rate, each twice (network, head): a warm-up, then a straight line to zero."""
    whole = recipe.epochs * steps
    at = epoch * steps
    while True:
        share = min((at + 1) / max(1.0, recipe.warm * whole), max(0.02, 1 - at / whole))
        yield share
        yield share
        at += 1
