"""Groups of labelled pictures as one file of arrays: equally many pictures of one size in every group."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_tools.errors import DemoFileError, DemoShapeMismatch
from data_tools.goal_pictures import GoalGroup
from data_tools.npz import read_arrays, write_arrays

MAX_BYTES = 1 << 32
_FIELDS = ("pictures", "relations", "places_m")


def write_goal_groups(path: Path, groups: Sequence[GoalGroup]) -> None:
    """Write groups. Args: path: ends in .npz. groups: at least one, all of the same shapes."""
    arrays = {name: np.stack([getattr(group, name) for group in groups]) for name in _FIELDS}
    write_arrays(path, {"group_id": np.array([group.group_id for group in groups]), **arrays})


def read_goal_groups(path: Path) -> list[GoalGroup]:
    """What `write_goal_groups` wrote.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    arrays = read_arrays(path, ("group_id", *_FIELDS), MAX_BYTES)
    try:
        if len({len(array) for array in arrays.values()}) != 1:
            raise ValueError(f"arrays of lengths {[len(array) for array in arrays.values()]}")
        return [
            GoalGroup(str(group_id), *(arrays[name][index] for name in _FIELDS))
            for index, group_id in enumerate(arrays["group_id"])
        ]
    except (DemoShapeMismatch, ValueError, IndexError, TypeError) as error:
        raise DemoFileError(f"{path}: expected whole groups, found {error}; make the file again.") from error
