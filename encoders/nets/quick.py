"""The steps of a network as training on a processor runs them: two to three times as quick, and the same network.

Batch norms whose statistics stand still are worked into the convolutions before them, anew in every step of training,
so that no pass over the maps is spent on them. Maps are bfloat16 where the processor has it, weights stay float32. For
gradients of depthwise convolutions torch is slow, in bfloat16 most of all: here they are made of convolutions forward.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from encoders.nets.processor import multiplies_bfloat16


def map_type() -> torch.dtype:
    """Return bfloat16 where the processor multiplies it itself; elsewhere it is slower than float32."""
    return torch.bfloat16 if multiplies_bfloat16() else torch.float32


def quick_step(step: nn.Module, state: torch.Tensor) -> torch.Tensor:
    """Run a step of a backbone; steps of EfficientNet quickly, those of other families as they are, in float32.

    `state` is (batch, c, h, w), best in `map_type()` and channels last. Batch norms must be in evaluation mode.
    """
    if hasattr(step, "_depthwise_conv"):
        return _block(step, state)
    if isinstance(step, nn.Sequential) and hasattr(step[0], "static_padding"):
        return functional.relu6(_convolved(step[0], step[1], state), inplace=True)
    found: torch.Tensor = step(state.float())
    return found


def _block(block: Any, state: torch.Tensor) -> torch.Tensor:
    found = state
    if hasattr(block, "_expand_conv"):
        found = functional.relu6(_convolved(block._expand_conv, block._bn0, found), inplace=True)
    found = functional.relu6(_convolved(block._depthwise_conv, block._bn1, found), inplace=True)
    found = _convolved(block._project_conv, block._bn2, found)
    return found + state if block.id_skip and found.shape == state.shape else found


def _convolved(convolution: Any, norm: Any, state: torch.Tensor) -> torch.Tensor:
    """Return what a convolution without bias and the batch norm behind it make of `state`."""
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    weight, bias = convolution.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale
    left, right, top, bottom = getattr(convolution.static_padding, "padding", (0, 0, 0, 0))
    padding = (top, left)
    if (left, top) != (right, bottom):
        state, padding = functional.pad(state, (left, right, top, bottom)), (0, 0)
    stride = tuple(convolution.stride)
    if convolution.groups > 1:
        found: torch.Tensor = _Depthwise.apply(state, weight, bias, stride, padding)
        return found
    return functional.conv2d(state, weight.to(state.dtype), bias.to(state.dtype), stride, padding)


class _Depthwise(torch.autograd.Function):
    """A depthwise convolution with quick gradients."""

    @staticmethod
    def forward(
        ctx: Any, state: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: Any, padding: Any
    ) -> Any:
        ctx.save_for_backward(state, weight)
        ctx.stride, ctx.padding = stride, padding
        own = weight.to(state.dtype), bias.to(state.dtype)
        return functional.conv2d(state, *own, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        state, weight = ctx.saved_tensors
        groups, side = len(weight), weight.shape[2]
        wanted = list(ctx.needs_input_grad[:3])
        if tuple(ctx.stride) != (1, 1) or 2 * ctx.padding[0] + 1 != side:
            found = _gradients(state, weight, gradient, ctx.stride, ctx.padding, wanted)
            return None if found[0] is None else found[0].to(state.dtype), *found[1:], None, None
        of_state = None
        if wanted[0]:
            turned = weight.flip(2, 3).to(gradient.dtype)
            of_state = functional.conv2d(gradient, turned, None, 1, ctx.padding, 1, groups)
        if side == 3:
            of_weight = _gradients(state, weight, gradient, ctx.stride, ctx.padding, [False, True, False])[1]
        else:
            # One photo after the other, its gradient slid over its map: twice as quick as torch's own way.
            of_weight = torch.zeros_like(weight).transpose(0, 1)
            for one, slid in zip(state, gradient, strict=True):
                of_weight += functional.conv2d(one[None], slid[:, None], None, 1, ctx.padding, 1, groups).float()
            of_weight = of_weight.transpose(0, 1)
        return of_state, of_weight, gradient.sum((0, 2, 3), dtype=torch.float32), None, None


def _gradients(
    state: torch.Tensor, weight: torch.Tensor, gradient: torch.Tensor, stride: Any, padding: Any, wanted: list[bool]
) -> Any:
    """Return torch's own gradients of a depthwise convolution's map, weights and bias, in float32."""
    bias, one, none = [len(weight)], [1, 1], [0, 0]
    call = torch.ops.aten.convolution_backward
    return call(gradient.float(), state.float(), weight, bias, stride, padding, one, False, none, len(weight), wanted)
