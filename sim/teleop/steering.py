"""From a wanted motion of the gripper to an action of a robot.

Robots differ in what their actions are; a person at a device does not want to know.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.errors import SimError
from sim.ik import damped_velocity
from sim.robots.planar_arm import ARMATURE_KG_M2, DAMPING_NMS, GEAR_NM, JOINTS, PlanarArm
from sim.robots.pr2 import PR2
from sim.tasks.task import TOOL_SITE

LINEAR_M_S, ANGULAR_RAD_S = 0.15, 0.6
"""Speed of the gripper at full deflection; the safety gate of the ROS nodes allows more."""
TWIST_SIZE = 7
"""Actions of this size are a twist in the base frame and the gripper, 0 open to 1 closed."""
PLANAR_GAIN_PER_S = 8.0
"""Acceleration of a joint for each rad/s of missing speed."""
PLANAR_DAMPING_M = 0.02
"""Keeps joint speeds bounded where the arm is stretched or folded."""


def steer(env: Environment, motion: NDArray[np.float64], *, is_closed: bool) -> NDArray[np.float64]:
    """The action that moves the gripper as wanted.

    Args: env: the robot as it stands. motion: see `Controls.motion`. is_closed: whether the gripper shall be closed.
    Returns: shape (env.robot.action_size,). Raises: SimError: nobody has said yet how to steer this robot.
    """
    if isinstance(env.robot, PlanarArm):
        return _planar_torques(env, motion[:2] * LINEAR_M_S)
    if isinstance(env.robot, PR2) and env.robot.action_size == TWIST_SIZE:
        return np.concatenate([motion[:3] * LINEAR_M_S, motion[3:] * ANGULAR_RAD_S, [float(is_closed)]])
    raise SimError(f"Expected a robot that people can steer, {PlanarArm.name} or {PR2.name}, found {env.robot.name!r}.")


def _planar_torques(env: Environment, velocity_m_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Torques that bring the fingertip to a velocity in the floor's plane: the rotors are nearly the whole inertia."""
    model, data = env.model, env.data
    jacobian = np.zeros((3, model.nv))
    mujoco.mj_jacSite(model, data, jacobian, None, model.site(TOOL_SITE).id)
    dofs = [int(model.joint(name).dofadr[0]) for name in JOINTS]
    wanted = damped_velocity(jacobian[:2, dofs], velocity_m_s, PLANAR_DAMPING_M, np.zeros(len(dofs)))
    speeds = data.qvel[dofs]
    torque_nm = ARMATURE_KG_M2 * PLANAR_GAIN_PER_S * (wanted - speeds) + DAMPING_NMS * speeds
    return np.clip(torque_nm / GEAR_NM, -1.0, 1.0)
