"""The policy that knows nothing."""

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Observation
from mil_core.policies.policy import PolicyConfig
from mil_core.scaling import Scaling


class RandomPolicy:
    """Actions from a standard normal distribution, in units of the demonstrations' standard deviation.

    Source: thesis 7.1.6, "random policy". Differs: a gripper opens and closes by the sign of its number.
    """

    def __init__(self, config: PolicyConfig, scaling: Scaling, rng: np.random.Generator) -> None:
        """Args: config: sizes of the action. scaling: units out. rng: source of the actions."""
        self._config, self._scaling, self._rng = config, scaling, rng

    def reset(self) -> None:
        """Nothing is remembered."""

    def act(self, observation: Observation) -> NDArray[np.float32]:
        """An action, whatever is seen, shape (A,)."""
        velocity = self._rng.standard_normal(self._config.velocity_size) * self._scaling.velocities.std
        gripper = [float(self._rng.standard_normal() > 0)] if self._config.has_gripper else []
        return np.array([*velocity, *gripper], np.float32)
