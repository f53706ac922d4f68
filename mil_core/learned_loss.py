"""Learned adaptation objectives: losses that need no actions, only the activations of the policy over time."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

from mil_core.policies.norm_relu import offset_norm

Reduction = Literal["mean_square", "norm"]


@dataclass(frozen=True)
class LearnedLossConfig:
    """Shape and scale of the learned adaptation objective."""

    kind: Literal["temporal", "linear"] = "temporal"
    """Temporal convolutions (thesis 7.2.3) or one linear layer a frame (the thesis's ablation)."""
    num_filters: int = 32
    """Filters of each temporal layer; 32 for placing (thesis B.3.3)."""
    kernel_size: int = 10
    """Frames that a temporal filter spans."""
    reduction: Reduction = "mean_square"
    """`mean_square` as released, `norm` as in the thesis."""
    scale: float = 1.0
    """Multiplies the loss."""
    sees_states: bool = False
    """Whether the inner loop sees the robot's states, which only a robot's demonstration has."""
    hand_weight: float = 1.0
    """Weight of an auxiliary that only training sees: a linear read-out of the demonstrator's hand position from the
    film's feature points. Ours, not the thesis's: a learned loss cannot compare where the hand goes with where an
    object is before the features see the hand. 0 = off."""
    goal_weight: float = 1.0
    """Weight of a second auxiliary of training: a linear read-out of where the thing will come to rest, from the
    *adapted* feature points of the film's first frames, seen through random windows. Ours: it asks the inner loop to
    turn the features to what the goal looks like, within the film's own pictures. 0 = off."""


class TemporalLoss(nn.Module):
    """Temporal convolutions over one sequence of activations, reduced to a scalar.

    Source: thesis 7.2.3, 7.2.5.2 and Figure 28 (two layers of 10 x 1 filters, one of 1 x 1), layer norm and ReLU as in
    the released code of MIL (statistics over time and channels together, none after the last layer).
    Differs: `mean_square` is what the released code does, `norm` what the thesis writes; the square root of a norm is
    singular at zero.
    """

    def __init__(self, num_inputs: int, num_filters: int, kernel_size: int, reduction: Reduction) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            [
                nn.Conv1d(num_inputs, num_filters, kernel_size),
                nn.Conv1d(num_filters, num_filters, kernel_size),
            ]
        )
        self.offsets = nn.ParameterList([nn.Parameter(torch.zeros(num_filters)) for _ in range(2)])
        self.readout = nn.Conv1d(num_filters, num_filters, 1)
        self.reduction: Reduction = reduction
        self._padding = ((kernel_size - 1) // 2, kernel_size // 2)

    def forward(self, activations: Float[Tensor, "frame channel"]) -> Float[Tensor, ""]:
        """Scalar loss >= 0 of one film's activations, shape (frames, channels)."""
        value = activations.T.unsqueeze(0)
        for convolution, offset in zip(self.convolutions, self.offsets, strict=True):
            value = offset_norm(convolution(functional.pad(value, self._padding)), offset).relu()
        return _reduced(self.readout(value), self.reduction)


class LinearLoss(nn.Module):
    """One linear layer on each frame by itself, reduced to a scalar.

    Source: thesis 7.1.2 (two heads read as a learned linear loss) and B.3.3 (the linear adaptation objective).
    """

    def __init__(self, num_inputs: int, num_outputs: int, reduction: Reduction) -> None:
        super().__init__()
        self.readout = nn.Linear(num_inputs, num_outputs)
        self.reduction: Reduction = reduction

    def forward(self, activations: Float[Tensor, "frame channel"]) -> Float[Tensor, ""]:
        """Scalar loss >= 0 of one film's activations, shape (frames, channels)."""
        return _reduced(self.readout(activations), self.reduction)


def _reduced(value: Tensor, reduction: Reduction) -> Tensor:
    return value.square().mean() if reduction == "mean_square" else value.norm()


def learned_loss(num_inputs: int, config: LearnedLossConfig) -> nn.Module:
    """The objective that the configuration names, for activations of `num_inputs` channels."""
    if config.kind == "linear":
        return LinearLoss(num_inputs, config.num_filters, config.reduction)
    return TemporalLoss(num_inputs, config.num_filters, config.kernel_size, config.reduction)
