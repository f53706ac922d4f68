"""Reward tasks as one file of arrays: the same shape of grid and picture, scenes and demonstrations in every task."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DemoFileError, GridPathError
from data_tools.grid import GridDemo
from data_tools.npz import read_arrays, write_arrays
from data_tools.reward_task import RewardScene, RewardTask

MAX_BYTES = 1 << 32
_GRIDS = ("true_reward", "start_probability", "visitation")
_NAMES = ("task_id", "horizon", "picture", *_GRIDS, "goal", "length", "cells")


def write_reward_tasks(path: Path, tasks: Sequence[RewardTask]) -> None:
    """Write tasks; the cells of all paths lie one after the other.

    Args: path: ends in .npz. tasks: at least one; equally many scenes in each, and demonstrations in each scene.
    """
    scenes = [scene for task in tasks for scene in task.scenes]
    demos = [demo for scene in scenes for demo in scene.demos]
    per_task = (len(tasks), len(tasks[0].scenes))

    def stacked(name: str) -> NDArray:
        values = np.stack([np.asarray(getattr(scene, name)) for scene in scenes])
        return values.reshape(*per_task, *values.shape[1:])

    arrays = {
        "task_id": np.array([task.task_id for task in tasks]),
        "horizon": np.array([task.horizon for task in tasks]),
        **{name: stacked(name) for name in ("picture", *_GRIDS, "goal")},
        "length": np.array([len(demo) for demo in demos]).reshape(*per_task, -1),
        "cells": np.concatenate([demo.cells for demo in demos]).astype(np.int16),
    }
    write_arrays(path, arrays)


def read_reward_tasks(path: Path) -> list[RewardTask]:
    """What `write_reward_tasks` wrote.

    Raises: DemoFileError: the file is missing or damaged, or its arrays do not fit each other.
    """
    arrays = read_arrays(path, _NAMES, MAX_BYTES)
    try:
        ends = arrays["length"].ravel().cumsum()
        if len(ends) == 0 or ends[-1] != len(arrays["cells"]):
            raise ValueError(f"{len(arrays['cells'])} cells on paths of lengths that sum to {ends[-1:]}")
        paths = np.split(arrays["cells"].astype(np.int64), ends[:-1])
        num_demos = arrays["length"].shape[2]
        per_scene = [paths[begin : begin + num_demos] for begin in range(0, len(paths), num_demos)]
        num_scenes = arrays["length"].shape[1]
        return [
            RewardTask(
                str(task_id),
                int(arrays["horizon"][index]),
                tuple(_scene(arrays, (index, k), per_scene[index * num_scenes + k]) for k in range(num_scenes)),
            )
            for index, task_id in enumerate(arrays["task_id"])
        ]
    except (GridPathError, ValueError, IndexError, TypeError) as error:
        raise DemoFileError(f"{path}: expected whole reward tasks, found {error}; make the file again.") from error


def _scene(arrays: dict[str, NDArray], at: tuple[int, int], paths: list[NDArray[np.int64]]) -> RewardScene:
    picture = arrays["picture"][at]
    row, column = arrays["goal"][at].tolist()
    return RewardScene(
        picture=picture,
        **{name: arrays[name][at] for name in _GRIDS},
        goal=(row, column),
        demos=tuple(GridDemo(picture, path) for path in paths),
    )
