"""The same environment behind the Gymnasium interface, for whatever speaks that.

Reward is 1 in every step that ends in success and 0 otherwise; an episode is cut at the task's horizon.
"""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from sim.env import Environment

ObservationDict = dict[str, NDArray[Any]]


class GymEnvironment(gymnasium.Env[ObservationDict, NDArray[np.float32]]):
    """Observations are dicts of "image" (height, width, 3) uint8 and "state" (S,) float32; actions are unbounded."""

    metadata = {"render_modes": ["rgb_array"]}
    render_mode = "rgb_array"

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._step = 0
        shape = (env.task.image_height, env.task.image_width, 3)
        state_size = env.robot.state_size + env.task.object_state_size
        self.observation_space = gymnasium.spaces.Dict(
            {
                "image": gymnasium.spaces.Box(0, 255, shape, np.uint8),
                "state": gymnasium.spaces.Box(-np.inf, np.inf, (state_size,), np.float32),
            }
        )
        self.action_space = gymnasium.spaces.Box(-np.inf, np.inf, (env.robot.action_size,), np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[ObservationDict, dict[str, Any]]:
        """Draw a layout from Gymnasium's own generator."""
        super().reset(seed=seed, options=options)
        self._step = 0
        observation = self._env.reset(self.np_random)
        return {"image": observation.image, "state": observation.state}, {"success": self._env.success()}

    def step(self, action: NDArray[np.float32]) -> tuple[ObservationDict, float, bool, bool, dict[str, Any]]:
        """One control step. Raises: ActionError, PhysicsDiverged."""
        observation = self._env.step(action)
        self._step += 1
        is_success = self._env.success()
        is_over = self._step >= self._env.task.horizon_steps
        info = {"success": is_success, "chosen": self._env.chosen()}
        return {"image": observation.image, "state": observation.state}, float(is_success), False, is_over, info

    def render(self) -> NDArray[np.uint8]:  # type: ignore[override]
        """The policy camera's picture."""
        return self._env.render()

    def close(self) -> None:
        """Free the OpenGL resources."""
        self._env.close()
