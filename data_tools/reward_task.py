"""Somebody's wish on a grid and how it shows: scenes with the true reward, who starts where, and demonstrated paths.

What reward learning is trained on and judged by. This file refuses to know what the pictures show and who drew them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import GridPathError
from data_tools.grid import GridDemo

START_TOLERANCE = 1e-4
"""How far the probabilities of starts may be from summing to one."""


@dataclass(frozen=True)
class RewardScene:
    """One arrangement, and what somebody who wants something would do there."""

    picture: NDArray[np.uint8]
    """Shape (height, width, 3), RGB; the grid covers it from edge to edge."""
    true_reward: NDArray[np.float32]
    """Of each cell at each step, shape (rows, cols)."""
    start_probability: NDArray[np.float32]
    """Where paths begin, shape (rows, cols), sums to 1."""
    visitation: NDArray[np.float32]
    """Expected visits of each cell under the soft-optimal policy of the true reward, shape (rows, cols); sums to the
    horizon."""
    goal: tuple[int, int]
    """Row and column of the cell where demonstrations end."""
    demos: tuple[GridDemo, ...]
    """Demonstrated paths over `picture`."""

    def __post_init__(self) -> None:
        shape = self.true_reward.shape
        for name in ("true_reward", "start_probability", "visitation"):
            value = getattr(self, name)
            if value.dtype != np.float32 or value.ndim != 2 or value.shape != shape or not np.isfinite(value).all():
                raise GridPathError(
                    f"RewardScene.{name}: expected finite float32 {shape}, found {value.dtype} {value.shape}."
                )
        if not (0 <= self.goal[0] < shape[0] and 0 <= self.goal[1] < shape[1]):
            raise GridPathError(
                f"RewardScene.goal: expected a cell of a {shape} grid, found {self.goal}; name another."
            )
        start = self.start_probability
        if (start < 0).any() or abs(float(start.sum(dtype=np.float64)) - 1.0) > START_TOLERANCE:
            raise GridPathError(
                f"RewardScene.start_probability: expected probabilities >= 0 of step 0 that sum to 1, found the sum "
                f"{float(start.sum()):.6g}, the least in cell {np.argwhere(start == start.min())[0].tolist()} with "
                f"{float(start.min()):.6g}; normalise them."
            )


@dataclass(frozen=True)
class RewardTask:
    """One wish in several scenes."""

    task_id: str
    """Equal ids mean equal wishes."""
    horizon: int
    """Cells on a path, the start and all waiting at the goal included."""
    scenes: tuple[RewardScene, ...]
    """The first one to adapt in, the others with the same things elsewhere."""

    def __post_init__(self) -> None:
        if self.horizon < 1 or not self.scenes:
            raise GridPathError(
                f"RewardTask {self.task_id}: expected a horizon of at least 1 step and at least one scene, found "
                f"{self.horizon} and {len(self.scenes)}; choose a longer horizon."
            )
