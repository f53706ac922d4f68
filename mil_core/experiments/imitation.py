"""Experiments that learn to imitate: a policy adapts from one demonstration or film and acts in a simulated task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from mil_core.algorithms.algorithm import AbstractAlgorithm, LearningConfig
from mil_core.algorithms.daml import Daml
from mil_core.algorithms.mil import Mil
from mil_core.baselines.attention import Attention
from mil_core.baselines.contextual import Contextual
from mil_core.baselines.lstm import Lstm
from mil_core.baselines.lstm_attention import LstmAttention
from mil_core.baselines.shown_policy import ShownConfig
from mil_core.errors import SupportMismatch
from mil_core.experiments.experiment import Experiment
from mil_core.policies.policy import Policy, PolicyConfig
from mil_core.sampling import SupportKind
from mil_core.scaling import Scaling


@dataclass(frozen=True)
class DataConfig:
    """The meta-training set, which is regenerated from its seed."""

    num_tasks: int
    """Meta-training tasks."""
    num_validation_tasks: int
    """Tasks of the validation split, whose identities training never meets."""
    demos_per_task: int
    """Robot demonstrations of each task."""
    films_per_task: int = 0
    """Films of a human doing each task, at least."""
    seed: int = 0
    """Seed of the collection."""
    label: str = ""
    """Beginning of the names of its files, the experiment's name when empty; experiments of one label share them."""
    held_out: str = "objects and colours"
    """What of the test split never occurs in it, for the card."""
    used_tasks: int | None = None
    """How many of the meta-training tasks are used, the first ones; all when None."""
    own_file: str | None = None
    """Demo file of the user's own that was used instead, its name; None = simulated tasks, as all the above says."""


@dataclass(frozen=True)
class ImitationExperiment(Experiment):
    """A policy, what it adapts from, and the task in which it must succeed."""

    kind: ClassVar[str] = "imitation"

    task: str
    """Name in sim.tasks.TASKS."""
    robot: str
    """Name in sim.robots.ROBOTS."""
    support: SupportKind
    """What is adapted from: another robot demo, or a film."""
    policy: PolicyConfig
    """The network."""
    learning: LearningConfig
    """The inner loop and the losses."""
    data: DataConfig
    """The meta-training set."""
    shown: ShownConfig = ShownConfig()
    """What the baselines are shown of the demonstration; of no meaning to others."""

    @property
    def data_label(self) -> str:
        """See Experiment."""
        return self.data.label or self.name

    @property
    def results_label(self) -> str:
        """See Experiment: a variant is called after its method, and stands in the table of the whole."""
        return self.name.removesuffix(f"_{self.method.removeprefix('mil_')}")

    def check_replaces(self, other: "ImitationExperiment") -> None:
        """Whether a policy of this experiment can act in another one's place after the same demonstration or film.

        Raises: SupportMismatch: it acts elsewhere, sees other pictures, or adapts to something else.
        """
        mine, theirs = (
            {
                "task": e.task,
                "robot": e.robot,
                "picture size": (e.policy.image_height, e.policy.image_width),
                "support": e.support == "film",
            }
            for e in (self, other)
        )
        differ = next((name for name in mine if mine[name] != theirs[name]), None)
        if differ is not None:
            raise SupportMismatch(
                f"a second checkpoint: expected the {differ} of {other.name}, found that of {self.name}; name one that "
                "acts in the same task after the same demonstration."
            )

    def build(self, statistics: Scaling) -> AbstractAlgorithm:
        """See Experiment."""
        return _BUILDERS[self.algorithm](self, statistics)

    def statistics_of(self, plain: dict[str, Any]) -> Scaling:
        """See Experiment."""
        return Scaling.from_dict(plain)

    def quick(self) -> Self:
        """See Experiment."""
        training = replace(self.training, iterations=3, meta_batch=2, start_from=None)
        return replace(self, training=training, data=replace(self.data, num_tasks=2, num_validation_tasks=1))

    def about(self) -> str:
        """See Experiment."""
        return f"adapts from a {self.support}; task `{self.task}`, robot `{self.robot}`"

    def about_data(self) -> str:
        """See Experiment."""
        if self.data.own_file:
            return (
                f"the demonstrations in `{self.data.own_file}`; nobody looked whether {self.data.held_out} of the test "
                "split occur in it"
            )
        used = f"the first {self.data.used_tasks} of " if self.data.used_tasks else ""
        return (
            f"{used}{self.data.num_tasks} simulated training tasks x {self.data.demos_per_task} demos, seed "
            f"{self.data.seed}; {self.data.held_out} of the test split never occur in it"
        )


_BUILDERS: dict[str, Callable[[ImitationExperiment, Scaling], AbstractAlgorithm]] = {
    "mil": lambda e, scaling: Mil(Policy(e.policy), scaling, e.learning),
    "daml": lambda e, scaling: Daml(Policy(e.policy), scaling, e.learning),
    "contextual": lambda e, scaling: Contextual(Policy(e.policy), scaling, e.learning, e.shown),
    "lstm": lambda e, scaling: Lstm(Policy(e.policy), scaling, e.learning, e.shown),
    "lstm_attention": lambda e, scaling: LstmAttention(Policy(e.policy), scaling, e.learning, e.shown),
    "attention": lambda e, scaling: Attention(Policy(e.policy), scaling, e.learning, e.shown),
}
