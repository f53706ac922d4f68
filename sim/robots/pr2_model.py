"""The PR2 as a MuJoCo model, of which the right arm and the right gripper move.

URDF and meshes come from example-robot-data (BSD); joint names are the robot's own. All other joints are frozen and the
robot is gravity compensated, as the real arms are by springs. It refuses to know how the robot is driven.
"""

import functools
import importlib.util
from pathlib import Path

import mujoco
import numpy as np

from sim.errors import AssetMissing
from sim.render import BACKGROUND_GROUP
from sim.robots.urdf import UrdfModel, build
from sim.tasks.task import TOOL_SITE

ARM_JOINTS = (
    "r_shoulder_pan_joint",
    "r_shoulder_lift_joint",
    "r_upper_arm_roll_joint",
    "r_elbow_flex_joint",
    "r_forearm_roll_joint",
    "r_wrist_flex_joint",
    "r_wrist_roll_joint",
)
FINGER_JOINTS = (
    "r_gripper_l_finger_joint",
    "r_gripper_l_finger_tip_joint",
    "r_gripper_r_finger_joint",
    "r_gripper_r_finger_tip_joint",
)
"""All four move by the same angle, which keeps the finger tips parallel."""
TORSO_LIFT_M = 0.2
"""Height of the torso above its lowest position; range of the robot 0 to 0.31 m."""
TOOL_OFFSET_M = (0.18, 0.0, 0.0)
"""Frame r_gripper_tool_frame in r_gripper_palm_link, from the URDF."""
SERVO_STIFFNESS = np.array([2000.0, 2000.0, 1000.0, 1000.0, 600.0, 600.0, 600.0])
"""N m/rad of the joint position servos."""
SERVO_DAMPING = np.array([120.0, 120.0, 60.0, 60.0, 30.0, 30.0, 30.0])
"""N m s/rad of the joint position servos."""
FINGER_TORQUE_NM = 1.0

DARK, SILVER = (0.2, 0.2, 0.22, 1.0), (0.62, 0.64, 0.67, 1.0)
WHITE, GREY = (0.88, 0.88, 0.86, 1.0), (0.45, 0.46, 0.5, 1.0)


@functools.cache
def _urdf() -> UrdfModel:
    package = importlib.util.find_spec("cmeel")
    folder = Path(package.origin).parents[1] if package and package.origin else Path()
    root = folder / "cmeel.prefix" / "share"
    if not (root / "example-robot-data").is_dir():
        raise AssetMissing(f"Expected the PR2 in {root}, found none; type `pip install example-robot-data==6.0.0`.")
    frozen = {"torso_lift_joint": TORSO_LIFT_M, "head_tilt_joint": 0.7}
    # The left arm hangs at the side, out of every picture that a policy sees.
    frozen |= {"l_shoulder_pan_joint": 1.5, "l_shoulder_lift_joint": 1.1, "l_upper_arm_roll_joint": 1.6}
    frozen |= {"l_elbow_flex_joint": -1.6, "l_wrist_flex_joint": -1.0}
    dark = ("shoulder_lift", "elbow_flex", "wrist_flex", "gripper_palm", "tilting_hokuyo", "wheel", "caster")
    silver = ("l_finger", "l_finger_tip", "wrist_roll", "forearm_roll", "upper_arm_roll")
    return UrdfModel(
        path=root / "example-robot-data/robots/pr2_description/urdf/pr2.urdf",
        package_root=root,
        root_link="base_footprint",
        moving_joints=ARM_JOINTS + FINGER_JOINTS,
        frozen_positions=frozen,
        max_faces={"l_finger": 100, "l_finger_tip": 80, "gripper_palm": 250, "wheel": 60, "caster": 60},
        default_max_faces=250,
        rgba={name: DARK for name in dark} | {name: SILVER for name in silver}
        | {name: WHITE for name in ("base", "upper_arm", "forearm", "head_tilt", "shoulder_pan")}
        | {name: GREY for name in ("torso_lift", "head_pan")},
    )  # fmt: skip


@functools.cache
def base_spec() -> mujoco.MjSpec:
    """The robot; callers copy it and never change it."""
    spec = build(_urdf())
    spec.modelname = "pr2"
    spec.option.timestep = 0.004
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.iterations = 20
    palm = spec.body("r_gripper_palm_link")
    palm.add_site(name=TOOL_SITE, pos=TOOL_OFFSET_M, group=4)
    _add_collisions(spec)
    _hide_background(spec)
    _add_servos(spec)
    return spec


def _add_collisions(spec: mujoco.MjSpec) -> None:
    """Simple shapes where the robot can touch things: finger tips, palm, forearm."""
    shape = {"group": 4, "mass": 0.0, "rgba": [0.0, 0.8, 0.0, 0.3], "friction": [1.0, 0.01, 0.001]}
    for side, sign in (("l", 1.0), ("r", -1.0)):
        tip = spec.body(f"r_gripper_{side}_finger_tip_link")
        tip.add_geom(
            name=f"{tip.name}_collision",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            size=[0.018, 0.004, 0.01],
            pos=[0.015, sign * -0.006, 0.0],
            **shape,
        )
    capsule = mujoco.mjtGeom.mjGEOM_CAPSULE
    palm, forearm = spec.body("r_gripper_palm_link"), spec.body("r_forearm_link")
    # The wrist lets these two shapes overlap, which the real, slimmer parts do not.
    spec.add_exclude(name="wrist", bodyname1=palm.name, bodyname2=forearm.name)
    palm.add_geom(name="palm_collision", type=capsule, fromto=[0.03, 0, 0, 0.09, 0, 0], size=[0.04, 0, 0], **shape)
    ends_m = [0.05, 0, 0, 0.28, 0, 0]
    forearm.add_geom(name="forearm_collision", type=capsule, fromto=ends_m, size=[0.05, 0, 0], **shape)


def _hide_background(spec: mujoco.MjSpec) -> None:
    for body in spec.bodies:
        if not body.name.startswith(("r_", "base_link", "torso", "l_shoulder_pan")):
            for geom in body.geoms:
                geom.group = BACKGROUND_GROUP


def _add_servos(spec: mujoco.MjSpec) -> None:
    limits = dict(zip(ARM_JOINTS, zip(SERVO_STIFFNESS, SERVO_DAMPING, strict=True), strict=True))
    for joint in ARM_JOINTS + FINGER_JOINTS:
        stiffness, damping = limits.get(joint, (20.0, 2.0))
        torque_nm = 200.0 if joint in ARM_JOINTS else FINGER_TORQUE_NM
        spec.add_actuator(
            name=joint,
            target=joint,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            gaintype=mujoco.mjtGain.mjGAIN_FIXED,
            biastype=mujoco.mjtBias.mjBIAS_AFFINE,
            gainprm=[stiffness] + [0.0] * 9,
            biasprm=[0.0, -stiffness, -damping] + [0.0] * 7,
            forcelimited=True,
            forcerange=[-torque_nm, torque_nm],
        )
    for joint in FINGER_JOINTS:
        spec.joint(joint).armature = 0.01
