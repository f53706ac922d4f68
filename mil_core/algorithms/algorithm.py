"""The interface of every meta-learning algorithm: a meta-loss to train with, `adapt` to deploy with."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from data_tools.demo import Demo, Observation, Video
from mil_core.behavior_cloning import CloningConfig
from mil_core.inner_loop import InnerConfig
from mil_core.learned_loss import LearnedLossConfig

Support = Video | Demo


@dataclass(frozen=True)
class LearningConfig:
    """How an algorithm adapts and what its outer loss weighs."""

    inner: InnerConfig
    """The inner loop."""
    cloning: CloningConfig
    """The behaviour cloning loss: outer loss of all, inner loss of MIL."""
    learned: LearnedLossConfig | None = None
    """The learned adaptation objective; None where the inner loss is not learned."""
    num_inner_frames: int = 8
    """Frames of the support that the inner loss looks at, spread evenly at deployment; the thesis has all 40."""
    num_outer_frames: int = 8
    """Steps of each query that the outer loss looks at; the thesis has all 40."""
    num_queries: int = 1
    """Demonstrations in one outer loss; the thesis has 1."""
    augment: bool = False
    """Whether training varies light and, in films, the framing (mil_core.augmentation)."""


class MetaLoss(NamedTuple):
    """The outer loss of one task and what a learning curve should show of it."""

    total: Tensor
    """Scalar to be minimised over meta-parameters."""
    report: dict[str, float]
    """Named numbers for logs: every term, and the relative size of the inner update."""


class Adapted(Protocol):
    """A policy ready to act. Nodes and rollouts know only this."""

    parameters: dict[str, Tensor]
    """All parameters of the policy, adapted ones included."""
    loss_before: float
    """Inner loss on the support before adaptation; NaN for the unadapted policy."""
    loss_after: float
    """Inner loss on the support after adaptation; NaN for the unadapted policy."""
    uncertainty: float
    """How differently two halves of the support would change the policy, from 0 (alike) over 1 (unrelated) to 2
    (opposite), see mil_core.uncertainty; NaN for the unadapted policy."""

    def reset(self) -> None:
        """Forget the episode so far; to be called before the first observation of each episode."""
        ...

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """Action for this observation, shape (A,), in the units of the demonstrations."""
        ...


class MetaLearner(nn.Module, ABC):
    """Meta-parameters with a loss to learn them by: all that the training loop knows."""

    @abstractmethod
    def meta_loss(self, task: Any) -> MetaLoss:
        """Outer loss of one task after the inner loop, with its graph."""

    def finish(self, validation: Any) -> dict[str, float]:
        """Fit what is fitted to tasks that the outer loop never meets; called before every save. By default nothing.

        Args: validation: the sampler of these tasks.
        Returns: numbers about these tasks that travel with the checkpoint, by name.
        """
        del validation
        return {}


class AbstractAlgorithm(MetaLearner):
    """A meta-learner whose adapted policies act."""

    @abstractmethod
    def adapt(self, *supports: Support) -> Adapted:
        """Adapt to one or more demonstrations or films of one task; runs once, never per control step.

        Raises:
            SupportMismatch: there is no support, or one is not of the kind that this algorithm adapts from.
            NonFiniteLoss: the inner loss is NaN or infinite.
        """

    @abstractmethod
    def unadapted(self) -> Adapted:
        """The policy before any adaptation, as the baseline."""
