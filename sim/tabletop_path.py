"""Ways over the table's grid: the shortest clear one, and how the robot's tool is carried along any of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data_tools.grid import eight_connected
from sim.env import Environment
from sim.errors import ExpertFailed
from sim.path_follower import PathFollower
from sim.tasks.tabletop import CARRY_HEIGHT_M, GRID
from sim.tasks.task import TOOL_SITE

MAX_SPEED_M_S = 0.16


def start_cell(is_forbidden: NDArray[np.bool_], tool_xy_m: NDArray[np.floating]) -> tuple[int, int]:
    """The clear cell nearest to the tool, where it comes down to the table."""
    distances_m = np.where(is_forbidden, np.inf, GRID.distances_m(tool_xy_m))
    row, column = np.unravel_index(int(distances_m.argmin()), distances_m.shape)
    return int(row), int(column)


def shortest_path(is_forbidden: NDArray[np.bool_], start: tuple[int, int], goal: tuple[int, int]) -> NDArray[np.int64]:
    """Cells of the way with the least length in metres that avoids the forbidden ones, shape (T, 2).

    Raises: ExpertFailed: there is none.
    """
    rows, cols = is_forbidden.shape
    leads_to = eight_connected(rows, cols)
    state = np.repeat(np.arange(rows * cols), leads_to.shape[1])
    there = leads_to.ravel()
    is_open = (state != there) & ~is_forbidden.ravel()[state] & ~is_forbidden.ravel()[there]
    state, there = state[is_open], there[is_open]
    length = np.hypot(state // cols - there // cols, state % cols - there % cols)
    graph = csr_array((length, (state, there)), (rows * cols, rows * cols))
    first, last = start[0] * cols + start[1], goal[0] * cols + goal[1]
    _, before = dijkstra(graph, indices=first, return_predecessors=True)
    path = [last]
    while path[-1] != first:
        if before[path[-1]] < 0:
            raise ExpertFailed(f"Expected a clear way from cell {start} to {goal}, found none; draw another layout.")
        path.append(int(before[path[-1]]))
    return np.stack(np.divmod(np.array(path[::-1]), cols), axis=1).astype(np.int64)


def follower(cells: NDArray[np.int64], tool_m: NDArray[np.floating]) -> PathFollower:
    """Follows a way over the grid: above its first cell at the height where the tool is, down, along, stop.

    Args: cells: rows and columns, shape (T, 2). tool_m: where the tool is, above the highest glass, shape (3,).
    """
    xy_m = GRID.to_xy_m(cells)
    waypoints_m = np.column_stack([xy_m, np.full(len(xy_m), CARRY_HEIGHT_M)])
    return PathFollower(np.vstack([tool_m, [*xy_m[0], tool_m[2]], waypoints_m]), MAX_SPEED_M_S)


def carrying_action(env: Environment, path: PathFollower) -> NDArray[np.float64]:
    """Action of a robot that is told velocities of its tool: along the path, gripper closed."""
    action = np.zeros(env.robot.action_size)
    action[:3] = path.velocity_m_s(env.data.site(TOOL_SITE).xpos)
    action[-1] = 1.0
    return action


def drive(env: Environment, cells: NDArray[np.int64]) -> bool:
    """Carry the tool along a way from where it is now until the task's horizon, and say whether the task is done.

    Args: env: reset before, and not stepped since. cells: rows and columns, shape (T, 2).
    Raises: PhysicsDiverged.
    """
    path = follower(cells, env.data.site(TOOL_SITE).xpos)
    for _ in range(env.task.horizon_steps):
        env.advance(carrying_action(env, path))
        env.success()  # watches the glasses at every step
    return env.success()
