"""One of Meta-World's tasks behind the interface of our environments.

The suite steps, lays out and judges; this file turns our actions into its, holds each for some of its steps, and takes
pictures. It refuses to know splits and who chooses the actions.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation
from sim.cameras import look_at, quaternion
from sim.env import Environment
from sim.errors import SimError
from sim.metaworld_goals import sample_object
from sim.metaworld_suite import MAX_SPEED_M_S, Suite
from sim.render import Renderer
from sim.robots.robot import AbstractRobot
from sim.robots.sawyer import Sawyer
from sim.tasks.metaworld import HELD_STEPS, AbstractMetaworldTask
from sim.tasks.task import POLICY_CAMERA

SUITE_CAMERA = "corner"
"""The suite's camera that is moved to where policies look from."""
CAMERA_TARGET_M = np.array([0.0, 0.74, 0.12])
"""The middle of all hands, pucks and goals."""
CAMERA_DISTANCE_M, CAMERA_ELEVATION_RAD, CAMERA_FOVY_DEG = 1.0, np.deg2rad(45.0), 32.0
"""It faces the robot over the front wall. Goals lie in a box that is thin in this direction, so that a picture tells
most of where they are."""
GOAL_SITE = "goal"


class MetaworldEnvironment(Environment):
    """A Sawyer doing one of the suite's tasks."""

    def __init__(self, task: AbstractMetaworldTask, robot: AbstractRobot) -> None:
        """Raises: SimError: another robot. ExtraMissing: Meta-World is not installed."""
        if not isinstance(robot, Sawyer):
            raise SimError(f"Expected robot 'sawyer' for task {task.task_id!r}, found {robot.name!r}; change --robot.")
        self.task, self.robot = task, robot
        self.goal_m, self.closed_effort = task.goal_m, task.closed_effort
        self.suite = Suite(task.suite_name)
        self.model, self.data = self.suite.model, self.suite.data
        self._renderer: Renderer | None = None
        self._start_s, self._is_done, self._distance_m = 0.0, False, float("nan")
        _place_camera(self.model)
        if not task.shows_goal:
            self.model.site(GOAL_SITE).rgba[3] = 0.0

    @property
    def time_s(self) -> float:
        """Simulated time since the last reset; the suite itself spends some to bring the hand home."""
        return float(self.data.time) - self._start_s

    def reset(self, rng: np.random.Generator) -> Observation:
        """Draw where the puck starts, let the suite begin, and observe."""
        self._distance_m = self.suite.reset(sample_object(rng, self.goal_m), self.goal_m)
        self._raise_if_diverged()
        self._start_s, self._is_done = float(self.data.time), False
        return self.observe()

    def advance(self, action: NDArray[np.floating]) -> None:
        """Act for one control period, as HELD_STEPS of the suite's. Raises: ActionError; PhysicsDiverged."""
        suite_action = self.to_suite(self._checked(action))
        for _ in range(HELD_STEPS):
            flag, self._distance_m = self.suite.step(suite_action)
            self._is_done |= flag
        self._raise_if_diverged()

    def render(
        self, camera: str = POLICY_CAMERA, height: int | None = None, width: int | None = None
    ) -> NDArray[np.uint8]:
        """A picture of the policy's camera, or of one of the suite's."""
        return super().render(SUITE_CAMERA if camera == POLICY_CAMERA else camera, height, width)

    def success(self) -> bool:
        """Whether the suite's flag was up after any of its steps: its own evaluation ends an episode there."""
        return self._is_done

    def measures(self) -> dict[str, float]:
        """What is left to the goal by the suite's measure, m; before the first reset it is unknown (NaN)."""
        return {"distance_m": self._distance_m}

    def to_suite(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """The suite's action, each number in [-1, 1], for velocity (m/s) and gripper (0 = open, 1 = closed)."""
        gripper = self.closed_effort * np.clip(action[3:], 0.0, 1.0)
        return np.concatenate([np.clip(action[:3] / MAX_SPEED_M_S, -1.0, 1.0), gripper])

    def from_suite(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_suite`."""
        return np.concatenate([MAX_SPEED_M_S * action[:3], action[3:] / self.closed_effort])


def _place_camera(model: mujoco.MjModel) -> None:
    """Move the suite's camera, in place; nothing but pictures changes."""
    away = np.array([0.0, np.cos(CAMERA_ELEVATION_RAD), np.sin(CAMERA_ELEVATION_RAD)])
    position_m = CAMERA_TARGET_M + CAMERA_DISTANCE_M * away
    camera = model.camera(SUITE_CAMERA)
    camera.pos, camera.quat = position_m, quaternion(look_at(position_m, CAMERA_TARGET_M))
    camera.fovy = CAMERA_FOVY_DEG
