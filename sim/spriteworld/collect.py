"""SpriteWorld's tasks with pictures, rewards and demonstrations, made to order and repeatable.

A thousand tasks with two scenes each take some seconds: they are made anew in each run, and no file can be stale.
"""

from dataclasses import dataclass

import numpy as np

from data_tools.demo import Split
from data_tools.grid import GridDemo
from data_tools.reward_task import RewardScene, RewardTask
from sim.errors import SimError
from sim.spriteworld.expert import SoftOptimalExpert
from sim.spriteworld.scene import Scene
from sim.spriteworld.task import HORIZON, Cast, SpriteTask, demo_rng, scenes_at, task_at

BATCH = 100
"""Tasks that are solved at once; bounds the memory."""


@dataclass(frozen=True)
class SpriteOrder:
    """What to make."""

    split: Split = "train"
    """Which tasks."""
    cast: Cast = "seen"
    """Which sprites."""
    seed: int = 0
    """Seed of the collection."""
    scenes_per_task: int = 2
    """One to adapt in, the others rearranged."""
    demos_per_scene: int = 20
    """Demonstrated paths in each scene."""

    def __post_init__(self) -> None:
        if self.scenes_per_task < 1 or self.demos_per_scene < 1:
            raise SimError(
                "Expected at least one scene a task and one demonstration a scene, "
                f"found {self.scenes_per_task} and {self.demos_per_scene}."
            )


def collect_tasks(order: SpriteOrder, num_tasks: int, first: int = 0) -> list[RewardTask]:
    """Tasks number `first` to `first` + `num_tasks` - 1; the same whatever else is made. Raises: SimError."""
    tasks: list[RewardTask] = []
    for begin in range(first, first + num_tasks, BATCH):
        tasks += _batch(order, range(begin, min(begin + BATCH, first + num_tasks)))
    return tasks


def _batch(order: SpriteOrder, indices: range) -> list[RewardTask]:
    tasks = [task_at(order.split, order.seed, index, order.cast) for index in indices]
    columns = [_scenes(order, tasks, indices, k) for k in range(order.scenes_per_task)]
    return [
        RewardTask(task.task_id, HORIZON, scenes)
        for task, scenes in zip(tasks, zip(*columns, strict=True), strict=True)
    ]


def _scenes(order: SpriteOrder, tasks: list[SpriteTask], indices: range, k: int) -> list[RewardScene]:
    """The k-th scene of each task."""
    scenes = scenes_at(order.split, order.seed, indices, k, order.cast)
    rewards = np.stack([task.reward(scene) for task, scene in zip(tasks, scenes, strict=True)])
    starts = np.stack([scene.is_free() / scene.is_free().sum() for scene in scenes])
    expert = SoftOptimalExpert(rewards.astype(np.float64), HORIZON)
    visitation = expert.visitation(starts)
    goals = np.array([scene.centre(0) for scene in scenes])
    rngs = [demo_rng(order.split, order.seed, index, k, order.cast) for index in indices]
    paths = expert.demonstrations(goals @ (rewards.shape[2], 1), starts, rngs, order.demos_per_scene)
    return [
        _finished(scene, *arrays, demos)
        for scene, *arrays, demos in zip(scenes, rewards, starts, visitation, paths, strict=True)
    ]


def _finished(
    scene: Scene, reward: np.ndarray, start: np.ndarray, visitation: np.ndarray, paths: list[np.ndarray]
) -> RewardScene:
    picture = scene.picture()
    demos = tuple(GridDemo(picture, path) for path in paths)
    return RewardScene(picture, reward, start.astype(np.float32), visitation.astype(np.float32), scene.centre(0), demos)
