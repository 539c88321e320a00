"""A network for photos that gives a search vector and classes at once: a backbone, taps, a projection, named heads.

Features are the averages of the last feature map and of earlier ones (`taps`): colours and textures, which tell many
goods apart, are gone from the last map. Each is scaled to mean 0 and spread 1 over the training photos.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from encoders.nets.backbones import Backbone
from encoders.nets.quick import map_type, quick_step

VECTOR = "image_embedding"


class FeatureHeads(nn.Module):
    """Features (batch, width) to a search vector of length 1 and to the logits of each head.

    `dropout` is the share of features that are left out at random while the network is in training.
    """

    mean: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int, dimension: int, heads: Mapping[str, int]) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.0)
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.projection = nn.Linear(width, dimension)
        self.names = tuple(heads)
        self.linear = nn.ModuleList(nn.Linear(width, classes) for classes in heads.values())

    @property
    def linears(self) -> list[nn.Linear]:
        """The linear layer of each head."""
        return [one for one in self.linear if isinstance(one, nn.Linear)]

    def scaled(self, features: torch.Tensor) -> torch.Tensor:
        """Return features at mean 0 and spread 1."""
        return (features - self.mean) / self.spread

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the vector (batch, dimension), then logits (batch, classes) of each head."""
        scaled = self.dropout(self.scaled(features))
        vector = nn.functional.normalize(self.projection(scaled), p=2.0, dim=1)
        return (vector, *(linear(scaled) for linear in self.linear))


class PhotoNet(nn.Module):
    """Pixels in; search vector, logits, and a map per class of the first head out.

    `cut` parts the chain: `trunk` is run once per photo where its output is kept, `tail` is trained. `quick` is for
    training on a processor.
    """

    pixel_mean: torch.Tensor
    pixel_spread: torch.Tensor

    def __init__(self, backbone: Backbone, *, cut: int, dimension: int, heads: Mapping[str, int]) -> None:
        super().__init__()
        self.steps = backbone.steps
        self.cut = cut
        self.late = backbone.tail
        self.quick = False
        self.taps = taps_of(backbone)
        widths = _widths(backbone, self.taps)
        self.tap_width = sum(widths[tap] for tap in self.taps)
        self.last_width = backbone.width
        self.heads = FeatureHeads(self.tap_width + backbone.width, dimension, heads)
        for name, values in (("pixel_mean", backbone.mean), ("pixel_spread", backbone.spread)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1))

    def trunk(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the map at the cut (batch, c, h, w) and the taps before it (batch, t) of uint8 (batch, s, s, 3)."""
        scaled = (pixels.permute(0, 3, 1, 2).to(torch.float32) - self.pixel_mean) / self.pixel_spread
        return self._run(scaled, 0, self.cut)

    def tail(self, at_cut: torch.Tensor, before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features (batch, width), taps first, and the last map (batch, width, h, w)."""
        last, after = self._run(at_cut, self.cut, len(self.steps))
        return torch.cat([before, after, last.float().mean(dim=(2, 3))], dim=1), last

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the vector, the logits of each head, and maps (batch, classes, h, w) of the first head.

        A map says how much each place of the photo speaks for a class (class-activation map, Zhou et al. 2016).
        """
        return self.answers(*self.trunk(pixels))

    def answers(self, at_cut: torch.Tensor, before: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return what `forward` does, of what `trunk` returns."""
        features, last = self.tail(at_cut, before)
        weight = self.heads.linears[0].weight[:, self.tap_width :] / self.heads.spread[self.tap_width :]
        maps = torch.matmul(weight, last.flatten(2)).reshape(-1, weight.shape[0], *last.shape[2:])
        return (*self.heads(features), maps)

    def _run(self, state: torch.Tensor, start: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
        pooled = []
        if self.quick:
            state = state.to(map_type(), memory_format=torch.channels_last)
        for index in range(start, end):
            state = quick_step(self.steps[index], state) if self.quick else self.steps[index](state)
            if index in self.taps:
                pooled.append(state.float().mean(dim=(2, 3)))
        return state, torch.cat(pooled, dim=1) if pooled else state.new_zeros((state.shape[0], 0)).float()


class SharedTrunk(nn.Module):
    """Networks that differ behind their cut alone: one trunk, and the mean of what their tails and heads say.

    Their vectors can be averaged because all projections started from the same directions.
    """

    def __init__(self, members: Sequence[PhotoNet]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(members)

    @property
    def members(self) -> list[PhotoNet]:
        """The networks; the trunk of the first stands for that of all."""
        return [one for one in self.parts if isinstance(one, PhotoNet)]

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return vector, logits and maps like a PhotoNet."""
        kept = self.members[0].trunk(pixels)
        each = [one.answers(*kept) for one in self.members]
        vector, *others = (torch.stack(said).mean(dim=0) for said in zip(*each, strict=True))
        return (nn.functional.normalize(vector, p=2.0, dim=1), *others)


def taps_of(backbone: Backbone) -> tuple[int, ...]:
    """Return the steps whose maps are averaged besides the last: those before the map shrinks, and the last but one."""
    sides = _sides(backbone)
    shrinking = [index for index in range(1, len(sides) - 1) if sides[index + 1] < sides[index]]
    return tuple(sorted({*shrinking, len(sides) - 2}))


def _sides(backbone: Backbone) -> list[int]:
    return [shape[2] for shape in _shapes(backbone)]


def _widths(backbone: Backbone, taps: Sequence[int]) -> dict[int, int]:
    shapes = _shapes(backbone)
    return {tap: shapes[tap][1] for tap in taps}


def _shapes(backbone: Backbone) -> list[tuple[int, ...]]:
    """Return the shape of the map behind each step."""
    shapes = []
    with torch.inference_mode():
        state = torch.zeros(1, 3, backbone.size, backbone.size)
        for step in backbone.steps:
            state = step(state)
            shapes.append(tuple(state.shape))
    return shapes
