"""Cells of a square on the table, as a camera straight above shows them. Refuses to know what stands there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.grid import GridDemo
from sim.errors import SimError


@dataclass(frozen=True)
class TableGrid:
    """A square on the table, in the robot's base frame; the picture's upper edge is the one far from the robot."""

    low_m: tuple[float, float] = (0.38, -0.32)
    """Least x and y: the near right corner, seen from the robot."""
    side_m: float = 0.42
    """Length of each side."""
    cells: int = 20
    """Cells along each side."""

    @property
    def cell_m(self) -> float:
        """Side of one cell."""
        return self.side_m / self.cells

    @property
    def centre_m(self) -> NDArray[np.float64]:
        """Middle of the square, x and y, shape (2,)."""
        return np.array(self.low_m) + self.side_m / 2

    def to_xy_m(self, cells: NDArray[np.integer]) -> NDArray[np.float64]:
        """Middles of cells.

        Args: cells: rows and columns, shape (..., 2).
        Returns: x and y in the base frame, shape (..., 2), metres.
        """
        # Rows go down the picture, towards the robot (-x); columns to its right (-y).
        return np.array(self.low_m) + self.side_m - (np.asarray(cells) + 0.5) * self.cell_m

    def to_cells(self, xy_m: NDArray[np.floating]) -> NDArray[np.int64]:
        """Cells that points lie in.

        Args: xy_m: x and y in the base frame, shape (..., 2), metres.
        Returns: rows and columns, shape (..., 2).
        Raises: SimError: a point lies outside.
        """
        cells = np.floor((np.array(self.low_m) + self.side_m - np.asarray(xy_m)) / self.cell_m).astype(np.int64)
        is_outside = ((cells < 0) | (cells >= self.cells)).any(axis=-1)
        if is_outside.any():
            step = int(is_outside.argmax())
            raise SimError(
                f"Expected points within {self.side_m} m of {self.low_m}, found "
                f"{np.round(np.reshape(xy_m, (-1, 2))[step], 3).tolist()} at step {step}; move it into the square or "
                "widen it."
            )
        return cells

    def demo(self, picture: NDArray[np.uint8], tool_xy_m: NDArray[np.floating]) -> GridDemo:
        """A way of the gripper as cells of the picture, from where it last came into the square.

        Args: picture: of the square, from edge to edge. tool_xy_m: recorded places, shape (T, 2), base frame, metres.
        Raises: SimError: the way ends outside. GridPathError: it was recorded too coarsely for the cells.
        """
        is_inside = ((tool_xy_m >= self.low_m) & (tool_xy_m < np.array(self.low_m) + self.side_m)).all(axis=1)
        if not is_inside[-1]:
            raise SimError(
                f"Expected a way that ends within {self.side_m} m of {self.low_m}, found "
                f"{np.round(tool_xy_m[-1], 3).tolist()} at step {len(is_inside) - 1}; end over the table's square, or "
                "widen it."
            )
        first = len(is_inside) - int(np.argmin(is_inside[::-1])) if not is_inside.all() else 0
        return GridDemo(picture, _without_grazed(self.to_cells(tool_xy_m[first:])))

    def distances_m(self, xy_m: NDArray[np.floating]) -> NDArray[np.float64]:
        """Distance of every cell's middle from a point, shape (cells, cells)."""
        return np.linalg.norm(self.to_xy_m(np.moveaxis(np.indices((self.cells, self.cells)), 0, -1)) - xy_m, axis=-1)


def _without_grazed(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """A way without the cells that it only touched between two neighbours, nor waiting: as few steps as it can be."""
    kept = [cells[0]]
    for after, cell in zip(cells[2:], cells[1:-1], strict=True):
        if np.abs(after - kept[-1]).max() > 1:
            kept.append(cell)
    return np.array([*kept, *([] if np.array_equal(cells[-1], kept[-1]) else [cells[-1]])])
