"""The demo-conditional model: the demonstrations as visits of each cell, or as what the visited cells look like."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mil_core.adapted_reward import Grid
from mil_core.baselines.conditioned import Conditioned
from mil_core.reward_net import MID_BRIGHTNESS, RewardNet, RewardNetConfig
from mil_core.reward_scenes import Scenes


@dataclass(frozen=True)
class ConditionalConfig:
    """What the network is told of the demonstrations."""

    filters: tuple[int, int, int, int] = RewardNetConfig().filters
    """Of the reward network's hidden layers."""
    appearance_size: int = 0
    """0: visits of each cell, as in the thesis. Above 0: so many numbers about what visited cells look like, a fairer
    rival, because cells mean nothing in another scene; ours."""


class Conditional(Conditioned):
    """A reward network with the mean visits of the demonstrations as a further channel.

    Source: thesis 8.1.4 and B.4.1, demo conditional model: the state visitation map, enlarged bilinearly.
    """

    def __init__(self, grid: Grid, config: ConditionalConfig) -> None:
        """Args: grid: the world that rewards are about. config: all other choices."""
        num_channels = config.appearance_size or 1
        super().__init__(RewardNet(RewardNetConfig(config.filters, 3 + num_channels)), grid)
        self.looks, self.summary = None, None
        if config.appearance_size:
            self.looks = RewardNet(RewardNetConfig(config.filters)).features
            self.summary = nn.Linear(2 * config.filters[-1], config.appearance_size)

    def context(self, support: Scenes) -> Tensor:
        """See Conditioned."""
        weight = support.weight[:, :, None, None]
        if self.looks is None or self.summary is None:
            return (support.visitation * weight).sum(1)[:, None]
        features = self.looks(support.pictures.flatten(0, 1) - MID_BRIGHTNESS).unflatten(0, weight.shape[:2])
        visits = (support.visitation * weight)[:, :, None] / self.grid.horizon
        seen, all_cells = (features * visits).sum((1, 3, 4)), (features * weight[:, :, None]).mean((3, 4)).sum(1)
        return self.summary(torch.cat([seen, all_cells], dim=1))[..., None, None]
