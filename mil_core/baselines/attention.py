"""The attending policy: looks up in the demonstration what the present observation calls for."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.baselines.shown_policy import ShownConfig, ShownPolicy
from mil_core.policies.policy import Policy
from mil_core.scaling import Scaling

NUM_LAYERS, NUM_HEADS = 2, 4
MEMORY = "context.memory"
"""Name of the policy's parameter that holds what was shown, one row for each frame."""


class Recall(nn.Module):
    """Appends to every input what it finds in a memory, by attention; stands where MIL has its bias transformation.

    Source: Vaswani et al. (2017), the decoder's attention to the encoder, layer norm first as is usual by now.
    """

    def __init__(self, num_inputs: int, size: int) -> None:
        """Args: num_inputs: numbers in each input. size: numbers that are found for it.

        Raises: ValueError: the size is no multiple of NUM_HEADS.
        """
        super().__init__()
        if size % NUM_HEADS or not size:
            raise ValueError(f"context_size: expected a multiple of {NUM_HEADS}, found {size}; change the experiment.")
        self.memory = nn.Parameter(0.02 * torch.randn(1, size))
        self.question = nn.Linear(num_inputs, size)
        self.layers = nn.ModuleList([RecallLayer(size) for _ in range(NUM_LAYERS)])
        self.norm = nn.LayerNorm(size)

    def forward(self, value: Tensor) -> Tensor:
        """`value` (frame, input) with what is found appended: (frame, input + size). Frames do not see each other."""
        found = self.question(value)
        for layer in self.layers:
            found = layer(found, self.memory)
        return torch.cat([value, self.norm(found)], dim=1)


class RecallLayer(nn.Module):
    """One look at the memory, and one thought about what was seen."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(size, NUM_HEADS)
        self.norm = nn.LayerNorm(size)
        self.thought = nn.Sequential(
            nn.LayerNorm(size), nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, size)
        )

    def forward(self, value: Tensor, memory: Tensor) -> Tensor:
        """Args: value: (frame, size). memory: (token, size). Returns: (frame, size)."""
        seen, _ = self.attention(self.norm(value), memory, memory, need_weights=False)
        value = value + seen
        return value + self.thought(value)


class Attention(ShownPolicy):
    """The present observation attends over the frames of the demonstration, each with its place in time.

    Ours; stands for the attention-conditioned policies that came after the thesis's LSTM with attention.
    """

    told_name: ClassVar[str] = MEMORY

    def __init__(self, policy: Policy, scaling: Scaling, config: LearningConfig, shown: ShownConfig) -> None:
        """Args: see ShownPolicy; the policy's context has as many numbers as a token of the memory."""
        super().__init__(policy, scaling, config, shown)
        size = policy.config.context_size
        num_inputs = policy.layers[0].get_parameter("weight").shape[1] - size
        policy.add_module("context", Recall(num_inputs, size))
        self.reading = nn.Linear(self.token_size, size)
        self.times = nn.Parameter(0.02 * torch.randn(config.num_inner_frames, size))
        self.norm = nn.LayerNorm(size)

    def context(self, tokens: Tensor) -> Tensor:
        """See ShownPolicy; one token for each frame."""
        return self.norm(self.reading(tokens) + self.times)

    @property
    def told_shape(self) -> tuple[int, ...]:
        """See ShownPolicy; a row of its own and one for each frame."""
        return 1 + len(self.times), self.policy.config.context_size

    def joined(self, own: Tensor, context: Tensor) -> Tensor:
        """See ShownPolicy; side by side, so that each observation chooses among them."""
        return torch.cat([own, context])
