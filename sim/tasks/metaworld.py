"""Tasks of Meta-World: bring the hand, or a puck, to a goal; one goal is one task.

Description: the suite's Sawyer at its table; its goal is a small coloured ball, which tasks called `hidden` leave out.
Randomisation: identity = the goal, of a split (sim.metaworld_goals); layout = where the puck starts, by the suite's
rule. The hand always starts at the same place, as in the suite.
Success: the suite's own flag at any step: middle of the fingers (reach) or puck (push) within 0.05 m of the goal, puck
(pick-place) within 0.07 m. Its expert for reach puts the wrist there, so that the fingers keep 0.045 m away.
Source: Yu et al. 2019; the package metaworld, environments reach-v3, push-v3 and pick-place-v3.
Differs: an action is held for 3 of the suite's steps and an episode lasts 120 of them, not 500; the picture is of a
camera of ours, because the suite's own cameras show a goal in 3 of 64 pixels. Refuses to know how the suite is opened.
"""

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.metaworld_goals import GoalBox, sample_object
from sim.tasks.metaworld_task import AbstractMetaworldTask


class AbstractGoalTask(AbstractMetaworldTask):
    """One goal of one of the suite's tasks; its layouts are starts of the puck."""

    goal_box: ClassVar[GoalBox]
    """Where the goals lie; the suite's own."""

    def __init__(self, split: Split, goal_m: NDArray[np.float64]) -> None:
        """Take the goal, shape (3,), m, in the suite's frame."""
        self.goal_m = goal_m
        place = "_".join(f"{value:.4f}" for value in goal_m)
        self.task_id = f"{self.suite_name}-{split}-{place}"

    @classmethod
    def sample(cls, rng: np.random.Generator, split: Split) -> Self:
        """Draw a goal of the split."""
        return cls(split, cls.goal_box.sample(rng, split))

    def draw_layout(
        self, rng: np.random.Generator, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Where the puck starts, and the goal."""
        del low, high
        return np.concatenate([sample_object(rng, self.goal_m), self.goal_m])


class MetaworldReach(AbstractGoalTask):
    """Bring the hand to the goal; the puck on the table is of no meaning."""

    suite_name = "reach-v3"
    goal_box = GoalBox((-0.1, 0.8, 0.05), (0.1, 0.9, 0.3))


class MetaworldPush(AbstractGoalTask):
    """Bring the puck to the goal on the table."""

    suite_name = "push-v3"
    goal_box = GoalBox((-0.1, 0.8, 0.01), (0.1, 0.9, 0.02))
    closed_effort = 0.6


class MetaworldPickPlace(AbstractGoalTask):
    """Bring the puck to the goal in the air."""

    suite_name = "pick-place-v3"
    goal_box = GoalBox((-0.1, 0.8, 0.05), (0.1, 0.9, 0.3))


class MetaworldReachHidden(MetaworldReach):
    """The same with a goal that no picture shows."""

    shows_goal = False


class MetaworldPushHidden(MetaworldPush):
    """The same with a goal that no picture shows."""

    shows_goal = False


class MetaworldPickPlaceHidden(MetaworldPickPlace):
    """The same with a goal that no picture shows."""

    shows_goal = False
