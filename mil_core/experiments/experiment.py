"""One experiment: everything that a table of results depends on, as plain data."""

from dataclasses import dataclass

from mil_core.algorithms import ALGORITHMS
from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig
from mil_core.policies.policy import Policy, PolicyConfig
from mil_core.sampling import SupportKind
from mil_core.scaling import Scaling
from mil_core.training import TrainingConfig


@dataclass(frozen=True)
class DataConfig:
    """The meta-training set, which is regenerated from its seed."""

    num_tasks: int
    """Meta-training tasks."""
    num_validation_tasks: int
    """Tasks of the validation split, whose identities training never meets."""
    demos_per_task: int
    """Robot demonstrations of each task."""
    seed: int = 0
    """Seed of the collection."""


@dataclass(frozen=True)
class Experiment:
    """What is learned, how, from what."""

    name: str
    """Name in EXPERIMENTS and of the results file."""
    task: str
    """Name in sim.tasks.TASKS."""
    robot: str
    """Name in sim.robots.ROBOTS."""
    algorithm: str
    """Name in ALGORITHMS."""
    method: str
    """Key of this method in results files."""
    support: SupportKind
    """What is adapted from: another robot demo, or a film."""
    policy: PolicyConfig
    """The network."""
    learning: LearningConfig
    """The inner loop and the losses."""
    training: TrainingConfig
    """The outer loop."""
    data: DataConfig
    """The meta-training set."""

    def build(self, scaling: Scaling) -> AbstractAlgorithm:
        """A fresh algorithm; its weights come from torch's generator as it stands."""
        return ALGORITHMS[self.algorithm](Policy(self.policy), scaling, self.learning)
