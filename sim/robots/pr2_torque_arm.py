"""An arm with the kinematics of the PR2's right arm and a pushing fork, driven by seven joint torques.

Source: axes, distances and limits of the joints from the PR2's URDF (pr2_description); torques, zero gravity and the
fork of three capsules as in the pusher of the released MIL environments. Differs: gears and damping of our own, so that
a joint loses its speed within a few control steps and a push uses a good part of the range of actions; the fork hangs
below the wrist, so that one posture of the arm serves the whole table. It refuses to know what is to be pushed.
"""

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.robots.robot import AbstractRobot
from sim.tasks.task import TOOL_SITE


@dataclass(frozen=True)
class Joint:
    """A joint and its motor, which share the name, and the link that follows."""

    name: str
    """As in the URDF."""
    axis: tuple[int, int, int]
    """In the link's own frame, whose x axis points along the link."""
    offset_m: float
    """From the joint before it, along that one's link."""
    limits_rad: tuple[float, float] | None
    """None where it turns without end."""
    home_rad: float
    """Angle at home: the fork lies level behind the place where objects start, and points along +x."""
    gear_nm: float
    """Torque for an action of 1."""
    damping_nms: float
    """Torque per joint speed that the joint loses."""


JOINTS = (
    Joint("r_shoulder_pan_joint", (0, 0, 1), 0.0, (-2.2854, 0.7146), -0.51, 4.0, 3.0),
    Joint("r_shoulder_lift_joint", (0, 1, 0), 0.1, (-0.5236, 1.3963), 1.07, 5.0, 3.0),
    Joint("r_upper_arm_roll_joint", (1, 0, 0), 0.0, (-3.9, 0.8), -2.7, 3.5, 2.0),
    Joint("r_elbow_flex_joint", (0, 1, 0), 0.4, (-2.3213, 0.0), -2.01, 2.0, 2.0),
    Joint("r_forearm_roll_joint", (1, 0, 0), 0.0, None, -3.23, 1.5, 1.0),
    Joint("r_wrist_flex_joint", (0, 1, 0), 0.321, (-2.094, 0.0), -1.78, 1.5, 1.0),
    Joint("r_wrist_roll_joint", (1, 0, 0), 0.0, None, -0.93, 1.5, 1.0),
)
"""From the base outwards."""
ARMATURE_KG_M2 = 0.1
"""Rotor inertia at each joint."""
LINK_KG_M3 = 300.0
"""Density of the links, as released."""
BASE_M = (-0.54, -0.11, 0.50)
"""Place of the shoulder in the world: the goal of a push is at the origin, the table's top at height zero."""
START_JITTER_RAD = 0.03
"""Each joint starts within this of its home angle."""
FORK_PITCH_RAD = 1.2
"""The wrist points forward and this much down when the fork lies level."""
FORK_REACH_M = 0.12
"""From the wrist to the middle of the fork."""
FORK_LENGTH_M = 0.10
"""Length of each of the two prongs."""
FORK_HALF_WIDTH_M = 0.07
"""From the middle line to the axis of a prong."""
FORK_RADIUS_M = 0.012
"""Of the three capsules; 0.02 m in the released environments."""
_CAPSULE = mujoco.mjtGeom.mjGEOM_CAPSULE
_LIGHT, _DARK = (0.75, 0.75, 0.77, 1.0), (0.2, 0.2, 0.22, 1.0)
_BONES: dict[str, tuple[tuple[float, ...], float, tuple[float, ...]]] = {
    "r_shoulder_pan_joint": ((0.0, 0.0, -0.1, 0.0, 0.0, 0.08), 0.08, _DARK),
    "r_upper_arm_roll_joint": ((0.0, 0.0, 0.0, 0.4, 0.0, 0.0), 0.05, _LIGHT),
    "r_forearm_roll_joint": ((0.0, 0.0, 0.0, 0.291, 0.0, 0.0), 0.04, _LIGHT),
    "r_wrist_flex_joint": ((0.0, -0.02, 0.0, 0.0, 0.02, 0.0), 0.03, _DARK),
}
"""Joint -> ends, radius and colour of the capsule that follows it; the other joints sit inside these."""


