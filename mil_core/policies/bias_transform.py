"""The bias transformation: free parameters beside the inputs of a layer, so that one gradient step moves its bias."""

import torch
from torch import Tensor, nn

IMAGE_BIAS_CHANNELS = 3
"""As in the released code of MIL."""


class BiasTransform(nn.Module):
    """Appends the same learned vector to every input.

    Source: thesis 7.1.4 (bias transformation); zeros at the start, and at the first fully connected layer only, as in
    the released code of MIL.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.vector = nn.Parameter(torch.zeros(size))

    def forward(self, value: Tensor) -> Tensor:
        """`value` (frame, input) with the vector appended: (frame, input + size)."""
        return torch.cat([value, self.vector.expand(len(value), -1)], dim=1)


class ImageBias(nn.Module):
    """The same learned plane, in [0, 1] like a picture, for every picture as further channels.

    Source: the released code of MIL, for pushing; the thesis has it without the limits. Where the outer loop drives a
    number below zero it stays there, as released: behind the limit there is no gradient.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.plane = nn.Parameter(torch.zeros(IMAGE_BIAS_CHANNELS, height, width))

    def forward(self) -> Tensor:
        """The plane, shape (3, height, width)."""
        return self.plane.clamp(0.0, 1.0)
