"""The bias transformation: free parameters beside the inputs of a layer, so that one gradient step moves its bias."""

import torch
from torch import Tensor, nn


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
