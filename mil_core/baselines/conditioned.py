"""Reward networks that are told the demonstrations as further channels of the picture, and never adapt."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward, Grid
from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.inner_loop import Parameters
from mil_core.reward_net import RewardNet
from mil_core.reward_scenes import RewardMetaTask, Scenes


class Conditioned(RewardLearner):
    """What the conditional and the recurrent model share: a context of grids beside the picture."""

    def __init__(self, network: RewardNet, grid: Grid) -> None:
        """Args: network: takes the picture's channels and the context's. grid: the world that rewards are about."""
        super().__init__(grid)
        self.network = network

    @abstractmethod
    def context(self, support: Scenes) -> Tensor:
        """What the demonstrations say, shape (task, channel, row, col), (1, 1) in place of rows and columns if it is
        the same everywhere."""

    def meta_loss(self, task: RewardMetaTask) -> MetaLoss:
        """IRL loss on the scenes that the demonstrations are from and on the others, given the demonstrations.

        The former are part of it because every method is judged in both (thesis Figure 38).
        """
        context = self.context(task.support)
        losses = {
            name: self.irl_loss(self._rewards(context, scenes.pictures), scenes).mean()
            for name, scenes in (("inner", task.support), ("outer", task.query))
        }
        report = {name: float(loss.detach()) for name, loss in losses.items()}
        return MetaLoss(torch.stack(list(losses.values())).mean(), report)

    @torch.no_grad()
    def adapt_all(self, supports: Sequence[Sequence[GridDemo]]) -> list[AdaptedReward]:
        """See RewardLearner."""
        scenes = self.support_scenes(supports)
        contexts = self.context(scenes)
        losses = self.irl_loss(self._rewards(contexts, scenes.pictures), scenes).tolist()
        return [
            AdaptedReward(self._function, {"context": context[None]}, self.grid, loss_after=loss)
            for context, loss in zip(contexts, losses, strict=True)
        ]

    def _rewards(self, context: Tensor, pictures: Tensor) -> Tensor:
        """Rewards (task, scene, row, col) of pictures (task, scene, 3, height, width)."""
        shape = pictures.shape[:2]
        spread = context[:, None].expand(-1, shape[1], -1, -1, -1).flatten(0, 1)
        spread = functional.interpolate(spread, pictures.shape[-2:], mode="bilinear", align_corners=False)
        return self.network(torch.cat([pictures.flatten(0, 1), spread], dim=1)).unflatten(0, shape)

    def _function(self, parameters: Parameters, pictures: Tensor) -> Tensor:
        return self._rewards(parameters["context"], pictures[None])[0]
