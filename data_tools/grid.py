"""Worlds of square cells: demonstrated paths over a picture, and where each move leads.

Rows count downwards and columns to the right from 0; the state of a cell is row * cols + col.
This file refuses to know what the cells show or what anybody wants there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import GridPathError

MOVES = tuple((row, col) for row in (-1, 0, 1) for col in (-1, 0, 1))
"""Change of row and column by each action; the fifth stays."""


@dataclass(frozen=True)
class GridDemo:
    """One demonstrated path over one picture of the grid."""

    picture: NDArray[np.uint8]
    """Shape (height, width, 3), RGB; the grid covers it from edge to edge."""
    cells: NDArray[np.int64]
    """Row and column at each step, shape (T, 2), T >= 1, from start to goal; each a move or a stay after the last."""

    def __post_init__(self) -> None:
        if self.picture.dtype != np.uint8 or self.picture.ndim != 3 or self.picture.shape[2] != 3:
            raise GridPathError(
                f"GridDemo.picture: expected uint8 (height, width, 3), found {self.picture.dtype} {self.picture.shape}."
            )
        if self.cells.dtype != np.int64 or self.cells.ndim != 2 or self.cells.shape[1:] != (2,) or not len(self.cells):
            raise GridPathError(
                f"GridDemo.cells: expected int64 (T, 2) with T >= 1, found {self.cells.dtype} {self.cells.shape}; "
                "an empty path shows nothing, record it again."
            )
        jumps = np.abs(np.diff(self.cells, axis=0)).max(axis=1, initial=0) > 1
        if jumps.any():
            step = int(jumps.argmax())
            raise GridPathError(
                f"GridDemo.cells: expected moves to one of the 8 neighbours, found a jump at step {step} from "
                f"{self.cells[step].tolist()} to {self.cells[step + 1].tolist()}; record the path densely."
            )

    def __len__(self) -> int:
        return len(self.cells)


def eight_connected(rows: int, cols: int) -> NDArray[np.int64]:
    """Where each move leads: 8 neighbours and staying; a move off the grid stays.

    Source: thesis 8.1.4, SpriteWorld's moves. Differs: staying is a move too, so a path may end before the horizon.

    Args: rows, cols: size of the grid, each at least 1.
    Returns: next state of each state and action, shape (rows * cols, 9), actions in the order of MOVES.
    Raises: GridPathError: the grid has no cell.
    """
    if rows < 1 or cols < 1:
        raise GridPathError(f"expected at least one row and one column, found {rows} and {cols}.")
    row, col = (side.reshape(-1, 1) for side in np.mgrid[:rows, :cols])
    new_row, new_col = row + [move[0] for move in MOVES], col + [move[1] for move in MOVES]
    inside = (new_row >= 0) & (new_row < rows) & (new_col >= 0) & (new_col < cols)
    return np.where(inside, new_row * cols + new_col, row * cols + col)


def path_states(demo: GridDemo, rows: int, cols: int) -> NDArray[np.int64]:
    """The states along a path, shape (T,).

    Raises: GridPathError: the path leaves the grid.
    """
    outside = ((demo.cells < 0) | (demo.cells >= (rows, cols))).any(axis=1)
    if outside.any():
        step = int(outside.argmax())
        raise GridPathError(
            f"GridDemo.cells: expected cells of a {rows} x {cols} grid, found {demo.cells[step].tolist()} "
            f"at step {step}; give the size of the grid that the path was recorded on."
        )
    return demo.cells @ (cols, 1)


def check_one_goal(demos: Sequence[GridDemo]) -> None:
    """Refuse demonstrations that contradict each other.

    Raises: GridPathError: there is none, or two paths over one picture end in different cells.
    """
    if not demos:
        raise GridPathError("expected at least one demonstration, found none.")
    for index, demo in enumerate(demos):
        for other in range(index):
            is_same = np.array_equal(demos[other].picture, demo.picture)
            if is_same and not np.array_equal(demos[other].cells[-1], demo.cells[-1]):
                raise GridPathError(
                    f"expected demonstrations over one picture to end in one cell, found number {other} ending in "
                    f"{demos[other].cells[-1].tolist()} and number {index} in {demo.cells[-1].tolist()}; leave one out."
                )
