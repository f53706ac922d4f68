"""Pictures before and after moves: what a model of moves learns from, and their file.

This file refuses to know who made the moves and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.arrays import check_arrays
from data_tools.errors import DemoShapeMismatch
from data_tools.npz import read_records, write_records

MAX_BYTES = 1 << 32
_FIELDS = ("before", "after", "take_m", "put_m")


@dataclass(frozen=True)
class Interactions:
    """Moves of one group of things, each with the pictures before and after it from the same camera."""

    group_id: str
    """Equal ids mean equal things in the same room."""
    before: NDArray[np.uint8]
    """Shape (N, height, width, 3), RGB."""
    after: NDArray[np.uint8]
    """Shape (N, height, width, 3), RGB; nothing differs on purpose but the thing that was moved."""
    take_m: NDArray[np.float32]
    """Where the gripper took the thing, x and y, shape (N, 2)."""
    put_m: NDArray[np.float32]
    """Where it was told to put it, x and y, shape (N, 2)."""

    def __post_init__(self) -> None:
        pictures, places = (len(self.before), *self.before.shape[1:3], 3), (len(self.before), 2)
        expected = {
            "before": (np.uint8, pictures),
            "after": (np.uint8, pictures),
            "take_m": (np.float32, places),
            "put_m": (np.float32, places),
        }
        check_arrays(self, expected)
        for name in ("take_m", "put_m"):
            if not np.isfinite(getattr(self, name)).all():
                raise DemoShapeMismatch(f"Interactions.{name}: expected finite places, found NaN or infinity.")


def write_interactions(path: Path, groups: Sequence[Interactions]) -> None:
    """Write groups. Args: path: ends in .npz. groups: at least one, all of the same shapes."""
    write_records(path, "group_id", _FIELDS, groups)


def read_interactions(path: Path) -> list[Interactions]:
    """What `write_interactions` wrote.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    return read_records(path, "group_id", _FIELDS, Interactions, MAX_BYTES)
