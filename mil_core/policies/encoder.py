"""Pictures to feature points: convolutions, layer norm as in the released code of MIL, spatial soft-argmax."""

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.bias_transform import IMAGE_BIAS_CHANNELS, ImageBias

NORM_EPSILON = 1e-5
"""Keeps the division finite on a constant picture."""


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


def soft_argmax(features: Float[Tensor, "frame channel height width"]) -> Float[Tensor, "frame xy_of_channel"]:
    """Expected picture position of each feature channel.

    Source: thesis 7.2.5.1 (spatial soft-argmax), temperature 1; coordinates as in the released code.

    Args:
        features: unnormalised activations.

    Returns: x and y of each channel in turn, in [-0.5, 0.5), x to the right, y down, as fractions of the picture.
    """
    height, width = features.shape[-2:]
    probability = features.flatten(2).softmax(dim=-1).unflatten(-1, (height, width))
    x = (torch.arange(width, dtype=features.dtype, device=features.device) - width / 2) / width
    y = (torch.arange(height, dtype=features.dtype, device=features.device) - height / 2) / height
    return torch.stack([(probability.sum(2) * x).sum(-1), (probability.sum(3) * y).sum(-1)], dim=-1).flatten(1)


class Encoder(nn.Module):
    """A stack of convolutions, each followed by layer norm and ReLU, read out as feature points.

    Source: thesis Figure 30 and 7.2.5.1; padding as TensorFlow's SAME, which gives the released code's map sizes.
    """

    def __init__(
        self,
        num_inputs: int,
        filters: tuple[int, ...],
        strides: tuple[int, ...],
        kernel_size: int,
        bias_size: tuple[int, int] | None = None,
    ) -> None:
        """Args: bias_size: height and width of a bias transformation of the picture; None = none."""
        super().__init__()
        self.image_bias = ImageBias(*bias_size) if bias_size else None
        num_inputs += IMAGE_BIAS_CHANNELS if bias_size else 0
        sizes = zip((num_inputs, *filters[:-1]), filters, strides, strict=True)
        convolutions = [nn.Conv2d(i, o, kernel_size, stride=s) for i, o, s in sizes]
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(o)) for o in filters])
        for convolution in convolutions:
            nn.init.xavier_normal_(convolution.weight)
            if convolution.bias is not None:
                nn.init.zeros_(convolution.bias)
        self.convolutions = nn.ModuleList(convolutions)
        self._kernel_size, self._strides = kernel_size, strides

    def forward(self, pictures: Float[Tensor, "frame rgb height width"]) -> Float[Tensor, "frame xy_of_channel"]:
        """Feature points of pictures with values in [0, 1]."""
        return soft_argmax(self.maps(pictures))

    def maps(self, pictures: Float[Tensor, "frame rgb height width"]) -> Float[Tensor, "frame channel row col"]:
        """The last convolution's features of pictures with values in [0, 1], never negative."""
        value = pictures if self.image_bias is None else self.image_bias(pictures)
        for convolution, offset, stride in zip(self.convolutions, self.offsets, self._strides, strict=True):
            value = offset_norm(convolution(_padded_same(value, self._kernel_size, stride)), offset).relu()
        return value


def _padded_same(value: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's SAME padding: asymmetric where an even size meets a stride of two."""
    amounts = []
    for size in (value.shape[-1], value.shape[-2]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        amounts += [total // 2, total - total // 2]
    return functional.pad(value, amounts)
