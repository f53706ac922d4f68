"""Goal pictures as tensors for a meta-step: a few tasks of each of a few groups, which share all pictures."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data_tools.goal_pictures import GoalGroup, GoalTask
from mil_core.scaling import to_pictures

NUM_GOALS = 5
"""Pictures of success that a task is told by (thesis 8.2.6)."""
FAVOUR = 4
"""A task of a favoured relation is drawn as if it were so many tasks."""


class GoalMetaTask(NamedTuple):
    """Some tasks of a meta-batch, learned at once."""

    pictures: Tensor
    """(group, picture, 3, height, width), values in [0, 1]."""
    support: Tensor
    """Numbers of the goal pictures among those of the group, int64 (group, task, NUM_GOALS)."""
    labels: Tensor
    """1 where the task's relation holds, else 0, (group, task, picture)."""
    apart_m: Tensor
    """From the task's second thing to its first, (group, task, picture, 3); NaN where one is absent. For the baseline
    that is told the state."""
    weight: Tensor
    """Share of each picture in the outer loss: zero for the support, and 1/2 in all for positives and for negatives,
    (group, task, picture)."""


class GoalSampler:
    """Draws some tasks of some groups; every picture that is drawn for one task is a query of all others.

    Source: thesis Algorithm 13: support positives only, query positives and negatives. Differs: tasks of one group
    share their pictures, so that a step sees many negatives for the price of few: other relations of the same blocks,
    the same relation of other blocks, and near misses.
    """

    def __init__(
        self,
        groups: Sequence[GoalGroup],
        num_groups: int,
        num_tasks: int,
        num_queries: int,
        num_near_misses: int = 2,
        favoured: Collection[int] = (),
        *,
        augment: bool,
    ) -> None:
        """Args: num_groups: in one draw. num_tasks: of each. num_queries: positives of each task beside the support;
        as many pictures of any kind come on top. num_near_misses: of each task, see GoalGroup. favoured: relations
        that are drawn FAVOUR times as often. augment: repaint, and mirror some."""
        self._groups, self._size = groups, min(num_groups, len(groups))
        self._num_tasks, self._num_queries, self._augment = num_tasks, num_queries, augment
        self._num_near_misses = num_near_misses
        self._tasks = [
            [task for task in group.tasks(NUM_GOALS + num_queries) for _ in range(_times(task, favoured))]
            for group in groups
        ]

    def __len__(self) -> int:
        """Draws that show every group once."""
        return len(self._groups) // self._size

    def sample(self, rng: np.random.Generator) -> GoalMetaTask:
        """Some groups."""
        return self._draw(rng.choice(len(self._groups), self._size, replace=False), rng)

    def draw(self, index: int, rng: np.random.Generator) -> GoalMetaTask:
        """Groups number `index` and following, in their order."""
        return self._draw(np.arange(index * self._size, (index + 1) * self._size), rng)

    def _draw(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> GoalMetaTask:
        parts = [self._of_group(int(k), rng) for k in chosen]
        return GoalMetaTask(*(torch.stack(tensors) for tensors in zip(*parts, strict=True)))

    def _of_group(self, index: int, rng: np.random.Generator) -> GoalMetaTask:
        group, known = self._groups[index], self._tasks[index]
        tasks = [known[k] for k in rng.choice(len(known), self._num_tasks, replace=len(known) < self._num_tasks)]
        per_task = NUM_GOALS + self._num_queries
        shown = [rng.permutation(np.flatnonzero(group.is_positive(task)))[:per_task] for task in tasks]
        extra = rng.choice(len(group.pictures), self._num_queries, replace=False)
        count = self._num_near_misses
        missed = [rng.permutation(np.flatnonzero(group.is_near_miss(task)))[:count] for task in tasks]
        missed = [np.append(few, rng.choice(len(group.pictures), count - len(few))) for few in missed]
        numbers = np.concatenate([*shown, *missed, extra]).astype(np.int64)
        support = np.arange(len(tasks))[:, None] * per_task + np.arange(NUM_GOALS)
        labels = np.stack([group.is_positive(task)[numbers] for task in tasks])
        pictures = to_pictures(group.pictures[numbers])
        if self._augment:
            pictures = repainted(pictures, rng)
        is_query = [~np.isin(numbers, numbers[own]) for own in support]
        weight = _balanced(labels, np.stack(is_query))
        places_m = group.places_m[numbers]
        apart_m = np.stack([places_m[:, task.first] - places_m[:, task.second] for task in tasks])
        tensors = (torch.from_numpy(array) for array in (support, labels.astype(np.float32), apart_m))
        return GoalMetaTask(pictures, *tensors, weight)


def _times(task: GoalTask, favoured: Collection[int]) -> int:
    return FAVOUR if task.relation in favoured else 1


def _balanced(labels: NDArray[np.bool_], is_query: NDArray[np.bool_]) -> Tensor:
    """Weights that sum to 1/2 over the query's positives of each task and to 1/2 over its negatives."""
    weight = np.zeros(labels.shape, np.float32)
    for side in (labels, ~labels):
        mask = side & is_query
        weight += 0.5 * mask / np.maximum(mask.sum(1, keepdims=True), 1)
    return torch.from_numpy(weight)


def repainted(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """A group in other hues, and perhaps in a mirror: still the same relations between the same things, as long as
    all of its pictures are changed alike. Ours; the released code varies brightness and shifts by pixels.

    Args: pictures: of one group, (picture, 3, height, width).
    """
    angle, power = rng.uniform(-np.pi, np.pi), float(np.exp(rng.uniform(-0.2, 0.2)))
    painted = torch.einsum("ij,njrc->nirc", _turned_hues(angle), pictures).clamp(0, 1) ** power
    return painted.flip(-1) if rng.random() < 0.5 else painted


def _turned_hues(angle_rad: float) -> Tensor:
    """Rotation of colours about the grey axis, shape (3, 3): grey stays grey."""
    axis = np.full(3, 3**-0.5)
    cross = np.cross(np.eye(3), axis)
    turn = np.cos(angle_rad) * np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * np.outer(axis, axis)
    return torch.from_numpy(turn.astype(np.float32))
