"""Tasks of Meta-World, and those whose identity is a goal: bring the hand, or a puck, there.

Description: the suite's Sawyer at its table; its goal is a small coloured ball, which tasks called `hidden` leave out.
Randomisation: identity = the goal, of a split (sim.metaworld_goals); layout = where the puck starts, by the suite's
rule. The hand always starts at the same place, as in the suite.
Success: the suite's own flag at any step: middle of the fingers (reach) or puck (push) within 0.05 m of the goal, puck
(pick-place) within 0.07 m. Its expert for reach puts the wrist there, so that the fingers keep 0.045 m away.
Source: Yu et al. 2019; the package metaworld, environments reach-v3, push-v3 and pick-place-v3.
Differs: an action is held for 3 of the suite's steps and an episode lasts 120 of them, not 500; the picture is of a
camera of ours, because the suite's own cameras show a goal in 3 of 64 pixels. Refuses to know how the suite is opened.
"""

from abc import abstractmethod
from typing import ClassVar, NamedTuple, NoReturn, Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from sim.errors import SimError
from sim.metaworld_goals import GoalBox, sample_object
from sim.tasks.task import AbstractTask

HELD_STEPS = 3
"""Steps of the suite that an action is held for where one goal is one task."""
SUITE_RATE_HZ = 80.0


class View(NamedTuple):
    """A camera, in the suite's frame."""

    position_m: NDArray[np.float64]
    """Where it is, shape (3,)."""
    target_m: NDArray[np.float64]
    """What it looks at, shape (3,)."""
    fovy_deg: float
    """Height of the picture as an angle."""


_ALL_GOALS_M = np.array([0.0, 0.74, 0.12])
OVER_THE_WALL = View(_ALL_GOALS_M + [0.0, np.cos(np.deg2rad(45)), np.sin(np.deg2rad(45))], _ALL_GOALS_M, 32.0)
"""It faces the robot over the front wall. Goals lie in a box that is thin in this direction, so that a picture tells
most of where they are."""


class AbstractMetaworldTask(AbstractTask):
    """A task that lives in the suite's own simulation."""

    suite_name: str
    """The suite's name of the task."""
    held_steps = HELD_STEPS
    """Steps of the suite that an action is held for."""
    open_effort: float = 0.0
    """The suite's gripper action for ours of 0."""
    closed_effort: float = 1.0
    """The suite's gripper action for ours of 1."""
    camera = OVER_THE_WALL
    """Where policies look from."""
    shows_goal: ClassVar[bool] = True
    """Whether pictures show the goal. If not, only a demonstration tells where it is."""
    horizon_steps = 40
    control_rate_hz = SUITE_RATE_HZ / HELD_STEPS
    settle_s = 0.0
    image_height = 64
    image_width = 64
    num_candidates = 1
    criterion = "success_once"

    @abstractmethod
    def draw_layout(
        self, rng: np.random.Generator, low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The numbers that an episode of the suite begins with. Args: low, high: the box that it draws them from."""

    def add_to(self, spec: mujoco.MjSpec) -> NoReturn:
        """Refused: the suite brings its whole scene. Raises: SimError."""
        self._refuse()

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> NoReturn:
        """Refused: the suite lays its scene out itself. Raises: SimError."""
        self._refuse()

    def success(self, model: mujoco.MjModel, data: mujoco.MjData) -> NoReturn:
        """Refused: the suite judges itself. Raises: SimError."""
        self._refuse()

    def chosen(self, model: mujoco.MjModel, data: mujoco.MjData) -> int:
        """0: there is nothing else to choose."""
        del model, data
        return 0

    def _refuse(self) -> NoReturn:
        raise SimError(
            f"Expected task {self.task_id!r} in Meta-World's own simulation, found another world; "
            "type --robot sawyer, or open it with sim.environments.open_environment."
        )


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
