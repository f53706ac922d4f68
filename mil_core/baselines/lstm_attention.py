"""The recurrent policy that points: reads the demonstration, then looks where the place that was meant is by now."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.baselines.shown_policy import ShownConfig, ShownPolicy
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling

UNITS = 512
"""Of the LSTM, as in the thesis."""


class Pointer(nn.Module):
    """Puts the place that is meant, the mean of all places by weight, in their stead behind every input; stands where
    MIL has its bias transformation."""

    columns: Tensor

    def __init__(self, columns: Sequence[Sequence[int]]) -> None:
        """Args: columns: which inputs are the coordinates of each place."""
        super().__init__()
        self.register_buffer("columns", torch.tensor(columns), persistent=False)
        self.scores = nn.Parameter(torch.zeros(len(columns)))

    def forward(self, value: Tensor) -> Tensor:
        """`value` (frame, input), zero where places were, with the one appended: (frame, input + coordinate)."""
        meant = self.scores.softmax(dim=0) @ value[:, self.columns]  # of (frame, place, coordinate)
        return torch.cat([value.index_fill(1, self.columns.flatten(), 0.0), meant], dim=1)


class LstmAttention(ShownPolicy):
    """An LSTM over the demonstration weighs the places that the state holds; the policy sees their mean in their stead.

    Source: thesis 7.1.6, LSTM+attention of Duan et al. (2017), particle reaching; needs a state that holds places.
    Differs: the rest of the state is seen too, and coordinates are whitened.
    """

    told_name: ClassVar[str] = "context.scores"

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig, shown: ShownConfig) -> None:
        """Args: see ShownPolicy; the policy's context has as many numbers as a place has coordinates.

        Raises:
            ValueError: places are missing, lie outside of the state, or have another number of coordinates; or the end
                pose is to be told.
        """
        super().__init__(policy, scaling, config, shown)
        sizes = policy.config
        numbers = [number for place in shown.places for number in place]
        if not numbers or not all(0 <= number < sizes.state_size for number in numbers):
            raise ValueError(f"places: expected numbers from 0 to {sizes.state_size - 1}, found {shown.places}.")
        if sizes.pose_is_told:
            raise ValueError("pose_is_told: expected no end pose to tell, for its head sees no place; drop end_pose.")
        if {len(place) for place in shown.places} != {sizes.context_size}:
            raise ValueError(f"places: expected {sizes.context_size} coordinates each, found {shown.places}.")
        before_state = sizes.num_points + sizes.end_pose_size
        policy.add_module("context", Pointer([[before_state + number for number in place] for place in shown.places]))
        self.reader = nn.LSTM(self.token_size, UNITS)
        self.pointing = nn.Linear(UNITS, len(shown.places))

    def context(self, tokens: Tensor) -> Tensor:
        """See ShownPolicy; one score for each place, scaled as in dot-product attention: unscaled, 512 weights at once
        soon make it certain of a wrong place, which no gradient mends."""
        outputs, _ = self.reader(tokens)
        return self.pointing(outputs[-1]) / UNITS**0.5
