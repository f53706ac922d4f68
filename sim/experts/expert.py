"""What an expert is: somebody who sees the simulation itself and knows what to do next.

Experts demonstrate; policies must imitate them from pictures and states alone, so an expert's action should depend on
nothing but the present scene.
"""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment


class AbstractExpert(ABC):
    """Chooses actions from the full state of an environment."""

    robots: tuple[str, ...]
    """Names of the robots that it knows how to move."""

    def reset(self, env: Environment, rng: np.random.Generator) -> None:
        """Called once after each reset of the environment; experts that keep no state need not care."""
        del env, rng

    def disturbed(
        self, action: NDArray[np.floating], rng: np.random.Generator, noise_m_s: float
    ) -> NDArray[np.floating]:
        """What is executed instead of `action` while exploring; nothing is disturbed unless an expert says so."""
        del rng, noise_m_s
        return action

    @abstractmethod
    def act(self, env: Environment) -> NDArray[np.float64]:
        """Action for the next control step, shape (env.robot.action_size,)."""
