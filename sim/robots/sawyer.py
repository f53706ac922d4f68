"""The Sawyer of Meta-World: a hand that follows a point in the air, and a gripper.

Action = velocity of that point, m/s, at most 0.8 along each axis, and 0 = open, 1 = closed; state = hand and opening.
It moves in the suite's own simulation (sim.metaworld_env) and nowhere else, and refuses to know goals and pucks.
"""

from typing import NoReturn

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.errors import SimError
from sim.robots.robot import AbstractRobot

WIDEST_M = 0.1
"""Between the claws; the suite counts an opening in shares of it."""


class Sawyer(AbstractRobot):
    """What the suite lets one see and command of its robot."""

    name = "sawyer"
    action_size = 4
    state_size = 4
    servo_rate_hz = 80.0
    has_gripper = True
    idle_action = np.array([0.0, 0.0, 0.0, 1.0])

    def spec(self) -> NoReturn:
        """Refused: the suite compiles robot and scene in one. Raises: SimError."""
        _refuse()

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> NoReturn:
        """Refused: the suite does it. Raises: SimError."""
        _refuse()

    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> NoReturn:
        """Refused: the suite does it. Raises: SimError."""
        _refuse()

    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Position of the hand (m), and of the widest opening of the gripper the share, shape (4,).

        Source: the first four numbers of the suite's observations.
        """
        claws_m = np.linalg.norm(data.body("rightclaw").xpos - data.body("leftclaw").xpos)
        return np.array([*data.body("hand").xpos, np.clip(claws_m / WIDEST_M, 0.0, 1.0)], dtype=np.float32)


def _refuse() -> NoReturn:
    raise SimError(
        "Expected one of Meta-World's tasks for robot 'sawyer', found another world; type --task metaworld_reach."
    )
