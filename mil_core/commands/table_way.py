"""From a reward over the table to the way that a robot's tool takes: where it comes down, and along which cells."""

import numpy as np
from numpy.typing import NDArray

from mil_core.planner import best_path
from sim.spriteworld.task import HORIZON
from sim.tabletop_path import entry_cells


def planned_way(reward: NDArray[np.floating], tool_xy_m: NDArray[np.floating]) -> NDArray[np.int64]:
    """The best way over the grid among those that begin where the tool may come down.

    On its way to another cell than the nearest the tool passes over nothing, which counts as passing over the table:
    as many steps at the median reward. So it comes down elsewhere where that is safer, but not to save steps.

    Args: reward: of each cell at each step, shape (rows, cols). tool_xy_m: where the tool hangs, base frame.
    Returns: rows and columns, shape (T, 2), T <= HORIZON.
    Raises: InvalidProblem: a reward is not finite.
    """
    entries = entry_cells(tool_xy_m)
    apart = np.abs(entries - entries[0]).max(axis=1).tolist()
    steps = [HORIZON - cells for cells in apart]
    ways = [best_path(reward, (cell[0], cell[1]), left) for cell, left in zip(entries.tolist(), steps, strict=True)]
    hovering = float(np.median(reward))
    worth = [hovering * (HORIZON - left) + _worth(reward, way, left) for way, left in zip(ways, steps, strict=True)]
    return ways[int(np.argmax(worth))]


def _worth(reward: NDArray[np.floating], way: NDArray[np.int64], steps: int) -> float:
    """Sum of rewards over so many steps, waiting at the end included."""
    along = reward[tuple(way.T)].astype(np.float64)
    return float(along.sum() + (steps - len(way)) * along[-1])
