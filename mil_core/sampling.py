"""Meta-batches: draws support and query from different demonstrations of one task."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from data_tools.demo import Demo, Film, TaskDemos
from mil_core.algorithms.algorithm import LearningConfig
from mil_core.augmentation import reframed, relit
from mil_core.episodes import FilmFrames, GoalViews, MetaTask, Steps, without_actions
from mil_core.errors import NotEnoughDemos
from mil_core.goal_view import goal_view
from mil_core.policies.policy import PolicyConfig
from mil_core.scaling import Scaling, random_frames, to_pictures

SupportKind = Literal["demo", "film", "watched_demo"]
"""A demonstration with its actions, a film of somebody else, or a robot's demonstration without its actions."""
NUM_GOAL_VIEWS = 4
"""Views of the goal in one example: far cheaper than another adaptation, and each a lesson."""


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
        learning: LearningConfig,
    ) -> None:
        """Args: support: what is adapted from. learning: frames and demos of each loss.

        Raises:
            NotEnoughDemos: a task has no film, or too few demos.
        """
        needed_demos = learning.num_queries + int(support != "film")
        for task in tasks:
            if len(task.demos) < needed_demos or (support == "film" and not task.films):
                raise NotEnoughDemos(
                    f"task {task.task_id!r}: expected {needed_demos} demos and {int(support == 'film')} film, found "
                    f"{len(task.demos)} and {len(task.films)}; collect again with more (mil collect --demos, --human)."
                )
        self._tasks, self._scaling, self._policy, self._support = tasks, scaling, policy, support
        self._learning = learning

    def __len__(self) -> int:
        return len(self._tasks)

    def sample(self, rng: np.random.Generator) -> MetaTask:
        """One task, drawn uniformly, with fresh support and query."""
        return self.draw(int(rng.integers(len(self._tasks))), rng)

    def draw(self, index: int, rng: np.random.Generator) -> MetaTask:
        """The task with this number, with fresh support and query."""
        task, learning = self._tasks[index], self._learning
        demos = [task.demos[k] for k in rng.permutation(len(task.demos))]
        queries = tuple(self._steps(demo, learning.num_outer_frames, rng) for demo in demos[: learning.num_queries])
        if self._support != "film":
            steps = self._steps(demos[learning.num_queries], learning.num_inner_frames, rng)
            return MetaTask(steps if self._support == "demo" else self._watched(steps), queries)
        return MetaTask(self._film_frames(task.films[rng.integers(len(task.films))], rng), queries)

    def _steps(self, demo: Demo, count: int, rng: np.random.Generator) -> Steps:
        steps = self._scaling.chosen_steps(demo, random_frames(len(demo), count, rng), self._policy)
        return steps._replace(pictures=relit(steps.pictures, rng)) if self._learning.augment else steps

    def _watched(self, steps: Steps) -> FilmFrames:
        return without_actions(
            steps, sees_states=self._learning.learned is not None and self._learning.learned.sees_states
        )

    def _film_frames(self, film: Film, rng: np.random.Generator) -> FilmFrames:
        chosen = random_frames(len(film.video), self._learning.num_inner_frames, rng)
        pictures = to_pictures(film.video.frames[chosen])
        hand_xy = None if film.hand_xy is None else torch.from_numpy(film.hand_xy[chosen])
        if self._learning.augment:
            pictures, hand_xy = reframed(relit(pictures, rng), hand_xy, rng)
        return FilmFrames(pictures, hand_xy, _goal_views(film, rng))


def _goal_views(film: Film, rng: np.random.Generator) -> GoalViews | None:
    """Early pictures through windows that hold the goal; None where nobody knows it, or where it is out of sight."""
    if film.goal_xy is None or not np.isfinite(film.goal_xy).all():
        return None
    third = max(1, len(film.video) // 3)
    frames = to_pictures(film.video.frames[rng.integers(third, size=NUM_GOAL_VIEWS)])
    views = [goal_view(frame[None], film.goal_xy, rng) for frame in frames]
    return GoalViews(torch.cat([view for view, _ in views]), torch.from_numpy(np.stack([goal for _, goal in views])))
