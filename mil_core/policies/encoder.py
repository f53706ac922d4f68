"""Pictures to feature points: convolutions, layer norm as in the released code of MIL, spatial soft-argmax."""

from itertools import pairwise

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.bias_transform import IMAGE_BIAS_CHANNELS, ImageBias
from mil_core.policies.convolution import convolved
from mil_core.policies.norm_relu import norm_relu


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
        sizes = zip(pairwise((num_inputs, *filters)), strides, strict=True)
        convolutions = [nn.Conv2d(i, o, kernel_size, stride=s) for (i, o), s in sizes]
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(o)) for o in filters])
        for convolution in convolutions:
            nn.init.xavier_normal_(convolution.weight)
            if convolution.bias is not None:
                nn.init.zeros_(convolution.bias)
        self.convolutions = nn.ModuleList(convolutions)
        self._kernel_size, self._strides = kernel_size, strides

    def forward(self, pictures: Float[Tensor, "frame rgb height width"]) -> Float[Tensor, "frame xy_of_channel"]:
        """Feature points of pictures with values in [0, 1]; none without convolutions."""
        if not self.convolutions:
            return pictures.new_empty(len(pictures), 0)
        return soft_argmax(self.maps(pictures))

    def maps(self, pictures: Float[Tensor, "frame rgb height width"]) -> Float[Tensor, "frame channel row col"]:
        """The last convolution's features of pictures with values in [0, 1], never negative."""
        value = pictures
        for depth, (convolution, offset) in enumerate(zip(self.convolutions, self.offsets, strict=True)):
            value, padding = _padded_same(value, self._kernel_size, self._strides[depth])
            weight, bias = convolution.weight, convolution.bias
            if depth == 0 and self.image_bias is not None:
                weight, bias = self._with_image_bias(self.image_bias(), weight, bias)
            value = norm_relu(convolved(value, weight, bias, self._strides[depth], padding), offset)
        return value

    def _with_image_bias(self, image_bias: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The part of the first weight that sees the picture, and what the rest makes of the plane: biases of places.

        The same as appending the plane to every picture, but the plane is convolved once instead of once a picture.
        """
        plane, padding = _padded_same(image_bias[None], self._kernel_size, self._strides[0])
        of_picture, of_plane = weight.split([weight.shape[1] - IMAGE_BIAS_CHANNELS, IMAGE_BIAS_CHANNELS], dim=1)
        return of_picture, functional.conv2d(plane, of_plane, bias, self._strides[0], padding)


def _padded_same(value: Tensor, kernel: int, stride: int) -> tuple[Tensor, int]:
    """TensorFlow's SAME padding: asymmetric where an even size meets a stride of two.

    Returns: the maps, padded where the sides differ, and how much is still to be added on all sides alike.
    """
    totals = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in value.shape[-2:]]
    if len(set(totals)) == 1 and totals[0] % 2 == 0:
        return value, totals[0] // 2
    height, width = totals
    return functional.pad(value, [width // 2, width - width // 2, height // 2, height - height // 2]), 0
