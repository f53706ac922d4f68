"""How it looks when a task is done: the last pictures of the expert's episodes, to show as goals."""

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.collect import attempt, layout_rng
from sim.env import Environment
from sim.errors import ExpertFailed
from sim.robots.robot import AbstractRobot
from sim.tasks.task import AbstractTask

GOAL_LAYOUT = 300
"""Layout index of the first episode whose end is shown; demonstrations, films and trials use others."""
MAX_ATTEMPTS = 20


def success_pictures(
    task: AbstractTask, robot: AbstractRobot, seed: int, split: Split, index: int, count: int
) -> list[NDArray[np.uint8]]:
    """The last pictures of successful episodes of the expert, in scenes that no demonstration and no trial meets.

    Args: task: number `index` of the split. robot: one that its expert moves. Raises: ExpertFailed.
    """
    found: list[NDArray[np.uint8]] = []
    with Environment(task, robot) as env:
        for k in range(count + MAX_ATTEMPTS):
            result = attempt(env, layout_rng(seed, split, index, GOAL_LAYOUT + k))
            if result.success_at_end:
                found.append(env.render())
            if len(found) == count:
                return found
    raise ExpertFailed(f"Expected {count} successes in task {task.task_id!r}, found {len(found)}; try another seed.")
