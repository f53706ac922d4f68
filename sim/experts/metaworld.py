"""Meta-World's own scripted experts, in our units. Refuses to know how they decide."""

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.errors import SimError
from sim.experts.expert import AbstractExpert
from sim.metaworld_env import MetaworldEnvironment


class MetaworldExpert(AbstractExpert):
    """Asks the suite's expert of the task, which looks at the suite's observation and remembers nothing."""

    robots = ("sawyer",)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """Velocity of the hand (m/s) and 0 = open, 1 = closed, shape (4,). Raises: SimError: not Meta-World."""
        if not isinstance(env, MetaworldEnvironment):
            raise SimError(f"Expected Meta-World's simulation, found task {env.task.task_id!r}; choose another task.")
        return env.from_suite(env.suite.expert_action())

    def disturbed(
        self, action: NDArray[np.floating], rng: np.random.Generator, noise_m_s: float
    ) -> NDArray[np.floating]:
        """Noise on the velocity."""
        return action + np.append(rng.normal(0.0, noise_m_s, 3), 0.0)
