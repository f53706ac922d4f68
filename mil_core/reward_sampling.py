"""Meta-batches of reward learning: demonstrations in one scene to learn from, another scene to be judged in."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.reward_task import RewardScene, RewardTask
from mil_core.goals import check_goals
from mil_core.reward_augmentation import repainted, turned
from mil_core.reward_scenes import RewardMetaTask, Scenes, scenes_of, stack
from mil_core.scaling import to_pictures

ADAPTATION = 0
"""Place of the scene to learn from; the others are to be judged in."""


class RewardSampler:
    """Draws groups of tasks that are solved at once.

    Source: thesis Algorithm 12 and B.4.1. The support is demonstrated paths, as many as the draw says; the query is
    the expected visits of the true reward, which a sum over all paths gives without the noise of a few.
    """

    def __init__(
        self, tasks: Sequence[RewardTask], tasks_per_draw: int, most_demos: int, *, augment: bool, inverts: bool = True
    ) -> None:
        """Prepare to draw.

        Args:
            tasks: two scenes or more each.
            tasks_per_draw, most_demos, inverts: see RewardDataConfig.
            augment: turn and repaint what is drawn.

        Raises: InvalidProblem: the goal of a scene cannot be reached in time.
        """
        check_goals(tasks)
        self._tasks, self._size, self._most_demos = tasks, min(tasks_per_draw, len(tasks)), most_demos
        self._augment, self._inverts = augment, inverts

    def __len__(self) -> int:
        """Draws that show every task once."""
        return len(self._tasks) // self._size

    def sample(self, rng: np.random.Generator) -> RewardMetaTask:
        """Some tasks, each with equally many demonstrations; one is as likely as two to twenty together."""
        chosen = rng.choice(len(self._tasks), self._size, replace=False)
        return self._draw(chosen, rng)

    def draw(self, index: int, rng: np.random.Generator) -> RewardMetaTask:
        """Group number `index` of tasks in their order."""
        return self._draw(np.arange(index * self._size, (index + 1) * self._size), rng)

    def _draw(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> RewardMetaTask:
        most = min(self._most_demos, *(len(self._tasks[k].scenes[ADAPTATION].demos) for k in chosen))
        count = 1 if rng.random() < 0.5 or most < 2 else int(rng.integers(2, most + 1))
        drawn = [_meta_task(self._tasks[k], count, rng) for k in chosen]
        if self._augment:
            drawn = [repainted(turned(task, rng), rng, inverts=self._inverts) for task in drawn]
        return stack(drawn)


def _meta_task(task: RewardTask, count: int, rng: np.random.Generator) -> RewardMetaTask:
    first = task.scenes[ADAPTATION]
    demos = [first.demos[k] for k in rng.permutation(len(first.demos))[:count]]
    support = scenes_of(demos, *first.true_reward.shape, task.horizon)
    other = task.scenes[int(rng.integers(1, len(task.scenes)))] if len(task.scenes) > 1 else first
    return RewardMetaTask(support, _expected(other))


def _expected(scene: RewardScene) -> Scenes:
    """What the wish leads to in a scene on average over all paths."""
    grids = (torch.from_numpy(value)[None, None] for value in (scene.visitation, scene.start_probability))
    no_paths = torch.zeros((1, 0, 0, 2), dtype=torch.int64)
    return Scenes(to_pictures(scene.picture[None])[None], *grids, torch.ones(1, 1), no_paths)
