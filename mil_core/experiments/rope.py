"""Experiments that learn to tell shapes of a rope: from five pictures of a shape, whether another picture shows it."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from mil_core.algorithms.flo import FloConfig
from mil_core.experiments.goal import GoalExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.rope_net import RopeNet, RopeNetConfig


@dataclass(frozen=True)
class RopeDataConfig:
    """The meta-training set, which is regenerated from its seed."""

    num_tasks: int = 240
    """Goal shapes (thesis 8.2.6.2)."""
    num_validation_tasks: int = 30
    """Goal shapes of the validation split."""
    tasks_per_draw: int = 10
    """Tasks of one outer step; each other's goals are negatives."""
    queries_per_task: int = 3
    """Positives of each task in the outer loss, beside its goal pictures."""
    small_per_task: int = 4
    """Small moves of each task in the outer loss."""
    misses_per_task: int = 0
    """Pictures of each task of what whoever pursues the goal comes by; they count among the small moves. Ours."""
    seed: int = 0
    """Seed of the tasks."""


@dataclass(frozen=True)
class RopeExperiment(GoalExperiment):
    """A learner of goal classifiers for shapes, and the pictures it learns from."""

    kind: ClassVar[str] = "rope"

    network: RopeNetConfig = RopeNetConfig()
    """FLO's network."""
    flo: FloConfig = FloConfig(InnerConfig(num_steps=3, step_size=1.0, clip=None), test_steps=3)
    """How FLO adapts; of no meaning to the baselines."""
    data: RopeDataConfig = RopeDataConfig()
    """The meta-training set."""

    def goal_network(self) -> RopeNet:
        """See GoalExperiment."""
        return RopeNet(self.network)

    def quick(self) -> Self:
        """See Experiment."""
        data = replace(self.data, num_tasks=3, num_validation_tasks=2, tasks_per_draw=2)
        return replace(self, training=replace(self.training, iterations=3), data=data)

    def about(self) -> str:
        """See Experiment."""
        size = f"{self.network.image_width} x {self.network.image_height}"
        return f"judges pictures of {size} pixels after five pictures of a rope's shape"

    def about_data(self) -> str:
        """See Experiment."""
        return f"{self.data.num_tasks} shapes of a rope, seed {self.data.seed}; the test split has other shapes"
