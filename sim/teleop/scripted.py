"""The task's expert at the controls: for tests and automation."""

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.errors import SimError
from sim.experts import EXPERTS
from sim.experts.expert import AbstractExpert
from sim.tasks import TASKS
from sim.teleop.teleop import AbstractTeleop


class Scripted(AbstractTeleop):
    """Does what the expert of the task does, as fast as the machine allows."""

    is_human = False
    help = "the task's expert moves the robot"

    def __init__(self) -> None:
        self._expert: AbstractExpert | None = None

    def check(self, env: Environment) -> None:
        """Make sure that the task has an expert who knows this robot. Raises: SimError."""
        name = next(name for name, known in TASKS.items() if isinstance(env.task, known))
        if name not in EXPERTS:
            raise SimError(f"Expected a task that an expert can show, found {name!r}; drive with the keyboard instead.")
        robots = EXPERTS[name].robots
        if env.robot.name not in robots:
            raise SimError(
                f"Expected one of the robots {', '.join(robots)}, which the expert of task {name!r} can move, "
                f"found {env.robot.name!r}; type --robot {robots[0]}."
            )
        self._expert = EXPERTS[name]()

    def reset(self, env: Environment, rng: np.random.Generator) -> None:
        """Tell the expert of a new scene."""
        if self._expert is None:
            self.check(env)
        assert self._expert is not None
        self._expert.reset(env, rng)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """The expert's action; `reset` comes first."""
        assert self._expert is not None
        return self._expert.act(env)
