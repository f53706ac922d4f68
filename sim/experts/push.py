"""Expert for pushing: gets the fork behind the target, takes it between the prongs and brings it to the goal.

Memoryless: the torques are a smooth function of the joints and of where the target is, so that a policy which sees both
can imitate them. It refuses to know what things look like, how heavy they are and how much they rub.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.experts.expert import AbstractExpert
from sim.ik import damped_velocity
from sim.robots.pr2_torque_arm import JOINTS
from sim.tasks.push import BEHIND_M, OBJECTS
from sim.tasks.task import TOOL_SITE

MAX_SPEED_M_S = 0.30
"""What the fork's speed approaches when it is far from where it goes."""
APPROACH_PER_S, PUSH_PER_S = 3.0, 2.5
"""Near its aim, the fork's wanted speed is this times the way that is left: without and with the target in the fork."""
HEIGHT_M = 0.03
"""Of the fork above the table."""
LEVEL_PER_S = 4.0
"""How quickly the fork returns to its height and attitude."""
POSTURE_PER_S = 0.5
"""Pull of the free motion of the elbow towards the middle posture."""
IK_DAMPING = 0.03
ALIGNED_M = (0.004, 0.030)
"""Sideways from the fork's middle line to a target in front of the fork: at the first the fork may advance, at the
second it must stay behind. Here and below, what happens changes smoothly between the two."""
INSIDE_M = (0.050, 0.075)
"""Sideways: at the first the target is between the prongs, at the second it is not."""
ENTERED_M = (0.060, 0.085)
"""Forwards from the fork's middle: the same."""
TAKEN_M = (0.015, 0.050)
"""Forwards, with the target between the prongs: at the first the fork pushes, at the second it moves up to it."""
SPEED_GAIN_NMS = np.array([2.0, 2.0, 1.0, 1.0, 0.7, 0.7, 0.7])
"""Torque for each rad/s of missing joint speed, in the order of JOINTS."""
MIDDLE_RAD = np.array([-0.46, 0.67, -2.31, -1.84, -2.84, -1.33, -1.21])
"""Angles of the joints with the fork in the middle of the table."""
NOISE_PER_M_S = 3.2
"""Standard deviation of the torques' disturbance for each m/s that the fork is to stray by."""
_DAMPING_NMS = np.array([joint.damping_nms for joint in JOINTS])
_GEAR_NM = np.array([joint.gear_nm for joint in JOINTS])


class PushExpert(AbstractExpert):
    """Drives Pr2TorqueArm to push the target of a PushTask."""

    robots = ("pr2_torque_arm",)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """Torques in [-1, 1], shape (7,): what holds the wanted joint speeds, and more where a speed is missing."""
        angles = np.array([env.data.joint(joint.name).qpos[0] for joint in JOINTS])
        speeds = np.array([env.data.joint(joint.name).qvel[0] for joint in JOINTS])
        wanted = damped_velocity(_jacobian(env), fork_twist(env), IK_DAMPING, POSTURE_PER_S * (MIDDLE_RAD - angles))
        torque_nm = _DAMPING_NMS * wanted + SPEED_GAIN_NMS * (wanted - speeds)
        return np.clip(torque_nm / _GEAR_NM, -1.0, 1.0)

    def disturbed(
        self, action: NDArray[np.floating], rng: np.random.Generator, noise_m_s: float
    ) -> NDArray[np.floating]:
        """Noise on all torques that makes the fork stray by about `noise_m_s`."""
        return np.clip(action + rng.normal(0.0, NOISE_PER_M_S * noise_m_s, len(action)), -1.0, 1.0)


def fork_twist(env: Environment) -> NDArray[np.float64]:
    """Wanted velocity (m/s) and angular velocity (rad/s) of the fork, shape (6,)."""
    fork = env.data.site(TOOL_SITE)
    twist = np.empty(6)
    twist[:2] = wanted_velocity(fork.xpos[:2], env.data.body(OBJECTS[0]).xpos[:2])
    twist[2] = LEVEL_PER_S * (HEIGHT_M - fork.xpos[2])
    axes = fork.xmat.reshape(3, 3)
    # Half the sum of (axis x where it should point): the turn that makes the fork level and points it along +x.
    twist[3:] = LEVEL_PER_S * 0.5 * np.cross(axes.T, np.eye(3)).sum(axis=0)
    return twist


def wanted_velocity(fork_m: NDArray[np.float64], target_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Velocity of the fork in the table's plane, shape (2,), m/s.

    A target between the prongs goes where the fork goes, except backwards, and the goal is never behind it: so the fork
    keeps its direction, gets behind the target, takes it in, and moves as the target should.

    Args: fork_m: the fork's middle, shape (2,). target_m: the target's middle, shape (2,); the goal is the origin.
    """
    ahead_m, aside_m = target_m[0] - fork_m[0], abs(target_m[1] - fork_m[1])
    is_beside, is_ahead = _ramp(aside_m, INSIDE_M), _ramp(ahead_m, ENTERED_M)
    is_inside = (1.0 - is_beside) * (1.0 - is_ahead)
    behind_m = BEHIND_M * _ramp(aside_m, ALIGNED_M) * (1.0 - is_inside)
    approach = _bounded(APPROACH_PER_S * (target_m - (behind_m, 0.0) - fork_m))
    is_taken = (1.0 - is_beside) * (1.0 - _ramp(ahead_m, TAKEN_M))
    return is_taken * _bounded(-PUSH_PER_S * target_m) + (1.0 - is_taken) * approach


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """0 below the first end, 1 above the second, smooth in between."""
    share = float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0))
    return share * share * (3.0 - 2.0 * share)


def _bounded(velocity: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same direction, at a speed that approaches MAX_SPEED_M_S smoothly."""
    speed = float(np.linalg.norm(velocity))
    return velocity * (MAX_SPEED_M_S * np.tanh(speed / MAX_SPEED_M_S) / max(speed, 1e-9))


def _jacobian(env: Environment) -> NDArray[np.float64]:
    """Of the fork's middle by the seven joints, shape (6, 7)."""
    jacobian = np.zeros((6, env.model.nv))
    mujoco.mj_jacSite(env.model, env.data, jacobian[:3], jacobian[3:], env.model.site(TOOL_SITE).id)
    return jacobian[:, [env.model.joint(joint.name).dofadr[0] for joint in JOINTS]]
