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
from sim.metaworld_suite import MAX_SPEED_M_S, Suite
from sim.render import Renderer
from sim.robots.robot import AbstractRobot
from sim.robots.sawyer import Sawyer
from sim.tasks.metaworld_task import AbstractMetaworldTask, View
from sim.tasks.task import POLICY_CAMERA

SUITE_CAMERA = "corner"
"""The suite's camera that is moved to where policies look from."""
GOAL_SITE = "goal"


class MetaworldEnvironment(Environment):
    """A Sawyer doing one of the suite's tasks."""

    policy_camera = SUITE_CAMERA

    def __init__(self, task: AbstractMetaworldTask, robot: AbstractRobot) -> None:
        """Raises: SimError: another robot. ExtraMissing: Meta-World is not installed."""
        if not isinstance(robot, Sawyer):
            raise SimError(f"Expected robot 'sawyer' for task {task.task_id!r}, found {robot.name!r}; change --robot.")
        self.task, self.robot = task, robot
        self.open_effort, self.closed_effort, self.held_steps = task.open_effort, task.closed_effort, task.held_steps
        self._draw_layout = task.draw_layout
        self.suite = Suite(task.suite_name)
        self.model, self.data = self.suite.model, self.suite.data
        self._renderer: Renderer | None = None
        self._start_s, self._is_done, self._distance_m = 0.0, False, float("nan")
        _place_camera(self.model, task.camera)
        if not task.shows_goal:
            self.model.site(GOAL_SITE).rgba[3] = 0.0

    @property
    def time_s(self) -> float:
        """Simulated time since the last reset; the suite itself spends some to bring the hand home."""
        return float(self.data.time) - self._start_s

    def reset(self, rng: np.random.Generator) -> Observation:
        """Draw how the suite begins, and observe."""
        self._distance_m = self.suite.reset(self._draw_layout(rng, *self.suite.random_box))
        self._raise_if_diverged()
        self._start_s, self._is_done = float(self.data.time), False
        return self.observe()

    def advance(self, action: NDArray[np.floating]) -> None:
        """Act for one control period, which is some steps of the suite. Raises: ActionError; PhysicsDiverged."""
        suite_action = self.to_suite(self._checked(action))
        for _ in range(self.held_steps):
            flag, self._distance_m = self.suite.step(suite_action)
            self._is_done |= flag
        self._raise_if_diverged()

    def render(
        self, camera: str = POLICY_CAMERA, height: int | None = None, width: int | None = None
    ) -> NDArray[np.uint8]:
        """A picture of the policy's camera, or of one of the suite's."""
        return super().render(self.policy_camera if camera == POLICY_CAMERA else camera, height, width)

    def success(self) -> bool:
        """Whether the suite's flag was up after any of its steps: its own evaluation ends an episode there."""
        return self._is_done

    def measures(self) -> dict[str, float]:
        """What is left to the goal by the suite's measure, m; before the first reset it is unknown (NaN)."""
        return {"distance_m": self._distance_m}

    def to_suite(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """The suite's action, each number in [-1, 1], for velocity (m/s) and gripper (0 = open, 1 = closed)."""
        gripper = self.open_effort + (self.closed_effort - self.open_effort) * np.clip(action[3:], 0.0, 1.0)
        return np.concatenate([np.clip(action[:3] / MAX_SPEED_M_S, -1.0, 1.0), gripper])

    def from_suite(self, action: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_suite` for a gripper that is told to close (any effort above 0) or to open."""
        return np.concatenate([MAX_SPEED_M_S * action[:3], action[3:] > 0.0])


def _place_camera(model: mujoco.MjModel, view: View) -> None:
    """Move the suite's camera, in place; nothing but pictures changes."""
    camera = model.camera(SUITE_CAMERA)
    camera.pos, camera.quat = view.position_m, quaternion(look_at(view.position_m, view.target_m))
    camera.fovy = view.fovy_deg
