"""What a robot is: a specification to compile, a home pose, a servo that follows actions, and a state to report.

It refuses to know tasks and cameras.
"""

from abc import ABC, abstractmethod

import mujoco
import numpy as np
from numpy.typing import NDArray


class AbstractRobot(ABC):
    """A robot model together with the servo that turns actions into motion."""

    name: str
    """Name as listed in `sim.robots.ROBOTS`."""
    action_size: int
    """Number of action components."""
    state_size: int
    """Number of state components."""
    servo_rate_hz: float
    """How often `apply` is called per second of simulated time."""
    has_gripper: bool = False
    """Whether the last component of an action commands a gripper, 0 open to 1 closed."""
    idle_action: NDArray[np.float64]
    """Shape (action_size,): hold still, gripper closed."""

    @abstractmethod
    def spec(self) -> mujoco.MjSpec:
        """The robot alone, with the site "tool" and the simulation options; a fresh copy that the caller owns."""

    @abstractmethod
    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Put the robot at its (slightly random) home pose, in place, and forget every earlier command."""

    @abstractmethod
    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        """Set the actuators so that the robot follows `action` for the next `dt_s` seconds, in place."""

    def anchor(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Take the present pose for the commanded one, after somebody else moved the robot; servos without memory need
        not care."""
        del model, data

    @abstractmethod
    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Shape (state_size,), SI units."""
