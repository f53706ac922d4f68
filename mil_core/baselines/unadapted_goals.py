"""What adapting is worth: distances to the nearest goal picture in what FLO is given by hand, and in what it
has learned.

Beside distances of whole pictures, FLO is ahead by its view alone. These share that view, and do not adapt.
"""

from collections.abc import Callable

from torch import Tensor

from mil_core.algorithms.flo import Flo
from mil_core.baselines.goal_distances import DistanceLearner


class ViewDistance(DistanceLearner):
    """Distance in the view that FLO is given: of a window around the rope, or of the points of colours."""

    def __init__(self, flo: Flo) -> None:
        """Args: flo: whose view it is; none of what it has learned is used."""
        super().__init__(flo.novelty, *flo.shape[:2])
        self._network = flo.network

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return self._network.given(pictures)


class FeatureDistance(DistanceLearner):
    """Distance in what FLO's trained network makes of pictures before its inner loop."""

    def __init__(self, flo: Flo) -> None:
        """Args: flo: trained."""
        super().__init__(flo.novelty, *flo.shape[:2])
        self._network = flo.network.requires_grad_(False)

    def see(self, pictures: Tensor, apart_m: Tensor) -> Tensor:
        """See GoalLearner."""
        del apart_m
        return self._network.see(pictures)

    def judge(self, goals: Tensor) -> Callable[[Tensor], Tensor]:
        """See GoalLearner."""
        pairs = self._network.pairs(goals[None])

        def features(seen: Tensor) -> Tensor:
            return self._network.relations(seen[None], pairs)[0].flatten(1)

        distance = super().judge(features(goals))
        return lambda seen: distance(features(seen))
