"""Goals and starts in Meta-World: which goals belong to which split, and where the object stands at first.

A box of goals is cut into cells of 25 mm; each cell belongs to one split and goals keep 5 mm from its sides, so that
goals of different splits are never nearer than 10 mm. Refuses to know the simulator.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split

CELL_M = 0.025
GOAL_APART_M = 0.010
"""Least distance between goals of different splits."""
OBJECT_LOW_M, OBJECT_HIGH_M = np.array([-0.1, 0.6, 0.02]), np.array([0.1, 0.7, 0.02])
"""Where the suite lets its object start, in reach, push and pick-place alike."""
OBJECT_TO_GOAL_M = 0.15
"""Least distance from the object's start to the goal in the table's plane; the suite draws again below it."""
_DIGITS = 4


@dataclass(frozen=True)
class GoalBox:
    """Where the goals of one task of the suite lie."""

    low_m: tuple[float, float, float]
    """Lowest coordinates."""
    high_m: tuple[float, float, float]
    """Highest coordinates."""

    @property
    def num_cells(self) -> NDArray[np.int64]:
        """Cells along each axis, shape (3,), at least 1."""
        sides_m = np.subtract(self.high_m, self.low_m)
        return np.maximum(1, np.round(sides_m / CELL_M)).astype(np.int64)

    def sample(self, rng: np.random.Generator, split: Split) -> NDArray[np.float64]:
        """A goal of a split, uniform over its cells, in whole tenths of a millimetre, shape (3,)."""
        cells = np.argwhere(np.ones(self.num_cells))
        own = cells[[split_of_cell(cell) == split for cell in cells]]
        cell = own[rng.integers(len(own))]
        side_m = np.subtract(self.high_m, self.low_m) / self.num_cells
        margin_m = np.where(self.num_cells > 1, GOAL_APART_M / 2, 0.0)
        low_m = np.array(self.low_m) + cell * side_m
        return np.round(rng.uniform(low_m + margin_m, low_m + side_m - margin_m), _DIGITS)


def split_of_cell(cell: NDArray[np.int64]) -> Split:
    """Of every five cells in a row along any axis one is for tests, one validates and three train."""
    place = int(cell @ (1, 2, 3)) % 5
    return "test" if place == 4 else "validation" if place == 3 else "train"


def sample_object(rng: np.random.Generator, goal_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the object starts, shape (3,): uniform over the suite's box, and clear of the goal as the suite wants."""
    while True:
        object_m = rng.uniform(OBJECT_LOW_M, OBJECT_HIGH_M)
        if np.linalg.norm(object_m[:2] - goal_m[:2]) >= OBJECT_TO_GOAL_M:
            return object_m
