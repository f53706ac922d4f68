"""What rewards are learned from, as tensors: pictures, how often paths visit each cell, and where they start."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data_tools.grid import GridDemo, check_one_goal, path_states
from mil_core.errors import SupportMismatch
from mil_core.scaling import to_pictures


class Scenes(NamedTuple):
    """Pictures with behaviour on them, for several tasks at once; each task has equally many scenes and paths."""

    pictures: Tensor
    """(task, scene, 3, height, width), values in [0, 1]."""
    visitation: Tensor
    """mu_D: mean visits of each cell, (task, scene, row, col); sums to the horizon over each scene."""
    start: Tensor
    """Probability of each cell at step 0, (task, scene, row, col)."""
    weight: Tensor
    """Share of the task's demonstrations that each scene has, (task, scene)."""
    paths: Tensor
    """Row and column at each step, int64 (task, path, horizon, 2); needed by the recurrent baseline alone."""


class RewardMetaTask(NamedTuple):
    """Some tasks of a meta-batch, solved at once."""

    support: Scenes
    """What the inner loop sees."""
    query: Scenes
    """What the outer loss sees: the same wishes elsewhere."""


def stack(tasks: Sequence[RewardMetaTask]) -> RewardMetaTask:
    """Several meta-tasks with equally many scenes and paths as one."""
    return RewardMetaTask(joined([task.support for task in tasks]), joined([task.query for task in tasks]))


def joined(parts: Sequence[Scenes]) -> Scenes:
    """The scenes of several tasks, equally many of each, with all their tasks along the first axis."""
    return Scenes(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def scenes_of(demos: Sequence[GridDemo], rows: int, cols: int, horizon: int) -> Scenes:
    """The demonstrations of one task; those over the same picture share a scene.

    A path that ends before the horizon stays where it ends.

    Args: demos: at least one. rows, cols: size of the grid. horizon: states on a path.
    Returns: scenes of one task.
    Raises:
        GridPathError: there is no demonstration, one leaves the grid, or two of them contradict each other.
        SupportMismatch: a path is longer than the horizon, or the pictures differ in size.
    """
    check_one_goal(demos)
    pictures: list[NDArray[np.uint8]] = []
    scene_of_path: list[int] = []
    for demo in demos:
        if demo.picture.shape != demos[0].picture.shape:
            raise SupportMismatch(
                f"expected pictures of one size, found {demos[0].picture.shape} and {demo.picture.shape}."
            )
        same = [index for index, picture in enumerate(pictures) if np.array_equal(picture, demo.picture)]
        scene_of_path.append(same[0] if same else len(pictures))
        if not same:
            pictures.append(demo.picture)
    states = torch.from_numpy(np.stack([_padded(path_states(demo, rows, cols), horizon) for demo in demos]))
    visits = torch.nn.functional.one_hot(states, rows * cols).float()
    share = torch.nn.functional.one_hot(torch.tensor(scene_of_path), len(pictures)).float().T
    mean = share / share.sum(1, keepdim=True)
    return Scenes(
        pictures=to_pictures(np.stack(pictures))[None],
        visitation=(mean @ visits.sum(1)).view(1, -1, rows, cols),
        start=(mean @ visits[:, 0]).view(1, -1, rows, cols),
        weight=share.sum(1)[None] / len(demos),
        paths=torch.stack([states // cols, states % cols], dim=-1)[None],
    )


def _padded(states: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    if len(states) > horizon:
        raise SupportMismatch(
            f"expected a path of at most {horizon} steps, found {len(states)}: state {states[horizon]} comes at step "
            f"{horizon}; shorten the path or choose a longer horizon."
        )
    return np.pad(states, (0, horizon - len(states)), mode="edge")
