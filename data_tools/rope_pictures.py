"""Pictures of a rope in and out of a shape: what goal classifiers for shapes learn from, and their file.

This file refuses to know who took the pictures and how.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.arrays import check_arrays
from data_tools.npz import read_records, write_records

MAX_BYTES = 1 << 32
_FIELDS = ("pictures", "beads_m", "goal_m", "is_goal")


@dataclass(frozen=True)
class RopePictures:
    """Pictures taken for one goal shape; what others' pictures show is no success of it."""

    task_id: str
    """Equal ids mean equal goal shapes."""
    pictures: NDArray[np.uint8]
    """Shape (N, height, width, 3), RGB."""
    beads_m: NDArray[np.float32]
    """Where the beads are in each picture, x and y on the table, shape (N, B, 2)."""
    goal_m: NDArray[np.float32]
    """The goal's beads, their middle at the origin, shape (B, 2)."""
    is_goal: NDArray[np.bool_]
    """Whether a picture shows the goal's shape, but for small changes, shape (N,)."""

    def __post_init__(self) -> None:
        count, beads = len(self.pictures), self.goal_m.shape[0]
        expected = {
            "pictures": (np.uint8, (count, *self.pictures.shape[1:3], 3)),
            "beads_m": (np.float32, (count, beads, 2)),
            "goal_m": (np.float32, (beads, 2)),
            "is_goal": (np.bool_, (count,)),
        }
        check_arrays(self, expected)


def write_ropes(path: Path, tasks: Sequence[RopePictures]) -> None:
    """Write tasks. Args: path: ends in .npz. tasks: at least one, all of the same shapes."""
    write_records(path, "task_id", _FIELDS, tasks)


def read_ropes(path: Path) -> list[RopePictures]:
    """What `write_ropes` wrote.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    return read_records(path, "task_id", _FIELDS, RopePictures, MAX_BYTES)
