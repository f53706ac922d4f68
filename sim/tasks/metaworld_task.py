"""What all tasks of Meta-World share: they live in the suite's own simulation, which lays out, moves and judges.

Refuses to know how the suite is opened.
"""

from abc import abstractmethod
from typing import ClassVar, NamedTuple, NoReturn

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.errors import SimError
from sim.tasks.task import AbstractTask

HELD_STEPS = 3
"""Steps of the suite that an action is held for, unless a task says otherwise."""
SUITE_RATE_HZ = 80.0
"""Its own steps, see sim.metaworld_suite.STEP_S."""


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
