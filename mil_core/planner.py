"""The best way over a grid whose rewards are known. Knows neither who asks nor where the rewards come from."""

import numpy as np
from numpy.typing import NDArray

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem


def best_path(reward: NDArray[np.floating], start: tuple[int, int], horizon: int) -> NDArray[np.int64]:
    """The cells with the greatest sum of rewards, as value iteration finds them.

    Of equally good moves the first one in the order of `data_tools.grid.MOVES` is taken.

    Args:
        reward: of each cell at each step, shape (rows, cols), finite.
        start: row and column of the first cell.
        horizon: cells on the path, waiting at its end included; at least 1.

    Returns: rows and columns, shape (T, 2), T <= horizon; waiting at the end is left out.
    Raises: InvalidProblem: a reward is not finite, the start is off the grid, or the horizon is below 1.
    """
    _check(reward, start, horizon)
    rows, cols = reward.shape
    leads_to, flat = eight_connected(rows, cols), reward.astype(np.float64).ravel()
    values = [flat]
    for _ in range(horizon - 1):
        values.append(flat + values[-1][leads_to].max(axis=1))
    path = [start[0] * cols + start[1]]
    for value in values[-2::-1]:
        options = leads_to[path[-1]]
        path.append(int(options[value[options].argmax()]))
    while len(path) > 1 and path[-1] == path[-2]:
        path.pop()
    return np.stack(np.divmod(path, cols), axis=1).astype(np.int64)


def _check(reward: NDArray[np.floating], start: tuple[int, int], horizon: int) -> None:
    if horizon < 1:
        raise InvalidProblem(f"horizon: expected at least 1 step, found {horizon}; choose a longer horizon.")
    if not np.isfinite(reward).all():
        row, column = np.argwhere(~np.isfinite(reward))[0].tolist()
        raise InvalidProblem(f"reward of cell {row}, {column}: expected a finite number, found {reward[row, column]}.")
    if not (0 <= start[0] < reward.shape[0] and 0 <= start[1] < reward.shape[1]):
        raise InvalidProblem(f"start: expected a cell of a {reward.shape} grid, found {start}.")
