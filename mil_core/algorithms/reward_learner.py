"""The interface of every way to learn rewards: a meta-loss to train with, `adapt` to deploy with."""

from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward, Grid, check_picture
from mil_core.algorithms.algorithm import MetaLearner
from mil_core.maxent import irl_loss
from mil_core.reward_scenes import Scenes, scenes_of


class RewardLearner(MetaLearner):
    """Meta-parameters from which the reward behind a few demonstrated paths is found."""

    def __init__(self, grid: Grid) -> None:
        """Args: grid: the world that rewards are about."""
        super().__init__()
        self.grid, self._transitions = grid, grid.transitions()

    @abstractmethod
    def adapt(self, support: Sequence[GridDemo]) -> AdaptedReward:
        """The reward that one or more demonstrated paths show.

        Raises:
            GridPathError: there is no demonstration, one leaves the grid, or two of them contradict each other.
            SupportMismatch: a path is longer than the horizon, or a picture has another size than in training.
            InvalidProblem: the network gives a cell an infinite reward or NaN.
        """

    def irl_loss(self, reward: Tensor, scenes: Scenes) -> Tensor:
        """MaxEnt IRL loss of each task in nats a path, the weighted mean of its scenes, shape (task,).

        Planning is done in float64, whatever the network has: values are sums over a whole path.

        Args: reward: shape (task, scene, row, col).
        """
        flat, start, visitation = (
            value.flatten(2).flatten(0, 1).double() for value in (reward, scenes.start, scenes.visitation)
        )
        loss = irl_loss(flat, start, visitation, self._transitions, self.grid.horizon)
        return (loss.view_as(scenes.weight) * scenes.weight).sum(1)

    def support_scenes(self, support: Sequence[GridDemo]) -> Scenes:
        """Demonstrations as tensors. Raises: as `adapt`."""
        for demo in support:
            check_picture(demo.picture, self.grid)
        return scenes_of(support, self.grid.rows, self.grid.cols, self.grid.horizon)