class Pr2TorqueArm(AbstractRobot):
    """Action = seven torques in [-1, 1]; state = joint angles, joint speeds, place of the fork's middle.

    Source: state of the released MIL pushing policy (7 qpos, 7 qvel, tip xyz, goal xyz). Differs: the goal, which never
    moves, is left out, because a constant says nothing.
    """

    name = "pr2_torque_arm"
    action_size = 7
    state_size = 17
    servo_rate_hz = 20.0
    idle_action = np.zeros(7)

    def spec(self) -> mujoco.MjSpec:
        """The arm alone, with its base at BASE_M and the middle of its fork as site "tool"."""
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        # Several joints share one place: the links between them are points, and hardly weigh anything.
        spec.compiler.boundmass, spec.compiler.boundinertia = 0.01, 1e-4
        spec.option.timestep = 0.0025
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.gravity = [0.0, 0.0, 0.0]
        body, offset_m = spec.worldbody, np.array(BASE_M)
        for joint in JOINTS:
            body = _add_link(spec, body, joint, offset_m)
            offset_m = np.zeros(3)
        _add_fork(body)
        return spec

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Home pose, joint by joint within START_JITTER_RAD, at rest."""
        for joint in JOINTS:
            data.joint(joint.name).qpos[0] = joint.home_rad + rng.uniform(-START_JITTER_RAD, START_JITTER_RAD)
            data.joint(joint.name).qvel[0] = 0.0
            data.actuator(joint.name).ctrl[0] = 0.0

    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        """Command the torques, clipped to [-1, 1]; a torque is held, whatever the period `dt_s`."""
        for joint, torque in zip(JOINTS, np.clip(action, -1.0, 1.0), strict=True):
            data.actuator(joint.name).ctrl[0] = torque

    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Angles (rad) and speeds (rad/s) of the seven joints, then the tool's place (m), shape (17,)."""
        angles = [data.joint(joint.name).qpos[0] for joint in JOINTS]
        speeds = [data.joint(joint.name).qvel[0] for joint in JOINTS]
        return np.concatenate([angles, speeds, data.site(TOOL_SITE).xpos]).astype(np.float32)


def _add_link(spec: mujoco.MjSpec, parent: mujoco.MjsBody, joint: Joint, base_m: NDArray[np.float64]) -> mujoco.MjsBody:
    """The joint, its link and its motor; `base_m` moves the first joint to its place in the world."""
    body = parent.add_body(
        name=joint.name.replace("_joint", "_link"), pos=base_m + np.array([joint.offset_m, 0.0, 0.0])
    )
    body.add_joint(
        name=joint.name,
        type=mujoco.mjtJoint.mjJNT_HINGE,
        axis=joint.axis,
        limited=joint.limits_rad is not None,
        range=joint.limits_rad or (0.0, 0.0),
        armature=ARMATURE_KG_M2,
        damping=joint.damping_nms,
    )
    if joint.name in _BONES:
        ends_m, radius_m, rgba = _BONES[joint.name]
        _add_capsule(body, ends_m, radius_m, rgba)
    gear = [joint.gear_nm, 0.0, 0.0, 0.0, 0.0, 0.0]
    spec.add_actuator(
        name=joint.name,
        target=joint.name,
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gear=gear,
        ctrllimited=True,
        ctrlrange=[-1, 1],
    )
    return body


def _add_fork(wrist: mujoco.MjsBody) -> None:
    """Back, two prongs and a stem up to the wrist; only these touch things, without friction as released."""
    half = FORK_PITCH_RAD / 2
    fork = wrist.add_body(name="fork", pos=[FORK_REACH_M, 0.0, 0.0], quat=[np.cos(half), 0.0, -np.sin(half), 0.0])
    back, tip, side = -FORK_LENGTH_M / 2, FORK_LENGTH_M / 2, FORK_HALF_WIDTH_M
    for name, ends_m in (
        ("back", (back, -side, 0.0, back, side, 0.0)),
        ("right", (back, -side, 0.0, tip, -side, 0.0)),
        ("left", (back, side, 0.0, tip, side, 0.0)),
    ):
        geom = _add_capsule(fork, ends_m, FORK_RADIUS_M, _DARK)
        geom.name, geom.contype, geom.conaffinity, geom.condim = f"fork_{name}", 1, 1, 1
    wrist_m = (-FORK_REACH_M * np.cos(FORK_PITCH_RAD), 0.0, FORK_REACH_M * np.sin(FORK_PITCH_RAD))
    _add_capsule(fork, (back, 0.0, 0.0, *wrist_m), FORK_RADIUS_M, _DARK)
    fork.add_site(name=TOOL_SITE, size=[0.005] * 3, group=4)


def _add_capsule(
    body: mujoco.MjsBody, ends_m: tuple[float, ...], radius_m: float, rgba: tuple[float, ...]
) -> mujoco.MjsGeom:
    return body.add_geom(
        type=_CAPSULE,
        fromto=ends_m,
        size=[radius_m, 0.0, 0.0],
        rgba=rgba,
        density=LINK_KG_M3,
        contype=0,
        conaffinity=0,
    )
