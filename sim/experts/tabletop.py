"""Carries the tool on the shortest way to the goal that keeps clear of the glasses."""

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.experts.expert import AbstractExpert
from sim.tabletop_path import carrying_action, follower, shortest_path, start_cell
from sim.tasks.tabletop import GRID, TabletopTask, places_m
from sim.tasks.task import TOOL_SITE


class TabletopExpert(AbstractExpert):
    """Over the nearest clear cell, down, along the way, stay."""

    robots = ("pr2",)

    def __init__(self) -> None:
        """Plan at the reset."""
        self.cells = np.zeros((0, 2), np.int64)
        """Rows and columns of the way, the start first; empty before the first reset."""

    def reset(self, env: Environment, rng: np.random.Generator) -> None:
        """Plan from where the tool hangs. Raises: ExpertFailed: no way keeps clear."""
        assert isinstance(env.task, TabletopTask)
        now_m = places_m(env.data)
        is_forbidden = env.task.is_forbidden(now_m)
        start = start_cell(is_forbidden, env.data.site(TOOL_SITE).xpos[:2])
        goal = tuple(GRID.to_cells(now_m[0]).tolist())
        self.cells = shortest_path(is_forbidden, start, goal)
        self._follower = follower(self.cells, env.data.site(TOOL_SITE).xpos)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """Tool velocity along the way, gripper closed."""
        return carrying_action(self._follower, env.data.site(TOOL_SITE).xpos, env.robot.action_size)
