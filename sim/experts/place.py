"""Carries the held item over the target container and lets it go.

Velocities are proportional to what is left to go, saturated: a policy can imitate that from one picture and one state.
Joint angles are left to the robot's own inverse kinematics.
"""

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.experts.expert import AbstractExpert
from sim.tasks.place import CONTAINERS, ITEM, TABLE_HEIGHT_M
from sim.tasks.task import GRASP_EQUALITY

GAIN_PER_S = 3.0
MAX_SPEED_M_S = 0.28
CARRY_HEIGHT_M = TABLE_HEIGHT_M + 0.16
"""Of the item's centre: its lower end clears the highest container (0.08 m) by 0.05 m."""
RELEASE_HEIGHT_M = TABLE_HEIGHT_M + 0.115
"""The same for every container, so that it need not be guessed from a picture."""
DESCENT_RADIUS_M = 0.08
"""Horizontal distance at which the descent begins."""
TOLERANCE_M = 0.012


class PlaceExpert(AbstractExpert):
    """Above the container, down a little, open, stay."""

    robots = ("pr2",)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """Tool velocity towards the release point; the orientation is kept."""
        return carrying_action(env, env.data.body(CONTAINERS[0]).xpos[:2])

    def disturbed(
        self, action: NDArray[np.floating], rng: np.random.Generator, noise_m_s: float
    ) -> NDArray[np.floating]:
        """Noise on the linear velocity for as long as the item is held."""
        if action[6] < 0.5:
            return action
        noise = np.zeros(len(action))
        noise[:3] = rng.normal(0.0, noise_m_s, 3)
        return action + noise


def carrying_action(env: Environment, place_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry the held item over a place on the table, lower it and let it go; nothing once it is released.

    Args: place_m: x and y, base frame, shape (2,).
    """
    action = np.zeros(env.robot.action_size)
    if not env.data.eq_active[env.model.equality(GRASP_EQUALITY).id]:
        return action
    item_m = env.data.body(ITEM).xpos
    left_m = np.append(place_m - item_m[:2], 0.0)
    distance_m = float(np.linalg.norm(left_m))
    carried = min(1.0, distance_m / DESCENT_RADIUS_M)
    left_m[2] = RELEASE_HEIGHT_M + (CARRY_HEIGHT_M - RELEASE_HEIGHT_M) * carried - item_m[2]
    if np.abs(left_m).max() < TOLERANCE_M:
        return action
    velocity = GAIN_PER_S * left_m
    speed = float(np.linalg.norm(velocity))
    action[:3] = velocity * min(1.0, MAX_SPEED_M_S / speed)
    action[6] = 1.0
    return action
