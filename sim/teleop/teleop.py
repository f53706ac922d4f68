"""What a teleoperation device is: something that says how the robot shall move now, and what the operator wishes.

It refuses to know recording. Devices for people give a wanted motion of the gripper; `steering` makes an action of it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.errors import SimError
from sim.teleop.steering import steer


class DeviceMissing(SimError):
    """A teleoperation device is not there, or its library is not installed."""


class Wish(Enum):
    """What an operator can ask for beside motion."""

    KEEP = "keep this episode and go on"
    REDO = "discard this episode and record it again"
    STOP = "keep this episode and stop"
    SUCCESS = "this episode is a success"
    FAILURE = "this episode is a failure"


@dataclass(frozen=True)
class Controls:
    """What an operator does at one moment."""

    motion: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    """Wanted motion of the gripper in the robot's base frame, x forward, y left, z up, then the turns about these axes;
    each in [-1, 1], where 1 is the robot's full teleoperation speed, shape (6,)."""
    is_closed: bool = True
    """Whether the gripper shall be closed."""


class AbstractTeleop(ABC):
    """Something that moves a robot; use it in a `with` block."""

    is_human = True
    """Whether a person acts: then the world moves at its true pace, and the person ends and labels the episodes."""
    help = ""
    """The controls, in one line."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def check(self, env: Environment) -> None:
        """Raise before anything is recorded when this cannot move that robot. Raises: SimError."""
        self.act(env)

    def reset(self, env: Environment, rng: np.random.Generator) -> None:
        """Called after each reset of the environment."""
        del env, rng

    @abstractmethod
    def act(self, env: Environment) -> NDArray[np.float64]:
        """Action for the next control step, shape (env.robot.action_size,)."""

    def wishes(self) -> list[Wish]:
        """What the operator has asked for since the last call."""
        return []


class SteeredTeleop(AbstractTeleop):
    """A device for people: a wanted motion of the gripper, and buttons."""

    @abstractmethod
    def controls(self) -> Controls:
        """What the operator does now; never waits."""

    def act(self, env: Environment) -> NDArray[np.float64]:
        """The action that moves the gripper as the operator wants."""
        controls = self.controls()
        return steer(env, controls.motion, is_closed=controls.is_closed)
