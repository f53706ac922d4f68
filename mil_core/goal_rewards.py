"""Rewards for reinforcement learning, of many episodes at once: by how much each step brought them nearer to a goal.

Knows no simulator and no learner of policies.
"""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mil_core.adapted_goal import NUM_FRAMES
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.scaling import to_pictures

Shaping = Literal["threshold", "log_odds", "compressed_log_odds"]
"""What becomes of a classifier's probability p: the thesis's reward (p above the threshold in two consecutive frames,
else zero), or what each step adds to l = log(p / (1 - p)), or to asinh(l / LINEAR_LOGIT)."""
LINEAR_LOGIT = 3.0
"""Up to about here compressed log odds are a straight line (a probability of 0.95), beyond they grow like a logarithm:
from which of two hopeless pictures is the less hopeless one, a classifier has hardly learned anything."""

Pictures = NDArray[np.uint8]
Observations = dict[str, NDArray[Any]]
"""What environments show, by name, with the environment as first axis; pictures are called "image"."""
Worth = Callable[[Observations], NDArray[np.float64]]
"""How near each environment is to a goal, shape (environment,); the nearer, the greater."""


class BatchReward(Protocol):
    """Rewards of the steps of some episodes that go on side by side."""

    def begin(self, observations: Observations, begins: NDArray[np.bool_]) -> None:
        """Episodes begin. Args: observations: of all environments. begins: in which of them one does."""
        ...

    def __call__(self, observations: Observations) -> NDArray[np.float32]:
        """Rewards of one step in all environments, shape (environment,). Args: observations: after it."""
        ...


class Gain:
    """By how much each step made the worth grow.

    Source: potential-based shaping (Ng et al. 1999) of a reward that counts at the end alone: the gains of an episode
    add up to what was gained in all, and each step is told its own share.
    """

    def __init__(self, worth: Worth) -> None:
        self._worth = worth
        self._before = np.empty(0)

    def begin(self, observations: Observations, begins: NDArray[np.bool_]) -> None:
        """See BatchReward."""
        now = self._worth(observations)
        self._before = np.where(begins, now, self._before) if len(self._before) else now

    def __call__(self, observations: Observations) -> NDArray[np.float32]:
        """See BatchReward."""
        before, self._before = self._before, self._worth(observations)
        return (self._before - before).astype(np.float32)


class Believed:
    """The probability, where it is above the threshold for the second time in a row; else zero.

    Source: thesis 8.2.4.2.
    """

    def __init__(self, learner: GoalLearner, goals: Pictures) -> None:
        self._calibration, self._score = learner.calibration, nearness(learner, goals)
        self._above = np.empty(0, np.int64)

    def begin(self, observations: Observations, begins: NDArray[np.bool_]) -> None:
        """See BatchReward."""
        self._above = np.where(begins, 0, self._above) if len(self._above) else np.zeros(len(begins), np.int64)

    def __call__(self, observations: Observations) -> NDArray[np.float32]:
        """See BatchReward."""
        probability = self._calibration.probability(self._score(observations))
        self._above = np.where(probability > self._calibration.threshold, self._above + 1, 0)
        return np.where(self._above >= NUM_FRAMES, probability, 0.0).astype(np.float32)


def nearness(learner: GoalLearner, goals: Pictures) -> Worth:
    """A judge's own score: minus the distance to the nearest of the goal pictures, or a classifier's logit."""
    score = learner.judge(seen(learner, goals))
    return lambda observations: score(seen(learner, observations["image"])).double().numpy()


def log_odds(learner: GoalLearner, goals: Pictures, *, is_compressed: bool) -> Worth:
    """The logarithm of a classifier's odds, which tells which of two failures is the lesser one."""
    score, calibration = nearness(learner, goals), learner.calibration

    def worth(observations: Observations) -> NDArray[np.float64]:
        logits = calibration.slope * score(observations) + calibration.offset
        return np.arcsinh(logits / LINEAR_LOGIT) if is_compressed else logits

    return worth


def classifier_reward(learner: GoalLearner, goals: Pictures, shaping: Shaping) -> BatchReward:
    """What a classifier that knows five goal pictures makes of steps."""
    if shaping == "threshold":
        return Believed(learner, goals)
    return Gain(log_odds(learner, goals, is_compressed=shaping == "compressed_log_odds"))


@torch.no_grad()
def seen(learner: GoalLearner, pictures: Pictures) -> torch.Tensor:
    """What a learner that sees pictures alone compares of them."""
    return learner.see(to_pictures(pictures), torch.empty(0))
