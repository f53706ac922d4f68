"""Ways over the table's grid: the shortest clear one, and how the robot's tool is carried along any of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data_tools.demo import Demo
from data_tools.grid import GridDemo, eight_connected
from sim.env import Environment
from sim.errors import ExpertFailed, SimError
from sim.path_follower import PathFollower
from sim.tasks.tabletop import CARRY_HEIGHT_M, GRID
from sim.tasks.task import TOOL_SITE

MAX_SPEED_M_S = 0.16
ENTRY_CELLS = 8
"""How far from the border's nearest cell the tool may come down: a glass may stand beside that one."""
DOWN_M = 0.02
"""Above the carrying height; a tool lower than this is on its way over the table."""


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


def carrying_action(path: PathFollower, tool_m: NDArray[np.floating], action_size: int) -> NDArray[np.float64]:
    """Action of a robot that is told velocities of its tool: along the path, gripper closed.

    Args: tool_m: where the tool is, shape (3,). action_size: the robot's.
    """
    action = np.zeros(action_size)
    action[:3] = path.velocity_m_s(tool_m)
    action[-1] = 1.0
    return action


class Carried(NamedTuple):
    """What came of following a way."""

    success_once: bool
    """Done after any of the steps."""
    success_at_end: bool
    """Done after the last one."""
    tool_xy_m: NDArray[np.float64]
    """Where the tool was before the first step and after each, base frame, shape (steps + 1, 2)."""


def drive(env: Environment, cells: NDArray[np.int64]) -> Carried:
    """Carry the tool along a way from where it is now until the task's horizon.

    Args: env: reset before, and not stepped since. cells: rows and columns, shape (T, 2).
    Raises: PhysicsDiverged.
    """
    tool_m = env.data.site(TOOL_SITE).xpos
    path, trail_m, is_done = follower(cells, tool_m), [tool_m[:2].copy()], []
    for _ in range(env.task.horizon_steps):
        env.advance(carrying_action(path, tool_m, env.robot.action_size))
        is_done.append(env.success())  # watches the glasses at every step
        trail_m.append(tool_m[:2].copy())
    return Carried(any(is_done), is_done[-1], np.array(trail_m))


def entry_cells(tool_xy_m: NDArray[np.floating]) -> NDArray[np.int64]:
    """Cells on the grid's border where a tool outside of it may come down: those next to the nearest one.

    Returns: rows and columns, the nearest first, shape (N, 2).
    """
    nearest = np.array(start_cell(np.zeros((GRID.cells, GRID.cells), bool), tool_xy_m))
    cells = np.moveaxis(np.indices((GRID.cells, GRID.cells)), 0, -1).reshape(-1, 2)
    is_border = ((cells == 0) | (cells == GRID.cells - 1)).any(axis=1)
    apart = np.abs(cells - nearest).max(axis=1)
    chosen = cells[is_border & (apart <= ENTRY_CELLS)]
    return chosen[np.argsort(np.abs(chosen - nearest).max(axis=1), kind="stable")].astype(np.int64)


def shown_way(demo: Demo) -> GridDemo:
    """A recorded demonstration of a robot as a way over its first picture, from where the tool last came down.

    Args: demo: its states begin with the tool's place, as the PR2's do.
    Raises: SimError: the tool never came down, or the way ends outside of the grid. GridPathError: see TableGrid.demo.
    """
    tool_m = demo.states[:, :3].astype(np.float64)
    high = np.flatnonzero(tool_m[:, 2] > CARRY_HEIGHT_M + DOWN_M)
    first = int(high[-1]) + 1 if len(high) else 0
    if first == len(tool_m):
        raise SimError(
            f"Expected a tool that ends below {CARRY_HEIGHT_M + DOWN_M:.2f} m, found {tool_m[-1, 2]:.2f} m; "
            "show the way just above the table."
        )
    return GRID.demo(demo.video.frames[0], tool_m[first:, :2])
