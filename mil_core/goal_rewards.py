"""Rewards of pictures for reinforcement learning, of many episodes at once, by what a judge of goals makes of them.

Knows no simulator and no learner of policies.
"""

from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mil_core.adapted_goal import NUM_FRAMES
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.scaling import to_pictures

Shaping = Literal["threshold", "log_probability", "log_odds"]
"""What becomes of a classifier's probability p: the thesis's reward (p above the threshold in two consecutive frames,
else zero), the logarithm of p, or that of p / (1 - p)."""
LEAST_LOG = -10.0
"""Logarithms of probabilities below are cut: all of it is equally far away."""

Pictures = NDArray[np.uint8]


class BatchReward(Protocol):
    """Rewards of the newest pictures of some episodes that go on side by side."""

    def __call__(self, pictures: Pictures, is_last: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Args: pictures: (episode, height, width, 3). is_last: whether an episode ends with its picture, so that
        another one begins in its place. Returns: shape (episode,)."""
        ...


class DistanceReward:
    """Minus the distance to the nearest of the goal pictures."""

    def __init__(self, learner: GoalLearner, goals: Pictures) -> None:
        self._learner = learner
        self._score = learner.judge(seen(learner, goals))

    def __call__(self, pictures: Pictures, is_last: NDArray[np.bool_]) -> NDArray[np.float32]:
        """See BatchReward."""
        del is_last
        return self._score(seen(self._learner, pictures)).numpy().astype(np.float32)


class ClassifierReward:
    """What a classifier's probability is worth.

    Source: thesis 8.2.4.2 (`threshold`). Differs: `log_probability` and `log_odds`, which tell which of two failures
    is the lesser one.
    """

    def __init__(self, learner: GoalLearner, goals: Pictures, shaping: Shaping) -> None:
        self._learner, self._shaping = learner, shaping
        self._score = learner.judge(seen(learner, goals))
        self._above: NDArray[np.int64] | None = None

    def __call__(self, pictures: Pictures, is_last: NDArray[np.bool_]) -> NDArray[np.float32]:
        """See BatchReward."""
        calibration = self._learner.calibration
        scores = self._score(seen(self._learner, pictures)).double().numpy()
        if self._shaping == "threshold":
            return self._believed(calibration.probability(scores), calibration.threshold, is_last)
        logits = calibration.slope * scores + calibration.offset
        shaped = logits if self._shaping == "log_odds" else -np.logaddexp(0.0, -logits)
        return np.maximum(shaped, LEAST_LOG).astype(np.float32)

    def _believed(
        self, probability: NDArray[np.float64], threshold: float, is_last: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        before = np.zeros(len(probability), np.int64) if self._above is None else self._above
        above = np.where(probability > threshold, before + 1, 0)
        self._above = np.where(is_last, 0, above)
        return np.where(above >= NUM_FRAMES, probability, 0.0).astype(np.float32)


@torch.no_grad()
def seen(learner: GoalLearner, pictures: Pictures) -> torch.Tensor:
    """What a learner that sees pictures alone compares of them."""
    return learner.see(to_pictures(pictures), torch.empty(0))
