"""What a classifier has to beat: distances to the nearest goal picture, of pixels and of the true state.

Source: thesis 8.2.6: the l2 distance, the minimum over the five examples. The probability of a distance is a logistic
function fitted to validation tasks, so that all methods are judged alike.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from mil_core.algorithms.algorithm import MetaLoss
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.goal_tasks import GoalMetaTask

_FAR_M = 10.0
"""Distance to a state in which one of the two things is absent."""


class DistanceLearner(GoalLearner):
    """Judges by the distance to the nearest goal; nothing adapts."""

    needs_offset = True

    def judge(self, goals: Tensor) -> Callable[[Tensor], Tensor]:
        """See GoalLearner."""
        return lambda seen: -torch.cdist(seen, goals, compute_mode="donot_use_mm_for_euclid_dist").min(dim=1).values

    def meta_loss(self, task: GoalMetaTask) -> MetaLoss:
        """There is nothing to learn."""
        return MetaLoss(task.weight.new_zeros((), requires_grad=True), {})


class PixelDistance(DistanceLearner):
    """Distance of whole pictures."""

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return pictures.flatten(1)


class OracleDistance(DistanceLearner):
    """Distance of how the two things of the task lie to each other, in metres: knows which things are meant."""

    sees_state = True

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del pictures
        return apart_m.nan_to_num(_FAR_M)
