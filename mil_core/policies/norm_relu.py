"""Layer norm as in the released code of MIL; for maps in one with the ReLU behind it, fast to differentiate twice."""

from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor
from torch.autograd import Function

from mil_core.policies.convolution import by_channel, by_example

NORM_EPSILON = 1e-5
"""Keeps the division finite on a constant picture."""
PART_SIZE = 2**20
"""Numbers that are worked on at once on a processor: four megabytes, measured as the best with one thread and two."""


def offset_norm(value: Tensor, offset: Tensor) -> Tensor:
    """Normalise each example over all of its other axes together, then add an offset per channel.

    Source: the released code of MIL (TensorFlow's contrib layer norm without scale): statistics over height, width and
    channels jointly. `nn.LayerNorm` over the same axes would learn one offset for every pixel.

    Args:
        value: shape (example, channel, ...).
        offset: shape (channel,).

    Returns: same shape as `value`.
    """
    return functional.group_norm(value, 1, eps=NORM_EPSILON) + offset.view(1, -1, *[1] * (value.ndim - 2))


def norm_relu(maps: Tensor, offset: Tensor) -> Tensor:
    """`offset_norm(maps, offset).relu()` whose first two derivatives are closed forms; there is no third.

    Args: maps: shape (example, channel, row, col), channels last in memory. offset: shape (channel,).
    """
    return _NormRelu.apply(maps, offset)  # pyright: ignore[reportReturnType]


class _NormRelu(Function):
    """With x the maps, r = 1 / sqrt(var x + epsilon), n = r (x - mean x) and the offset o: y = relu(n + o)."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, offset: Tensor) -> Tensor:
        examples, channels, rows, cols = maps.shape
        normed, mean, rate = torch.ops.aten.native_group_norm(
            maps, None, None, examples, channels, rows * cols, 1, NORM_EPSILON
        )
        result = normed.add_(offset.view(1, -1, 1, 1)).relu_()
        ctx.save_for_backward(maps, mean.view(-1, 1, 1, 1), rate.view(-1, 1, 1, 1), result)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        maps, mean, rate, result = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return _NormReluGradient.apply(gradient, maps, mean.detach(), rate.detach(), result.detach())


class _NormReluGradient(Function):
    """With p = dy where y > 0, and <> the mean over an example: dx = r (p - <p> - n <p n>), and do = the sum of p.

    The mean, the rate and the result count as functions of the maps: their own derivatives are part of that of `maps`.
    """

    @staticmethod
    def forward(
        ctx: Any, gradient: Tensor, maps: Tensor, mean: Tensor, rate: Tensor, result: Tensor
    ) -> tuple[Tensor, Tensor]:
        to_maps, to_offset = torch.empty_like(maps), gradient.new_zeros(maps.shape[1])
        p, pn = torch.empty_like(mean), torch.empty_like(mean)
        for k in _parts(maps):
            passed, normed = _where_positive(gradient[k], result[k]), (maps[k] - mean[k]).mul_(rate[k])
            p[k], pn[k] = _mean(passed), _mean_product(passed, normed)
            to_offset += by_channel(passed).sum(0)
            to_maps[k] = normed.mul_(-pn[k]).add_(passed).sub_(p[k]).mul_(rate[k])
        ctx.save_for_backward(gradient, maps, mean, rate, result, p, pn)
        return to_maps, to_offset

    @staticmethod
    def backward(ctx: Any, v: Tensor, u: Tensor) -> tuple[Any, ...]:  # pyright: ignore
        v = v.contiguous(memory_format=torch.channels_last)
        return *_NormReluSecond.apply(v, u, *ctx.saved_tensors), None, None, None


class _NormReluSecond(Function):
    """With v and u behind dx and do, and q = v - <v> - n <v n>: for dy it is r q + u where y > 0; for x it is
    -r^2 (p <v n> + v <p n> + n (<v p> - <v> <p> - 3 <v n> <p n>) - <p> <v n> - <v> <p n>)."""

    @staticmethod
    def forward(
        ctx: Any, v: Tensor, u: Tensor, gradient: Tensor, maps: Tensor, mean: Tensor, rate: Tensor, result: Tensor,
        p: Tensor, pn: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        del ctx
        to_gradient, to_maps = torch.empty_like(maps), torch.empty_like(maps)
        for k in _parts(maps):
            parts = (tensor[k] for tensor in (v, gradient, maps, mean, rate, result, p, pn))
            to_gradient[k], to_maps[k] = _second(u, *parts)
        return to_gradient, to_maps

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        # Not `once_differentiable`: what that returns is connected to no input, and a gradient asked for by name
        # would silently lack this part.
        raise NotImplementedError("norm_relu: expected at most a second derivative; use offset_norm and relu instead.")


def _second(
    u: Tensor, v: Tensor, gradient: Tensor, maps: Tensor, mean: Tensor, rate: Tensor, result: Tensor, p: Tensor,
    pn: Tensor,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    passed, normed = _where_positive(gradient, result), (maps - mean).mul_(rate)
    v_, vn, vp = _mean(v), _mean_product(v, normed), _mean_product(v, passed)
    to_gradient = torch.addcmul(v - v_, normed, -vn).mul_(rate).add_(u.view(1, -1, 1, 1))
    to_maps = normed.mul_(vp - v_ * p - 3 * vn * pn).addcmul_(passed, vn).addcmul_(v, pn)
    return _where_positive(to_gradient, result), to_maps.sub_(p * vn + v_ * pn).mul_(-rate.square())


def _parts(maps: Tensor) -> list[slice]:
    """Groups of examples that are worked on one after another: on a processor few enough for its cache."""
    size = len(maps) if maps.is_cuda else max(1, PART_SIZE * len(maps) // max(1, maps.numel()))
    return [slice(start, start + size) for start in range(0, len(maps), max(1, size))]


def _where_positive(value: Tensor, result: Tensor) -> Tensor:
    return torch.ops.aten.threshold_backward(value, result, 0)


def _mean(value: Tensor) -> Tensor:
    return by_example(value).mean(1).view(-1, 1, 1, 1)


def _mean_product(one: Tensor, other: Tensor) -> Tensor:
    """Mean of the product of each example's numbers: as a matrix product, so that the products are never stored."""
    rows, columns = by_example(one).unsqueeze(1), by_example(other).unsqueeze(2)
    return torch.bmm(rows, columns).view(-1, 1, 1, 1) / rows.shape[2]
