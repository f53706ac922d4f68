"""Pictures of a few things in many arrangements, with what holds in each: what goal classifiers learn from.

A group is some things that occur together; a task is two of them and a relation. This file refuses to know what a
relation's number means and who took the pictures.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data_tools.arrays import check_arrays


class GoalTask(NamedTuple):
    """What is wanted of a group."""

    first: int
    """Which thing stands in a relation ..."""
    second: int
    """... to which other thing ..."""
    relation: int
    """... and in which."""


@dataclass(frozen=True)
class GoalGroup:
    """All pictures of one group of things."""

    group_id: str
    """Equal ids mean equal things in an equal room."""
    pictures: NDArray[np.uint8]
    """Shape (N, height, width, 3), RGB."""
    relations: NDArray[np.int8]
    """Relation of each thing (row) to each other one (column) in each picture, negative for none, shape (N, M, M)."""
    places_m: NDArray[np.float32]
    """Where the things stand, base frame, shape (N, M, 3); NaN for what is not there."""

    def __post_init__(self) -> None:
        count, things = len(self.pictures), self.relations.shape[-1]
        expected = {
            "pictures": (np.uint8, (count, *self.pictures.shape[1:3], 3)),
            "relations": (np.int8, (count, things, things)),
            "places_m": (np.float32, (count, things, 3)),
        }
        check_arrays(self, expected)

    def is_positive(self, task: GoalTask) -> NDArray[np.bool_]:
        """Whether the task's relation holds in each picture, shape (N,)."""
        return self.relations[:, task.first, task.second] == task.relation

    def is_near_miss(self, task: GoalTask) -> NDArray[np.bool_]:
        """Whether both things of a task are there, but in no relation at all: too far apart, say. Shape (N,)."""
        are_there = np.isfinite(self.places_m[:, [task.first, task.second], 0]).all(1)
        return are_there & (self.relations[:, task.first, task.second] < 0)

    def has_distractor(self, task: GoalTask) -> NDArray[np.bool_]:
        """Whether a picture shows things that the task is not about, shape (N,)."""
        others = [k for k in range(self.places_m.shape[1]) if k not in (task.first, task.second)]
        return np.isfinite(self.places_m[:, others, 0]).any(1)

    def tasks(self, num_positives: int) -> list[GoalTask]:
        """Every task with at least so many positives. Of those that hold in just the same pictures, as two do
        that mean the same, the one with the least `first` is kept."""
        found: list[GoalTask] = []
        seen: set[bytes] = set()
        for first, second in np.ndindex(self.relations.shape[1:]):
            values, counts = np.unique(self.relations[:, first, second], return_counts=True)
            for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                task = GoalTask(first, second, value)
                mark = self.is_positive(task).tobytes()
                if value >= 0 and count >= num_positives and mark not in seen:
                    seen.add(mark)
                    found.append(task)
        return found
