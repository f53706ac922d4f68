"""Expert for reaching: goes to the target's joint angles with bounded speed, by feedback alone.

Memoryless: the torque is a smooth function of the joints and the target's place, so that a policy which sees both can
imitate it. It refuses to know colours and steps.
"""

import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.experts.expert import AbstractExpert
from sim.robots.planar_arm import ARMATURE_KG_M2, DAMPING_NMS, GEAR_NM, JOINTS, LINK_M
from sim.tasks.reach import ReachTask

MAX_SPEED_RAD_S = 1.8
"""Speed that a joint far from its goal approaches."""
APPROACH_PER_S = 3.5
"""Near the goal the wanted speed is this times the angle that is left."""
SPEED_GAIN_PER_S = 5.0
"""Acceleration for each rad/s of missing speed."""


class ReachExpert(AbstractExpert):
    """Drives PlanarArm to the target of a ReachTask."""

    robots = ("planar_arm",)

    def act(self, env: Environment) -> NDArray[np.float64]:
        """Torques in [-1, 1], shape (2,).

        The wanted speed grows with the angle that is left and saturates smoothly; the torque that brings the joints to
        that speed follows from the rotors' inertia (the links' is small) and the damping.
        """
        angles = np.array([env.data.joint(name).qpos[0] for name in JOINTS])
        speeds = np.array([env.data.joint(name).qvel[0] for name in JOINTS])
        goal = joint_angles(env.data.body("disc0").xpos[:2])
        wanted = MAX_SPEED_RAD_S * np.tanh(APPROACH_PER_S / MAX_SPEED_RAD_S * (goal - angles))
        torque_nm = ARMATURE_KG_M2 * SPEED_GAIN_PER_S * (wanted - speeds) + DAMPING_NMS * speeds
        return np.clip(torque_nm / GEAR_NM, -1.0, 1.0)

    def disturbed(
        self, action: NDArray[np.floating], rng: np.random.Generator, noise_m_s: float
    ) -> NDArray[np.floating]:
        """Torque pulses that change each joint's speed, and the speed of a tool two links away by `noise_m_s`."""
        pulse_nm = ARMATURE_KG_M2 * noise_m_s / (2 * LINK_M) * ReachTask.control_rate_hz
        return np.clip(action + rng.normal(0.0, pulse_nm / GEAR_NM, len(action)), -1.0, 1.0)


def joint_angles(tool_xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Joint angles that bring the tool to a place, the elbow always bent to the left.

    Source: law of cosines for two equal links.

    Args: tool_xy_m: place in the frame of the arm's base, shape (2,), at most two links away.
    Returns: shoulder and elbow angle, rad, shape (2,).
    """
    half_elbow = np.arccos(np.clip(np.linalg.norm(tool_xy_m) / (2 * LINK_M), -1.0, 1.0))
    return np.array([np.arctan2(tool_xy_m[1], tool_xy_m[0]) - half_elbow, 2 * half_elbow])
