"""MandRIL: meta reward and intention learning. Adapts the reward of a picture to demonstrated paths."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from data_tools.grid import GridDemo
from mil_core.adapted_reward import AdaptedReward, Grid
from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.errors import InvalidProblem, NonFiniteLoss
from mil_core.inner_loop import InnerConfig, Parameters, adapt
from mil_core.reward_net import RewardNet, rewards_by_task
from mil_core.reward_scenes import RewardMetaTask, Scenes


@dataclass(frozen=True)
class MandrilConfig:
    """How MandRIL adapts."""

    inner: InnerConfig = InnerConfig(num_steps=1, step_size=0.003, clip=None)
    """The inner loop in training; the thesis has 1 to 3 steps."""
    test_steps: int = 5
    """Steps at deployment; in the thesis up to 20 keep helping."""
    learn_step_sizes: bool = True
    """Whether each parameter's share of the step size is learned too. Ours; the thesis tunes one step size."""


class Mandril(RewardLearner):
    """Meta-learned initial parameters of a reward network, adapted by MaxEnt IRL.

    Source: thesis 8.1.2.1, Algorithm 12. Differs: the fast update takes the gradient at theta, where the printed
    Algorithm 12 has phi, which does not exist yet; optional learned step sizes.

    The inner loop moves `d` in theta + c * d from zero, for all tasks at once. With c = 1 that is the plain update;
    a learned c makes each parameter's step size alpha c^2, which is never negative.
    """

    def __init__(self, network: RewardNet, grid: Grid, config: MandrilConfig) -> None:
        """Args: network: what is learned. grid: the world that rewards are about. config: all other choices.

        Raises:
            InvalidProblem: `inner.rms_floor` is set; it would mix the tasks that are adapted together.
        """
        super().__init__(grid)
        if config.inner.rms_floor is not None:
            raise InvalidProblem(f"inner.rms_floor: expected None, found {config.inner.rms_floor}; learn step sizes.")
        self.network, self.config = network, config
        scales = {_key(name): nn.Parameter(torch.ones_like(value)) for name, value in network.named_parameters()}
        self.scales = nn.ParameterDict(scales if config.learn_step_sizes else {})

    def meta_loss(self, task: RewardMetaTask) -> MetaLoss:
        """IRL loss on the query scenes after the inner loop on the support, the mean over the tasks (Eq. 27)."""
        parameters, losses = self._adapted(task.support, self.config.inner, create_graph=True)
        after = self.irl_loss(rewards_by_task(self.network, parameters, task.query.pictures), task.query)
        num_tasks = len(after)
        report = {"inner": losses[0] / num_tasks, "outer": float(after.detach().mean())} if losses else {}
        return MetaLoss(after.mean(), report)

    def adapt_all(self, supports: Sequence[Sequence[GridDemo]]) -> list[AdaptedReward]:
        """See RewardLearner."""
        return self._within(supports, self.config.test_steps)

    def _within(self, supports: Sequence[Sequence[GridDemo]], num_steps: int) -> list[AdaptedReward]:
        """Adapted in so many steps; a support with which rewards run away to infinity takes half as many, and so on.

        Steps are larger than any that training saw the end of, so once in a hundred tasks they diverge.
        """
        try:
            return self._adapted_rewards(supports, num_steps)
        except (InvalidProblem, NonFiniteLoss):
            if len(supports) > 1:  # somebody among them
                middle = len(supports) // 2
                return self._within(supports[:middle], num_steps) + self._within(supports[middle:], num_steps)
            if num_steps < 2:
                raise
            return self._within(supports, num_steps // 2)

    def _adapted_rewards(self, supports: Sequence[Sequence[GridDemo]], num_steps: int) -> list[AdaptedReward]:
        scenes = self.support_scenes(supports)
        inner = dataclasses.replace(self.config.inner, num_steps=num_steps)
        adapted, _ = self._adapted(scenes, inner, create_graph=False)
        with torch.no_grad():
            still = {name: value.expand(len(supports), *value.shape) for name, value in self._initial.items()}
            before, after = (
                self.irl_loss(rewards_by_task(self.network, p, scenes.pictures), scenes) for p in (still, adapted)
            )
        return [
            self._reward(
                {name: value[task] for name, value in adapted.items()}, float(before[task]), float(after[task])
            )
            for task in range(len(supports))
        ]

    @property
    def _initial(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self.network.named_parameters()}

    def unadapted(self) -> AdaptedReward:
        """The reward before any adaptation, as the baseline."""
        return self._reward(dict(self.network.named_parameters()))

    def _reward(
        self, parameters: Parameters, before: float = float("nan"), after: float = float("nan")
    ) -> AdaptedReward:
        def function(values: Parameters, pictures: Tensor) -> Tensor:
            return functional_call(self.network, dict(values), (pictures,))

        return AdaptedReward(function, parameters, self.grid, loss_before=before, loss_after=after)

    def _adapted(
        self, scenes: Scenes, inner: InnerConfig, *, create_graph: bool
    ) -> tuple[dict[str, Tensor], tuple[float, ...]]:
        """Parameters of each task, with the task as first axis, and the summed inner loss before each step."""
        before = dict(self.network.named_parameters()) if create_graph else self._initial
        num_tasks = len(scenes.pictures)

        def parameters_at(moved: Parameters) -> dict[str, Tensor]:
            return {name: value + self._scale(name, create_graph) * moved[name] for name, value in before.items()}

        def inner_loss(moved: Parameters) -> Tensor:
            return self.irl_loss(rewards_by_task(self.network, parameters_at(moved), scenes.pictures), scenes).sum()

        still = {name: value.new_zeros(num_tasks, *value.shape).requires_grad_() for name, value in before.items()}
        result = adapt(inner_loss, still, frozenset(still), inner, create_graph=create_graph)
        return parameters_at(result.parameters), result.losses

    def _scale(self, name: str, create_graph: bool) -> Tensor | float:
        if not self.config.learn_step_sizes:
            return 1.0
        scale = self.scales[_key(name)]
        return scale if create_graph else scale.detach()


def _key(name: str) -> str:
    """A parameter's name as a ParameterDict accepts it."""
    return name.replace(".", "_")
