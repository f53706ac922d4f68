"""Groups of labelled pictures as one file of arrays: equally many pictures of one size in every group."""

from collections.abc import Sequence
from pathlib import Path

from data_tools.goal_pictures import GoalGroup
from data_tools.npz import read_records, write_records

MAX_BYTES = 1 << 32
_FIELDS = ("pictures", "relations", "places_m")


def write_goal_groups(path: Path, groups: Sequence[GoalGroup]) -> None:
    """Write groups. Args: path: ends in .npz. groups: at least one, all of the same shapes."""
    write_records(path, "group_id", _FIELDS, groups)


def read_goal_groups(path: Path) -> list[GoalGroup]:
    """What `write_goal_groups` wrote.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    return read_records(path, "group_id", _FIELDS, GoalGroup, MAX_BYTES)
