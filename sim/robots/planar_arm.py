"""A two-joint planar arm driven by torques, after the reaching arm of the original experiments.

Source: the reacher of the released MIL environments (armature 1, damping 1, RK4, step 0.01 s, torques in [-1, 1]).
Differs: gear 12 instead of 200, so that a good movement uses the whole range of actions; links of 0.14 m on a base at
the edge of the floor. It refuses to know what is to be reached.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.robots.robot import AbstractRobot
from sim.tasks.task import TOOL_SITE

JOINTS = ("shoulder", "elbow")
"""From the base outwards; a joint and its motor share the name."""
LINK_M = 0.14
"""Length of each of the two links."""
GEAR_NM = 12.0
"""Torque of a joint for an action of 1."""
ARMATURE_KG_M2 = 1.0
"""Rotor inertia at each joint; the links weigh so little that it is nearly the whole inertia."""
DAMPING_NMS = 1.0
"""Torque per joint speed that each joint loses."""
HOME_RAD = (0.25, 2.64)
"""Folded: the fingertip is 0.07 m in front of the base, nearer than any target."""
START_JITTER_RAD = 0.15
"""Each joint starts within this of its home angle."""
_LINK_HEIGHT_M = 0.06
_GREY = (0.25, 0.25, 0.25, 1.0)


class PlanarArm(AbstractRobot):
    """Two links that turn about vertical axes; action = two torques; state = joints, fingertip and their speeds."""

    name = "planar_arm"
    action_size = 2
    state_size = 10
    servo_rate_hz = 100.0
    idle_action = np.zeros(2)

    def spec(self) -> mujoco.MjSpec:
        """The arm alone, with its base at the origin and its fingertip as site "tool"."""
        spec = mujoco.MjSpec()
        spec.option.timestep = 0.01
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_RK4
        spec.option.gravity = [0.0, 0.0, 0.0]
        parent = spec.worldbody.add_body(name="base", pos=[0.0, 0.0, _LINK_HEIGHT_M])
        for name, offset_m in zip(JOINTS, (0.0, LINK_M), strict=True):
            parent = _add_link(parent, name, offset_m)
            gear = [GEAR_NM, 0.0, 0.0, 0.0, 0.0, 0.0]
            spec.add_actuator(
                name=name,
                target=name,
                trntype=mujoco.mjtTrn.mjTRN_JOINT,
                gear=gear,
                ctrllimited=True,
                ctrlrange=[-1, 1],
            )
        parent.add_site(name=TOOL_SITE, pos=[LINK_M, 0.0, 0.0], size=[0.005] * 3, group=4)
        return spec

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Fold the arm, joint by joint within START_JITTER_RAD, and stop it."""
        for name, angle_rad in zip(JOINTS, HOME_RAD, strict=True):
            data.joint(name).qpos[0] = angle_rad + rng.uniform(-START_JITTER_RAD, START_JITTER_RAD)
            data.joint(name).qvel[0] = 0.0
            data.actuator(name).ctrl[0] = 0.0

    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        """Command the torques, clipped to [-1, 1]; a torque is held, whatever the period `dt_s`."""
        for name, torque in zip(JOINTS, np.clip(action, -1.0, 1.0), strict=True):
            data.actuator(name).ctrl[0] = torque

    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Joint angles (rad) and speeds (rad/s), then position (m) and velocity (m/s) of the tool, shape (10,).

        Source: state of the released MIL reaching policy (2 qpos, 2 qvel, fingertip xyz, fingertip velocity).
        """
        angles = [data.joint(name).qpos[0] for name in JOINTS]
        speeds = [data.joint(name).qvel[0] for name in JOINTS]
        tool = data.site(TOOL_SITE).xpos
        # Each joint turns the tool about its own vertical axis: speed times (up cross arm).
        velocity = sum(
            speed * np.cross([0.0, 0.0, 1.0], tool - data.joint(name).xanchor)
            for name, speed in zip(JOINTS, speeds, strict=True)
        )
        return np.concatenate([angles, speeds, tool, velocity]).astype(np.float32)


def _add_link(parent: mujoco.MjsBody, name: str, offset_m: float) -> mujoco.MjsBody:
    body = parent.add_body(name=f"{name}_link", pos=[offset_m, 0.0, 0.0])
    body.add_joint(
        name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 0, 1], armature=ARMATURE_KG_M2, damping=DAMPING_NMS
    )
    body.add_geom(
        name=f"{name}_link",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[0.0, 0.0, 0.0, LINK_M, 0.0, 0.0],
        size=[0.008, 0.0, 0.0],
        rgba=_GREY,
        contype=0,
        conaffinity=0,
    )
    return body
