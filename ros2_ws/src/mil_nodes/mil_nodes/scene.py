"""One running scene of the simulator, with the bookkeeping of its episode. Knows no ROS and no policies."""

from dataclasses import dataclass
from typing import cast, get_args

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation, Split
from mil_nodes.command import ACTION_SIZE
from mil_nodes.errors import NoScene, SceneError
from sim.collect import home_rng, layout_rng, robot_class, task_at, task_class
from sim.env import Environment
from sim.errors import SimError, UnknownSplit

SPECTATOR_HEIGHT, SPECTATOR_WIDTH = 360, 400
"""Size of the pictures for people: four times the policy's."""


@dataclass(frozen=True)
class SceneRequest:
    """The numbers that make one scene."""

    task: str
    """A key of sim.tasks.TASKS."""
    split: Split
    """Which identities."""
    seed: int
    """Collection seed."""
    index: int
    """Task identity."""
    layout: int
    """Layout of that identity."""


@dataclass(frozen=True)
class Outcome:
    """How an episode stands."""

    task_id: str
    steps: int
    success_once: bool
    success_at_end: bool
    chosen: int
    """Candidate object acted on; 0 is the right one."""


class Scene:
    """Builds scenes on request, steps the one it has, and keeps count."""

    def __init__(self, robot: str) -> None:
        self.robot = robot
        self._robot_class = robot_class(robot)
        if self._robot_class.action_size != ACTION_SIZE:
            raise SceneError(
                f"Robot {robot!r}: expected {ACTION_SIZE} action components, a twist and a gripper, found "
                f"{self._robot_class.action_size}; use robot pr2, or `mil rollout` without ROS."
            )
        self._request: SceneRequest | None = None
        self._env: Environment | None = None
        self._home_rng = np.random.default_rng(0)
        self._steps = 0
        self._success_once = False

    @property
    def env(self) -> Environment:
        """The environment of the running scene. Raises: NoScene."""
        if self._env is None:
            raise NoScene("Episode: expected a scene, found none; call sim_robot/reset_scene first.")
        return self._env

    def reset(self, request: SceneRequest) -> Observation:
        """Begin an episode; the same request gives the same scene. Raises: SimError."""
        self._make_environment(request)
        self._steps, self._success_once = 0, False
        numbers = request.seed, request.split, request.index, request.layout
        self._home_rng = home_rng(*numbers)
        return self.env.reset(layout_rng(*numbers))

    def step(self, action: NDArray[np.float64]) -> Observation:
        """One control step. Raises: SimError."""
        observation = self.env.step(action)
        self._steps += 1
        self._success_once |= self.env.success()
        return observation

    def go_home(self) -> Observation:
        """Bring the robot home in the same scene; steps and success of the episode go on. Raises: SimError, NoScene."""
        return self.env.go_home(self._home_rng)

    def outcome(self) -> Outcome:
        """How the episode stands now. Raises: NoScene."""
        env = self.env
        return Outcome(env.task.task_id, self._steps, self._success_once, env.success(), env.chosen())

    def joints(self) -> tuple[list[str], list[float]]:
        """Names and positions (rad or m) of the robot's driven joints."""
        model, data = self.env.model, self.env.data
        names = [model.joint(model.actuator(index).trnid[0]).name for index in range(model.nu)]
        return names, [float(data.joint(name).qpos[0]) for name in names]

    def spectator_picture(self) -> NDArray[np.uint8]:
        """What the policy camera sees, large enough for people."""
        return self.env.render(height=SPECTATOR_HEIGHT, width=SPECTATOR_WIDTH)

    def close(self) -> None:
        """Free the graphics resources."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def _make_environment(self, request: SceneRequest) -> None:
        """Compile a new world, unless the identity is the one that is there."""
        before = self._request
        if before is not None and _identity(before) == _identity(request):
            self._request = request
            return
        task = task_at(request.task, request.split, request.seed, request.index)
        env = Environment(task, self._robot_class())
        self.close()
        self._env, self._request = env, request


def scene_request(task: str, split: str, seed: int, index: int, layout: int) -> SceneRequest:
    """A request from plain words and numbers. Raises: UnknownTask, UnknownSplit."""
    task_class(task)
    if split not in get_args(Split):
        raise UnknownSplit(split, get_args(Split))
    return SceneRequest(task, cast(Split, split), seed, index, layout)


def _identity(request: SceneRequest) -> tuple[str, str, int, int]:
    return request.task, request.split, request.seed, request.index


SCENE_ERRORS = (SimError, NoScene)
"""What a scene raises on bad requests and bad physics."""
