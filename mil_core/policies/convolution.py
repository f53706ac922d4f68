"""A convolution whose gradient can itself be differentiated at the speed of a first gradient.

Meta-gradients differentiate the inner loop's gradient. PyTorch does that for convolutions by slow detours; here each of
the three products that a convolution and its gradients consist of is differentiated by the other two. Pictures lie in
memory with their channels last, which the convolutions of a processor prefer.
"""

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.autograd import Function

Geometry = tuple[int, int]
"""Stride and padding, the same in both directions."""


def convolved(pictures: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    """`functional.conv2d`, fast to differentiate twice.

    Args:
        pictures: shape (example, channel, row, col).
        weight: shape (filter, channel, side, side).
        bias: shape (filter,), or (1, filter, row, col) for a bias of each place.
        stride, padding: zeros are added on all four sides alike.

    Returns: shape (example, filter, row, col), channels last in memory.
    """
    last = torch.channels_last
    inputs = (pictures.contiguous(memory_format=last), weight.contiguous(memory_format=last))
    return _Biased.apply(_Product.apply(*inputs, (stride, padding)), bias)  # pyright: ignore[reportReturnType]


def by_example(value: Tensor) -> Tensor:
    """Channels-last maps (example, channel, row, col) as (example, number), without a copy."""
    return value.permute(0, 2, 3, 1).reshape(len(value), -1)


def by_channel(value: Tensor) -> Tensor:
    """Channels-last maps (example, channel, row, col) as (place, channel), without a copy."""
    return value.permute(0, 2, 3, 1).reshape(-1, value.shape[1])


class _Biased(Function):
    """Adds a bias in place; summed over one axis of a flat view, its gradient is several times faster."""

    @staticmethod
    def forward(ctx: Any, value: Tensor, bias: Tensor) -> Tensor:
        ctx.is_map = bias.ndim == 4
        ctx.mark_dirty(value)
        return value.add_(bias if ctx.is_map else bias.view(1, -1, 1, 1))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor | None]:  # pyright: ignore
        if not ctx.needs_input_grad[1]:
            return gradient, None
        if not ctx.is_map:
            return gradient, by_channel(gradient).sum(0)
        _, channels, rows, cols = gradient.shape
        return gradient, by_example(gradient).sum(0).view(1, rows, cols, channels).permute(0, 3, 1, 2)


class _Product(Function):
    """Pictures and weight to maps."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, weight: Tensor, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(pictures, weight)
        ctx.geometry = geometry
        return functional.conv2d(pictures, weight, stride=geometry[0], padding=geometry[1])

    @staticmethod
    def backward(ctx: Any, maps: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        pictures, weight = ctx.saved_tensors
        to_pictures, to_weight, _ = ctx.needs_input_grad
        return (
            _ToPictures.apply(maps, weight, pictures.shape, ctx.geometry) if to_pictures else None,
            _ToWeight.apply(maps, pictures, weight.shape, ctx.geometry) if to_weight else None,
            None,
        )


class _ToPictures(Function):
    """Maps and weight to pictures."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, shape: torch.Size, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(maps, weight)
        ctx.geometry = geometry
        return _gradients(maps, _shaped(shape, maps), weight, geometry, (True, False))[0]

    @staticmethod
    def backward(ctx: Any, pictures: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        maps, weight = ctx.saved_tensors
        to_maps, to_weight, *_ = ctx.needs_input_grad
        return (
            _Product.apply(pictures, weight, ctx.geometry) if to_maps else None,
            _ToWeight.apply(maps, pictures, weight.shape, ctx.geometry) if to_weight else None,
            None,
            None,
        )


class _ToWeight(Function):
    """Maps and pictures to weight."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, pictures: Tensor, shape: torch.Size, geometry: Geometry) -> Tensor:
        ctx.save_for_backward(maps, pictures)
        ctx.geometry = geometry
        return _gradients(maps, pictures, _shaped(shape, maps), geometry, (False, True))[1]

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        maps, pictures = ctx.saved_tensors
        to_maps, to_pictures, *_ = ctx.needs_input_grad
        return (
            _Product.apply(pictures, weight, ctx.geometry) if to_maps else None,
            _ToPictures.apply(maps, weight, pictures.shape, ctx.geometry) if to_pictures else None,
            None,
            None,
        )


def _gradients(
    maps: Tensor, pictures: Tensor, weight: Tensor, geometry: Geometry, wanted: tuple[bool, bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Those that are wanted, of the pictures and of the weight."""
    stride, padding = ([side, side] for side in geometry)
    mask = [*wanted, False]
    to_pictures, to_weight, _ = torch.ops.aten.convolution_backward(
        maps, pictures, weight, None, stride, padding, [1, 1], False, [0, 0], 1, mask
    )
    return to_pictures, to_weight


def _shaped(shape: torch.Size, like: Tensor) -> Tensor:
    """Stands for what is asked for; nobody reads its numbers."""
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)
