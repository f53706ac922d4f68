"""Pictures of ropes as tensors for a meta-step: some tasks that share all of their pictures."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.rope_pictures import RopePictures
from data_tools.rope_shapes import DIFFERENT_M, centred, shape_distance_m
from mil_core.goal_tasks import NUM_GOALS, GoalMetaTask
from mil_core.scaling import to_pictures


class RopeSampler:
    """Draws some tasks; what shows the goal of one is a negative of the others.

    Source: thesis Algorithm 13 and 8.2.6.2: support positives only; negatives half from small moves, half from other
    tasks. Differs: pictures of another task that come as near as DIFFERENT_M to the goal's shape count for nothing.
    """

    def __init__(
        self, tasks: Sequence[RopePictures], num_tasks: int, num_queries: int, num_small: int, *, augment: bool
    ) -> None:
        """Args: num_tasks: in one draw. num_queries: positives of each beside the support. num_small: small moves of
        each. augment: mirror each draw in one or two ways, and vary its light."""
        self._tasks, self._size = tasks, min(num_tasks, len(tasks))
        self._num_queries, self._num_small, self._augment = num_queries, num_small, augment

    def __len__(self) -> int:
        """Draws that show every task once, but for a rest that fills no draw."""
        return len(self._tasks) // self._size

    def sample(self, rng: np.random.Generator) -> GoalMetaTask:
        """Some tasks."""
        return self._draw(rng.choice(len(self._tasks), self._size, replace=False), rng)

    def draw(self, index: int, rng: np.random.Generator) -> GoalMetaTask:
        """Tasks number `index` times their number and following, in their order."""
        return self._draw(np.arange(index * self._size, (index + 1) * self._size), rng)

    def _draw(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> GoalMetaTask:
        tasks, numbers = [self._tasks[k] for k in chosen], []
        for task in tasks:
            shown = rng.permutation(np.flatnonzero(task.is_goal))[: NUM_GOALS + self._num_queries]
            numbers.append(np.concatenate([shown, rng.permutation(np.flatnonzero(~task.is_goal))[: self._num_small]]))
        batch = rope_batch(tasks, numbers)
        return varied(batch, rng) if self._augment else batch


def rope_batch(tasks: Sequence[RopePictures], numbers: Sequence[NDArray[np.int64]]) -> GoalMetaTask:
    """Some pictures of some tasks, in one group that shares them all.

    Args: numbers: of each task's pictures; the first NUM_GOALS are its goal pictures.
    """
    owner = np.repeat(np.arange(len(tasks)), [len(own) for own in numbers])
    first = np.concatenate([[0], np.cumsum([len(own) for own in numbers])[:-1]])
    support = first[:, None] + np.arange(NUM_GOALS)
    pictures = np.concatenate([task.pictures[own] for task, own in zip(tasks, numbers, strict=True)])
    beads_m = np.concatenate([task.beads_m[own] for task, own in zip(tasks, numbers, strict=True)])
    shows = np.concatenate([task.is_goal[own] for task, own in zip(tasks, numbers, strict=True)])
    labels = (owner == np.arange(len(tasks))[:, None]) & shows
    far_m = np.stack([shape_distance_m(beads_m, task.goal_m) for task in tasks])
    is_query = ~np.isin(np.arange(len(owner)), support)[None].repeat(len(tasks), 0)
    is_clear = labels | (far_m >= DIFFERENT_M)
    weight = _balanced(labels, shows, is_query & is_clear)
    state = centred(beads_m).reshape(len(beads_m), -1)[None].repeat(len(tasks), 0)
    tensors = (torch.from_numpy(array.astype(np.float32)) for array in (labels, state, weight))
    return GoalMetaTask(*(one[None] for one in (to_pictures(pictures), torch.from_numpy(support), *tensors)))


def _balanced(labels: NDArray[np.bool_], shows: NDArray[np.bool_], is_query: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of each task's pictures: 1/2 in all for its positives, and for its negatives 1/4 for small moves and 1/4
    for other tasks' goals."""
    weight = np.zeros(labels.shape)
    for side, share in ((labels, 0.5), (~labels & shows, 0.25), (~labels & ~shows, 0.25)):
        mask = side & is_query
        weight += share * mask / np.maximum(mask.sum(1, keepdims=True), 1)
    return weight


def varied(batch: GoalMetaTask, rng: np.random.Generator) -> GoalMetaTask:
    """The same tasks in another light, and perhaps in a mirror: still the same and other shapes. Ours."""
    pictures, state = batch.pictures * rng.uniform(0.9, 1.1), batch.apart_m.unflatten(-1, (-1, 2))
    signs = rng.choice([-1.0, 1.0], 2)
    flipped = [axis for axis, sign in zip((-1, -2), signs, strict=True) if sign < 0]
    mirrored = (state * torch.from_numpy(signs).to(state.dtype)).flatten(-2)
    return batch._replace(pictures=pictures.clamp(0, 1).flip(flipped), apart_m=mirrored)
