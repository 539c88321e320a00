"""EfficientNet-Lite0 read at every stage, and the colours of the product: what tells attributes, not only kinds.

The last layer knows what a thing is and forgets what colour or fabric it has; the earlier ones still know.
"""

import torch
from torch import nn

from encoders.nets.efficientnet import MEAN, SPREAD

# Blocks after which the picture is pooled, of the sixteen of EfficientNet-Lite0.
TAPS = (2, 4, 7, 10, 13, 14, 15)
_BINS = 6
_STEP = 4  # every fourth pixel is enough for colours
_LIGHT, _EDGE = 244.0, 16.0  # background is lighter than this, with a soft edge
_ACROSS, _DOWN = 0.5, 0.65  # width of the middle that counts more, in halves of the picture


class StagesNet(nn.Module):
    """Pixels in, one L2-normalised vector out: last layer, mean and largest of each stage, colours.

    `forward` takes uint8 RGB (batch, 224, 224, 3) and returns float32 (batch, width). Features enter as signed square
    roots, so that a few strong ones do not drown the others; the three parts have the same length.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels.permute(0, 3, 1, 2).to(torch.float32) - MEAN) / SPREAD
        net = self.network
        found = net._swish(net._bn0(net._conv_stem(scaled)))  # type: ignore[operator]
        stages = []
        for place, block in enumerate(net._blocks):  # type: ignore[arg-type]
            found = block(found)
            if place in TAPS:
                stages += [found.mean(dim=(2, 3)), found.amax(dim=(2, 3))]
        last = net._swish(net._bn1(net._conv_head(found))).mean(dim=(2, 3))  # type: ignore[operator]
        parts = [_rooted(last), _rooted(torch.cat(stages, dim=1)), colours(pixels)]
        whole = torch.cat([nn.functional.normalize(part, p=2.0, dim=1) for part in parts], dim=1)
        return nn.functional.normalize(whole, p=2.0, dim=1)


def colours(pixels: torch.Tensor) -> torch.Tensor:
    """Return root shares (batch, 2 * 216) of soft colours among the pixels that are no background: all, and the middle.

    `pixels` are uint8 RGB (batch, height, width, 3).
    """
    picture = pixels[:, ::_STEP, ::_STEP].to(torch.float32)
    width = 255.0 / (_BINS - 1)
    centres = torch.arange(_BINS, dtype=torch.float32) * width
    soft = (1 - (picture.unsqueeze(-1) - centres).abs() / width).clamp(min=0)
    product = ((_LIGHT - picture.amin(dim=-1)) / _EDGE).clamp(0, 1) + 1e-4
    across = torch.linspace(-1, 1, picture.shape[2])
    down = torch.linspace(-1, 1, picture.shape[1])
    middle = torch.exp(-((down[:, None] / _DOWN) ** 2 + (across[None] / _ACROSS) ** 2) / 2)
    found = []
    for weights in (product, product * middle):
        shares = (weights / weights.sum(dim=(1, 2), keepdim=True)).flatten(1)
        red, green, blue = (soft[..., channel, :].flatten(1, 2) for channel in range(3))
        pairs = (red.unsqueeze(-1) * green.unsqueeze(-2)).flatten(2) * shares.unsqueeze(-1)
        cube = torch.matmul(pairs.transpose(1, 2), blue).flatten(1)
        found.append(cube.clamp(min=1e-8).sqrt())
    return torch.cat(found, dim=1)


def _rooted(features: torch.Tensor) -> torch.Tensor:
    return torch.sign(features) * torch.sqrt(features.abs() + 1e-12)


def efficientnet_lite0_stages() -> StagesNet:
    """Return EfficientNet-Lite0 with its ImageNet weights, read at every stage, in evaluation mode."""
    from encoders.nets.efficientnet import efficientnet_lite0

    return StagesNet(efficientnet_lite0().features.network).eval()  # type: ignore[arg-type]
