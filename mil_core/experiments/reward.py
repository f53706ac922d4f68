"""Experiments that learn rewards: from demonstrated paths over a picture, what each cell of the picture is worth."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

from mil_core.adapted_reward import Grid
from mil_core.algorithms.mandril import Mandril, MandrilConfig
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.baselines.conditional import Conditional, ConditionalConfig
from mil_core.baselines.fine_tuned import FineTuned, FineTuningConfig
from mil_core.baselines.recurrent import Recurrent, RecurrentConfig
from mil_core.experiments.experiment import Experiment
from mil_core.reward_net import RewardNet, RewardNetConfig

World = Literal["spriteworld", "tabletop"]
"""Where wishes are shown: on drawn maps, or on a simulated table seen from above."""


@dataclass(frozen=True)
class RewardDataConfig:
    """The meta-training set, which is regenerated from its seed."""

    num_tasks: int = 1000
    """Meta-training tasks; the thesis has 1,000."""
    num_validation_tasks: int = 48
    """Tasks of the validation split: sprites that training knows, in threes that it does not."""
    tasks_per_draw: int = 16
    """Tasks that are solved at once: one draw of the training loop."""
    most_demos: int = 20
    """Each draw shows between one and so many demonstrations of each task."""
    inverts: bool = True
    """Whether training may invert channels of its pictures: not where shading tells what a thing is."""
    seed: int = 0
    """Seed of the tasks."""


class NoStatistics:
    """Pictures and rewards are used as they are."""

    def to_dict(self) -> dict[str, Any]:
        """See Statistics."""
        return {}


@dataclass(frozen=True)
class RewardExperiment(Experiment):
    """A learner of rewards and the world in which it learns."""

    kind: ClassVar[str] = "reward"

    world: World = "spriteworld"
    """What the pictures show; experiments that were saved before there were several learned in SpriteWorld."""
    network: RewardNetConfig = RewardNetConfig()
    """The reward network, of the baselines too."""
    grid: Grid = Grid(horizon=40)
    """Cells and steps; paths have 40 cells in both worlds."""
    mandril: MandrilConfig = MandrilConfig(test_steps=20)
    """How MandRIL adapts; of no meaning to the others."""
    data: RewardDataConfig = RewardDataConfig()
    """The meta-training set."""

    @property
    def results_label(self) -> str:
        """See Experiment: rivals stand in MandRIL's table."""
        return self.name.removesuffix(f"_{self.algorithm}")

    def build(self, statistics: NoStatistics) -> RewardLearner:
        """See Experiment."""
        del statistics
        return _BUILDERS[self.algorithm](self)

    def statistics_of(self, plain: dict[str, Any]) -> NoStatistics:
        """See Experiment."""
        del plain
        return NoStatistics()

    def quick(self) -> Self:
        """See Experiment."""
        training = replace(self.training, iterations=3)
        return replace(self, training=training, data=replace(self.data, num_tasks=4, num_validation_tasks=2,
                                                             tasks_per_draw=2))  # fmt: skip

    def about(self) -> str:
        """See Experiment."""
        return f"finds rewards on a grid of {self.grid.rows} x {self.grid.cols} cells from demonstrated paths"

    def about_data(self) -> str:
        """See Experiment."""
        return f"{self.data.num_tasks} {_ABOUT_DATA[self.world].format(seed=self.data.seed)}"


_ABOUT_DATA: dict[World, str] = {
    "spriteworld": "SpriteWorld tasks, seed {seed}; the sprites of the third panel never occur in it, nor do the "
    "threes of sprites of the test tasks",
    "tabletop": "tabletop tasks, seed {seed}; the colours, textures and things of the test split never occur in it",
}
_BUILDERS: dict[str, Callable[[RewardExperiment], RewardLearner]] = {
    "mandril": lambda e: Mandril(RewardNet(e.network), e.grid, e.mandril),
    "fine_tuned": lambda e: FineTuned(RewardNet(e.network), e.grid, FineTuningConfig()),
    "conditional": lambda e: Conditional(e.grid, ConditionalConfig(e.network.filters)),
    "recurrent": lambda e: Recurrent(e.grid, RecurrentConfig(e.network.filters)),
}
