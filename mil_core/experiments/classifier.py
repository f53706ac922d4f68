"""Experiments that learn goal classifiers: from five pictures of success, whether another picture shows success."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from mil_core.experiments.goal import GoalExperiment
from mil_core.goal_net import GoalNet, GoalNetConfig


@dataclass(frozen=True)
class ClassifierDataConfig:
    """The meta-training set, which is regenerated from its seed."""

    source: str = "arrange"
    """Where the pictures come from, a key of mil_core.commands.goal_sources.GOAL_SOURCES."""
    num_groups: int = 60
    """Groups of things. Four blocks give 27 tasks, where the thesis has 92 in all; three containers and an item 3."""
    num_validation_groups: int = 10
    """Groups of the validation split, whose things and rooms training never meets."""
    groups_per_draw: int = 2
    """Groups of one outer step."""
    tasks_per_group: int = 6
    """Tasks of each of them."""
    queries_per_task: int = 3
    """Positives of each task in the outer loss; each is a negative, or a positive, of all other tasks of its group."""
    near_misses_per_task: int = 2
    """Pictures of each task that show its things in no relation: what a planner would find were they never shown."""
    favoured: tuple[str, ...] = ()
    """Relations that training draws more often than others, see mil_core.goal_tasks.FAVOUR: those that are learned
    more slowly."""
    seed: int = 0
    """Seed of the groups."""
    mined_by: str = ""
    """Checkpoint of a classifier of the same source whose mistakes in planning are added, see
    mil_core.commands.mined_groups; none when empty."""


@dataclass(frozen=True)
class ClassifierExperiment(GoalExperiment):
    """A learner of goal classifiers and the pictures it learns from."""

    kind: ClassVar[str] = "classifier"

    network: GoalNetConfig = GoalNetConfig()
    """FLO's network."""
    data: ClassifierDataConfig = ClassifierDataConfig()
    """The meta-training set."""

    def goal_network(self) -> GoalNet:
        """See GoalExperiment."""
        return GoalNet(self.network)

    def quick(self) -> Self:
        """See Experiment."""
        training = replace(self.training, iterations=3, start_from=None)
        sizes = {"num_groups": 1, "num_validation_groups": 1, "groups_per_draw": 1, "tasks_per_group": 3}
        data = replace(self.data, **sizes, mined_by="")
        return replace(self, training=training, data=data)

    def about(self) -> str:
        """See Experiment."""
        size = f"{self.network.image_width} x {self.network.image_height}"
        return f"judges pictures of {size} pixels after five pictures of success"

    def about_data(self) -> str:
        """See Experiment."""
        return (
            f"{self.data.num_groups} groups of things of task `{self.data.source}`, seed {self.data.seed}; things, "
            "colours and rooms of the test split never occur in it"
            + (f"; with pictures that fooled `{self.data.mined_by}`" if self.data.mined_by else "")
        )
