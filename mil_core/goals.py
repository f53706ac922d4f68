"""Makes sure that wishes can come true: tasks whose goals nobody can reach teach and measure nothing."""

from collections.abc import Sequence

import torch

from data_tools.grid import eight_connected
from data_tools.reward_task import RewardTask
from mil_core.errors import InvalidProblem
from mil_core.transitions import Transitions


def check_goals(tasks: Sequence[RewardTask]) -> None:
    """Make sure that every goal can be reached in time from wherever paths to it may begin.

    Raises: InvalidProblem: names the first task and scene whose goal cannot be, the state and the step.
    """
    worlds: dict[tuple[int, ...], Transitions] = {}
    for task in tasks:
        for number, scene in enumerate(task.scenes):
            rows, cols = scene.true_reward.shape
            world = worlds.setdefault((rows, cols), Transitions.certain(eight_connected(rows, cols)))
            starts = torch.from_numpy(scene.start_probability).flatten().nonzero()[:, 0]
            try:
                world.check_reachable(starts, scene.goal[0] * cols + scene.goal[1], task.horizon)
            except InvalidProblem as error:
                raise InvalidProblem(f"task {task.task_id}, scene {number}: {error}") from error
