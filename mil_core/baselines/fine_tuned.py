"""MaxEnt IRL by many steps of Adam: from scratch where the network is untrained, else pretraining and fine-tuning."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward, Grid
from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.inner_loop import Parameters
from mil_core.reward_net import RewardNet, rewards_by_task
from mil_core.reward_scenes import RewardMetaTask


@dataclass(frozen=True)
class FineTuningConfig:
    """How a network is fitted to the demonstrations of one task."""

    num_steps: int = 100
    """Steps of Adam."""
    learning_rate: float = 1e-3
    """Adam's rate."""
    weight_decay: float = 0.0
    """L2 penalty on the parameters; the thesis tunes one."""


class FineTuned(RewardLearner):
    """One network for all tasks, fitted to the demonstrations of each new one.

    Source: thesis 8.1.4, "running MaxEnt IRL for each new task", when never trained; as trained by `meta_loss`, the
    network that explains all tasks' demonstrations best without knowing which task it is ("follow the mean gradient
    across all tasks", 8.1.2.1). The steps of Adam are ours; the thesis does not tell its own.
    """

    def __init__(self, network: RewardNet, grid: Grid, config: FineTuningConfig) -> None:
        """Args: network: what is fitted. grid: the world that rewards are about. config: all other choices."""
        super().__init__(grid)
        self.network, self.config = network, config

    def meta_loss(self, task: RewardMetaTask) -> MetaLoss:
        """IRL loss on support and query alike, without any adaptation."""
        losses = [self.irl_loss(self._rewards(scenes.pictures), scenes).mean() for scenes in task]
        total = torch.stack(losses).mean()
        return MetaLoss(total, {"outer": float(total.detach())})

    def adapt_all(self, supports: Sequence[Sequence[GridDemo]]) -> list[AdaptedReward]:
        """See RewardLearner."""
        scenes = self.support_scenes(supports)
        parameters = {
            name: value.detach().expand(len(supports), *value.shape).clone().requires_grad_()
            for name, value in self.network.named_parameters()
        }
        rate, decay = self.config.learning_rate, self.config.weight_decay
        optimizer = torch.optim.Adam(parameters.values(), rate, weight_decay=decay)  # elementwise: tasks do not mix
        losses: list[Tensor] = []
        for step in range(self.config.num_steps + 1):
            loss = self.irl_loss(rewards_by_task(self.network, parameters, scenes.pictures), scenes)
            losses.append(loss.detach())
            if step < self.config.num_steps:
                optimizer.zero_grad()
                loss.sum().backward()
                optimizer.step()
        return [
            AdaptedReward(
                self._function,
                {name: value[task] for name, value in parameters.items()},
                self.grid,
                loss_before=float(losses[0][task]),
                loss_after=float(losses[-1][task]),
            )
            for task in range(len(supports))
        ]

    def _rewards(self, pictures: Tensor) -> Tensor:
        return self.network(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])

    def _function(self, parameters: Parameters, pictures: Tensor) -> Tensor:
        return functional_call(self.network, dict(parameters), (pictures,))
