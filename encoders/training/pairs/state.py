"""How far a training is, kept in a checkpoint, so that a killed run goes on; and how epochs are chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

CHECKPOINT = "checkpoint.pt"


@dataclass
class Kept:
    """A training on its way: epochs done, seconds spent, the best epoch and its weights, a row for each epoch."""

    folder: Path
    plan: Mapping[str, Any]
    epoch: int = 0
    seconds: float = 0.0
    best: float = float("-inf")
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)

    @classmethod
    def resume(cls, folder: Path, plan: Mapping[str, Any], net: nn.Module, optimiser: torch.optim.Optimizer) -> "Kept":
        """Return the state of the folder's checkpoint, with network and optimiser loaded; a fresh one without it."""
        path = folder / CHECKPOINT
        folder.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            found = torch.load(path, map_location="cpu", weights_only=True)
            if found["plan"] == dict(plan):
                net.load_state_dict(found["net"])
                optimiser.load_state_dict(found["optimiser"])
                return cls(folder, plan, **found["state"], weights=found["weights"])
        return cls(folder, plan)

    def after_epoch(self, row: dict[str, Any], score: float, net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Note an epoch, keep its weights where they are the best so far, and write the checkpoint whole or not."""
        if score > self.best or not self.weights:
            self.best, self.best_epoch = score, self.epoch
            self.weights = {name: value.detach().cpu().clone() for name, value in net.state_dict().items()}
        self.history.append(row)
        self.epoch += 1
        state = {name: getattr(self, name) for name in ("epoch", "seconds", "best", "best_epoch", "history")}
        document = {
            "plan": dict(self.plan),
            "state": state,
            "net": net.state_dict(),
            "optimiser": optimiser.state_dict(),
            "weights": self.weights,
        }
        draft = self.folder / f"{CHECKPOINT}.part"
        torch.save(document, draft)
        draft.replace(self.folder / CHECKPOINT)
        self._board(row)

    def restore_best(self, net: nn.Module) -> None:
        """Put the weights of the best epoch into the network."""
        if self.weights:
            net.load_state_dict(self.weights)

    def _board(self, row: Mapping[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(str(self.folder / "tensorboard"))
        for name, value in row.items():
            writer.add_scalar(name, float(value), self.epoch)
        writer.close()


def best_f1(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the best F1 that any threshold on `scores` gives, and that threshold; (0, 0) without a similar pair."""
    wanted = int(labels.sum())
    if not wanted:
        return 0.0, 0.0
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + wanted)
    ends = np.append(np.diff(scores[order]) != 0, True)  # a threshold cannot part equal scores
    at = int(np.argmax(np.where(ends, f1, -1)))
    after = scores[order[at + 1]] if at + 1 < len(order) else scores[order[at]]
    return float(f1[at]), float((scores[order[at]] + after) / 2)
