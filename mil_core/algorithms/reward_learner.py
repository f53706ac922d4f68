"""The interface of every way to learn rewards: a meta-loss to train with, `adapt` to deploy with."""

from abc import abstractmethod
from collections.abc import Sequence

from torch import Tensor

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward, Grid, check_picture
from mil_core.algorithms.algorithm import MetaLearner
from mil_core.maxent import irl_loss
from mil_core.reward_scenes import Scenes, joined, scenes_of


class RewardLearner(MetaLearner):
    """Meta-parameters from which the reward behind a few demonstrated paths is found."""

    def __init__(self, grid: Grid) -> None:
        """Args: grid: the world that rewards are about."""
        super().__init__()
        self.grid, self._transitions = grid, grid.transitions()

    def adapt(self, support: Sequence[GridDemo]) -> AdaptedReward:
        """The reward that one or more demonstrated paths show. Raises: as `adapt_all`."""
        return self.adapt_all([support])[0]

    @abstractmethod
    def adapt_all(self, supports: Sequence[Sequence[GridDemo]]) -> list[AdaptedReward]:
        """The rewards behind the demonstrations of several tasks, found side by side: many times faster than in turn.

        Args: supports: of each task equally many paths over equally many pictures.

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

    def support_scenes(self, supports: Sequence[Sequence[GridDemo]]) -> Scenes:
        """Demonstrations of several tasks as tensors. Raises: as `adapt_all`."""
        for demo in (demo for support in supports for demo in support):
            check_picture(demo.picture, self.grid)
        rows, cols, horizon = self.grid.rows, self.grid.cols, self.grid.horizon
        return joined([scenes_of(support, rows, cols, horizon) for support in supports])
