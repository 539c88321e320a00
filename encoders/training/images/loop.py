"""The training loop: network and heads together, until the val photos gain no more; then on these too.

One loop serves both ways. `cached` hands it activations from the cut on; otherwise the cut is 0 and it gets pixels.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from encoders.nets.photonet import PhotoNet
from encoders.training.images.losses import class_loss, metric_loss, mixed
from encoders.training.images.recipe import Recipe

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
Tell = Callable[[Mapping[str, Any]], None]
CHECKPOINT = "checkpoint.pt"
LOSS_SHARE = 0.05


class Photos(Protocol):
    """Where batches come from: state at the cut, taps before it, labels (batch, heads)."""

    def epoch(self, chance: np.random.Generator, batch: int, *, together: bool = False) -> Iterator[Batch]:
        """Return the training photos once, in another order and views each time; `together` with the val photos."""
        ...

    def val(self) -> Iterator[Batch]:
        """Return the val photos as they are served."""
        ...


@dataclass
class State:
    """How far a training is; all of it is in the checkpoint."""

    epoch: int = 0
    seconds: float = 0.0
    best: float = float("-inf")
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)


def train(
    net: PhotoNet, photos: Photos, recipe: Recipe, folder: Path, tell: Tell, *, key: str = ""
) -> tuple[State, dict[str, torch.Tensor]]:
    """Train `net` in place; return how it went, and the weights of the best epoch, which never saw a val photo.

    What is left in `net` is the average after the epochs `together`, or those same weights where there were none. A
    run that was killed goes on from `folder`'s checkpoint when its recipe and `key`, which names its photos, are the
    same. `tell` gets one mapping per epoch, which TensorBoard gets as well.
    """
    plan = {**asdict(recipe), "key": key}
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net.to(device)
    net.quick = device.type == "cpu"
    averaged = _averaged(net, recipe)
    optimiser = torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.decay)
    state, best = _resumed(folder, net, averaged, optimiser, plan)
    writer = _writer(folder)
    before = state.seconds
    started = time.monotonic()
    losses = _losses(recipe)
    if state.epoch == 0 and state.best_epoch < 0:
        _keep_if_better(state, measure(net, photos, device), net, best, epoch=-1)
    tell(
        {
            "event": "start",
            "epoch": state.epoch,
            "of": recipe.epochs,
            "resumed": state.epoch > 0,
            "val_score": state.best,
        }
    )
    while state.epoch < recipe.epochs and state.epoch - state.best_epoch <= recipe.patience:
        if recipe.minutes is not None and state.seconds > recipe.minutes * 60 * (1 - 1 / (state.epoch + 2)):
            break  # another epoch would not be done in time
        _pace(optimiser, recipe, state.epoch)
        chance = np.random.default_rng([recipe.seed, state.epoch])
        torch.manual_seed(recipe.seed * 1000 + state.epoch)
        loss = _one_epoch(net, averaged, photos, optimiser, losses, recipe, chance, device, state.epoch)
        averaging: Any = averaged.module
        found = measure(averaging, photos, device)
        state.seconds = before + time.monotonic() - started
        _keep_if_better(state, found, averaging, best, epoch=state.epoch)
        row = {"epoch": state.epoch, "loss": loss, **found, "seconds": round(state.seconds, 1)}
        state.history.append(row)
        state.epoch += 1
        _write(folder, state, net, averaged, optimiser, best, plan)
        tell({"event": "epoch", "of": recipe.epochs, **row})
        for name, value in row.items():
            writer.add_scalar(name, value, state.epoch)
    writer.close()
    net.load_state_dict(best)
    if recipe.last:
        left = float("inf") if recipe.minutes is None else recipe.minutes * 60 - state.seconds
        _learn_together(net, photos, recipe, device, time.monotonic() + left, tell)
        state.seconds = before + time.monotonic() - started
    net.quick = False
    net.to("cpu").eval()
    return state, best


def _learn_together(
    net: PhotoNet, photos: Photos, recipe: Recipe, device: torch.device, end: float, tell: Tell
) -> None:
    """Train on train and val photos until `end` at the latest; a run that is killed begins with this part again."""
    averaged = _averaged(net, recipe)
    optimiser = torch.optim.AdamW(_groups(net, recipe), weight_decay=recipe.decay)
    losses = _losses(recipe)
    for done in range(recipe.last):
        if time.monotonic() > end:
            break
        number = recipe.epochs + done
        _pace(optimiser, recipe, number)
        chance = np.random.default_rng([recipe.seed, number])
        torch.manual_seed(recipe.seed * 1000 + number)
        _one_epoch(net, averaged, photos, optimiser, losses, recipe, chance, device, number, together=True)
        tell({"event": "step", "step": f"learning from val photos too, {done + 1} of {recipe.last}"})
    net.load_state_dict(averaged.module.state_dict())


def _averaged(net: PhotoNet, recipe: Recipe) -> Any:
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.memory)
    return torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=average)


@torch.inference_mode()
def measure(net: PhotoNet, photos: Photos, device: torch.device) -> dict[str, float]:
    """Return loss and accuracy of each head on the val photos, and the score by which the best epoch is chosen.

    The loss alone would end training early: it grows while a network gets surer and still more often right, and
    temperature scaling mends that afterwards. Accuracy alone is coarse where val photos are few.
    """
    net.eval()
    logits, labels = [], []
    for maps, before, wanted in photos.val():
        features, _ = net.tail(maps.to(device), before.to(device))
        logits.append([one.float().cpu() for one in net.heads(features)[1:]])
        labels.append(wanted)
    every, truth = [torch.cat(head) for head in zip(*logits, strict=True)], torch.cat(labels)
    found = {"val_loss": float(class_loss(tuple(every), truth, 0.0))}
    for column, (name, one) in enumerate(zip(net.heads.names, every, strict=True)):
        known = truth[:, column] >= 0
        found[f"val_{name}"] = float((one.argmax(1) == truth[:, column])[known].float().mean()) if known.any() else 0.0
    right = [found[f"val_{name}"] for name in net.heads.names]
    found["val_score"] = sum(right) / len(right) - LOSS_SHARE * found["val_loss"]
    return found


def _one_epoch(
    net: PhotoNet,
    averaged: Any,
    photos: Photos,
    optimiser: torch.optim.Optimizer,
    losses: Callable[..., torch.Tensor],
    recipe: Recipe,
    chance: np.random.Generator,
    device: torch.device,
    epoch: int,
    *,
    together: bool = False,
) -> float:
    net.train()
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()  # few photos: their own means would be worse than ImageNet's
    for index, step in enumerate(net.steps):
        step.requires_grad_(index >= net.late or epoch >= recipe.late_epochs)
    total, count = 0.0, 0
    for maps, before, labels in photos.epoch(chance, recipe.batch, together=together):
        state = tuple(one.to(device, non_blocking=True) for one in (maps, before, labels))
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = losses(net, *state, chance)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        averaged.update_parameters(net)
        total, count = total + float(loss.detach()) * len(maps), count + len(maps)
    return total / max(1, count)


def _losses(recipe: Recipe) -> Callable[..., torch.Tensor]:
    """Return the loss of a batch: mixed ones teach classes, the others also the search vector."""
    alike = metric_loss()

    def loss(
        net: PhotoNet,
        maps: torch.Tensor,
        before: torch.Tensor,
        labels: torch.Tensor,
        chance: np.random.Generator,
    ) -> torch.Tensor:
        if chance.random() < recipe.mixing:
            maps, before, order, share = mixed(maps, before, chance)
            logits = net.heads(net.tail(maps, before)[0])[1:]
            first = class_loss(logits, labels, recipe.smoothing)
            return share * first + (1 - share) * class_loss(logits, labels[order], recipe.smoothing)
        vector, *logits = net.heads(net.tail(maps, before)[0])
        told = class_loss(tuple(logits), labels, recipe.smoothing)
        return told + recipe.metric * alike(vector.float(), labels)

    return loss


def _groups(net: PhotoNet, recipe: Recipe) -> list[dict[str, Any]]:
    """Return what is trained with the rate at which each part of it starts."""
    early, late = (
        [value for step in steps for value in step.parameters()]
        for steps in (net.steps[net.cut : net.late], net.steps[max(net.cut, net.late) :])
    )
    parts = ((early, recipe.early_rate), (late, recipe.rate), (list(net.heads.parameters()), recipe.head_rate))
    return [{"params": values, "lr": rate, "initial_lr": rate} for values, rate in parts if values]


def _pace(optimiser: torch.optim.Optimizer, recipe: Recipe, epoch: int) -> None:
    """Set the rates of an epoch: down half a cosine, and once more on train and val photos, from a part of them.

    The first epoch takes a part as well: a step too large at the start is not made good again.
    """
    begun, length = (0, recipe.epochs) if epoch < recipe.epochs else (recipe.epochs, recipe.last)
    share = 0.5 * (1 + float(np.cos(np.pi * (epoch - begun) / length)))
    share *= recipe.again if begun else recipe.first if epoch == 0 else 1.0
    for group in optimiser.param_groups:
        group["lr"] = group["initial_lr"] * share


def _keep_if_better(
    state: State, found: Mapping[str, float], net: nn.Module, best: dict[str, torch.Tensor], *, epoch: int
) -> None:
    if found["val_score"] > state.best or not best:
        state.best, state.best_epoch = found["val_score"], epoch
        best.update({key: value.detach().cpu().clone() for key, value in net.state_dict().items()})


def _write(
    folder: Path,
    state: State,
    net: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    best: Mapping[str, torch.Tensor],
    plan: Mapping[str, Any],
) -> None:
    draft = folder / f"{CHECKPOINT}.part"
    document = {
        "plan": dict(plan),
        "state": asdict(state),
        "net": net.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "best": dict(best),
    }
    torch.save(document, draft)
    draft.replace(folder / CHECKPOINT)


def _resumed(
    folder: Path, net: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer, plan: Mapping[str, Any]
) -> tuple[State, dict[str, torch.Tensor]]:
    """Return state and best weights of the folder's checkpoint, the rest loaded; a fresh state where there is none."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return State(), {}
    found = torch.load(path, map_location="cpu", weights_only=True)
    if found["plan"] != plan:
        return State(), {}
    net.load_state_dict(found["net"])
    averaged.load_state_dict(found["averaged"])
    optimiser.load_state_dict(found["optimiser"])
    return State(**found["state"]), found["best"]


def _writer(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder / "tensorboard"))
