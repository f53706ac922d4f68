"""Meta-batches: draws support and query from different demonstrations of one task."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from data_tools.demo import Demo, Film, TaskDemos
from mil_core.episodes import FilmFrames, MetaTask, Steps
from mil_core.errors import NotEnoughDemos
from mil_core.goal_view import goal_view
from mil_core.policies.policy import PolicyConfig
from mil_core.scaling import Scaling, random_frames, to_pictures

SupportKind = Literal["demo", "film"]


class TaskSampler:
    """Draws meta-training examples from tasks held in memory as uint8.

    Source: thesis Algorithm 10 lines 2, 3 and 5; frames are subsampled anew each time, which makes steps cheap.
    """

    def __init__(
        self,
        tasks: Sequence[TaskDemos],
        scaling: Scaling,
        policy: PolicyConfig,
        support: SupportKind,
        num_inner_frames: int,
        num_outer_frames: int,
    ) -> None:
        """Args: support: adapt from another demo (MIL) or from a film (DAML); the frame counts are those of each loss.

        Raises:
            NotEnoughDemos: a task has no film, or too few demos.
        """
        needed_demos = 2 if support == "demo" else 1
        for task in tasks:
            if len(task.demos) < needed_demos or (support == "film" and not task.films):
                raise NotEnoughDemos(
                    f"task {task.task_id!r}: expected {needed_demos} demos and {int(support == 'film')} film, found "
                    f"{len(task.demos)} and {len(task.films)}; collect again with more (mil collect --demos, --human)."
                )
        self._tasks, self._scaling, self._policy, self._support = tasks, scaling, policy, support
        self._num_inner_frames, self._num_outer_frames = num_inner_frames, num_outer_frames

    def __len__(self) -> int:
        return len(self._tasks)

    def sample(self, rng: np.random.Generator) -> MetaTask:
        """One task, drawn uniformly, with fresh support and query."""
        return self.draw(int(rng.integers(len(self._tasks))), rng)

    def draw(self, index: int, rng: np.random.Generator) -> MetaTask:
        """The task with this number, with fresh support and query."""
        task = self._tasks[index]
        order = rng.permutation(len(task.demos))
        query = self._steps(task.demos[order[0]], self._num_outer_frames, rng)
        if self._support == "demo":
            return MetaTask(self._steps(task.demos[order[1]], self._num_inner_frames, rng), query)
        return MetaTask(self._film_frames(task.films[rng.integers(len(task.films))], rng), query)

    def _steps(self, demo: Demo, count: int, rng: np.random.Generator) -> Steps:
        return self._scaling.chosen_steps(demo, random_frames(len(demo), count, rng), self._policy)

    def _film_frames(self, film: Film, rng: np.random.Generator) -> FilmFrames:
        chosen = random_frames(len(film.video), self._num_inner_frames, rng)
        pictures = to_pictures(film.video.frames[chosen])
        if film.hand_xy is None:
            return FilmFrames(pictures, None, None)
        late_xy = film.hand_xy[-len(film.video) // 3 :]
        late_xy = late_xy[np.isfinite(late_xy).all(axis=1)]
        goal = goal_view(pictures[:1], late_xy.mean(axis=0), rng) if len(late_xy) else None
        return FilmFrames(pictures, torch.from_numpy(film.hand_xy[chosen]), goal)
