"""The rope task behind the Gymnasium interface, for reinforcement learning.

The reward is minus the distance of shapes, as an oracle sees it; who learns from pictures makes its own of them.
"""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.robots.table_gripper import TableGripper
from sim.rope import NUM_BEADS, beads_m
from sim.tasks.rope import RopeTask

ObservationDict = dict[str, NDArray[Any]]
ACTION_REPEAT = 2
"""Control steps that each action lasts: half as many decisions, and half as many pictures, for the same motion."""
STATE_SIZE = TableGripper.state_size + 2 * NUM_BEADS


def beads_of(states: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where the beads are in some "state" observations, shape (..., NUM_BEADS, 2), metres."""
    return states[..., TableGripper.state_size :].reshape(*states.shape[:-1], NUM_BEADS, 2)


class RopeGym(gymnasium.Env[ObservationDict, NDArray[np.float32]]):
    """Observations: "state", the gripper's state followed by the beads' places in metres, shape (STATE_SIZE,) float32,
    "elapsed", the share of the episode that is over, (1,) float32, and "image", (64, 64, 3) uint8, where pictures are
    wanted; actions as of TableGripper. Episodes are cut at the horizon."""

    metadata = {"render_modes": ["rgb_array"]}
    render_mode = "rgb_array"

    def __init__(self, task: RopeTask, *, with_pictures: bool) -> None:
        self._env, self._task, self._with_pictures = Environment(task, TableGripper()), task, with_pictures
        self._step = 0
        spaces: dict[str, gymnasium.Space[Any]] = {
            "state": gymnasium.spaces.Box(-np.inf, np.inf, (STATE_SIZE,), np.float32),
            "elapsed": gymnasium.spaces.Box(0.0, 1.0, (1,), np.float32),
        }
        if with_pictures:
            shape = (task.image_height, task.image_width, 3)
            spaces["image"] = gymnasium.spaces.Box(0, 255, shape, np.uint8)
        self.observation_space = gymnasium.spaces.Dict(spaces)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (TableGripper.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[ObservationDict, dict[str, Any]]:
        """Lay the rope straight. Returns: the observation, and `distance_m` of the shapes."""
        super().reset(seed=seed, options=options)
        self._step = 0
        self._env.begin(self.np_random)
        return self._observe(), {"distance_m": self._task.distance_m(self._env.data)}

    def step(self, action: NDArray[np.float32]) -> tuple[ObservationDict, float, bool, bool, dict[str, Any]]:
        """One decision. Raises: ActionError, PhysicsDiverged."""
        for _ in range(ACTION_REPEAT):
            self._env.advance(action)
        self._step += ACTION_REPEAT
        distance_m = self._task.distance_m(self._env.data)
        return self._observe(), -distance_m, False, self._step >= self._task.horizon_steps, {"distance_m": distance_m}

    def render(self) -> NDArray[np.uint8]:  # type: ignore[override]
        """The policy camera's picture."""
        return self._env.render()

    def close(self) -> None:
        """Free the OpenGL resources."""
        self._env.close()

    def _observe(self) -> ObservationDict:
        gripper = self._env.robot.state(self._env.model, self._env.data)
        state = np.concatenate([gripper, beads_m(self._env.data).ravel().astype(np.float32)])
        elapsed = np.array([self._step / self._task.horizon_steps], np.float32)
        picture = {"image": self._env.render()} if self._with_pictures else {}
        return {"state": state, "elapsed": elapsed, **picture}
