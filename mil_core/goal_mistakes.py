"""What fooled a goal classifier while it was planned with: pictures that it believed in, and that show no success.

Negative mining, which thesis 8.2.6.2 proposes against classifiers that are exploited. Knows no simulator.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mil_core.goal_pursuit import Pictures, Pursuable

NUM_KEPT = 20
"""Likeliest pictures kept of each round of a search: they decide where it goes on, and where it ends."""


class Believed(NamedTuple):
    """Predicted pictures that looked best to a search."""

    pictures: Pictures
    """Shape (N, height, width, 3)."""
    places_m: NDArray[np.float64]
    """Where the things would be, (N, M, 3)."""
    margins: NDArray[np.float64]
    """Logits above the threshold's, (N,)."""


class WatchedGoal:
    """A pursued goal (mil_core.goal_pursuit.Pursuable) that remembers what looked best."""

    def __init__(self, goal: Pursuable) -> None:
        self.calibration, self.look = goal.calibration, goal.look
        self._goal = goal
        self._kept: list[Believed] = []

    def margins(self, pictures: Pictures, places_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """See Pursuable."""
        found = self._goal.margins(pictures, places_m)
        best = np.argsort(-found, kind="stable")[:NUM_KEPT]
        self._kept.append(Believed(pictures[best], places_m[best], found[best]))
        return found

    def best(self) -> Believed | None:
        """Everything that is remembered; None where nothing was searched for."""
        if not self._kept:
            return None
        return Believed(*(np.concatenate(parts) for parts in zip(*self._kept, strict=True)))


def mistakes(
    best: Believed, holds: Callable[[NDArray[np.float64]], bool], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Numbers of so many pictures: such that fooled the classifier, at random, and where there are too few of them
    others that looked good.

    Args: best: to choose from, at least `count`. holds: whether the goal is reached where things are so, (M, 3).
    """
    fooled = (best.margins > 0) & ~np.array([holds(places_m) for places_m in best.places_m])
    order = rng.permutation(len(fooled))
    return order[np.argsort(~fooled[order], kind="stable")][:count]
