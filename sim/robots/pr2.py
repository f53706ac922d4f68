"""The PR2 with its right arm and right gripper active, told to move by gripper velocities.

URDF and meshes come from example-robot-data (BSD); joint names and limits are the robot's own. All other joints are
frozen and the robot is gravity compensated, as the real arms are by springs. It refuses to know tasks.
"""

import functools
import importlib.util
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.errors import AssetMissing
from sim.ik import damped_velocity, solve_pose, within_speed
from sim.render import BACKGROUND_GROUP
from sim.robots.robot import AbstractRobot
from sim.robots.urdf import UrdfModel, build
from sim.rotations import rotation_error, turned
from sim.tasks.task import GRASP_EQUALITY, TOOL_SITE

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
MAX_JOINT_SPEED_RAD_S = np.array([2.088, 2.082, 3.27, 3.3, 3.6, 3.078, 3.6])
"""Velocity limits of the robot's URDF, in the order of ARM_JOINTS."""
SPEED_MARGIN = 0.75
"""Share of those limits that commands may use: the servos overshoot by up to a quarter when a motion begins."""
OPEN_FINGER_RAD = 0.5
"""Finger angle of an open gripper; the URDF's limit is 0.548 rad, a gap of 0.09 m."""
TORSO_LIFT_M = 0.2
"""Height of the torso above its lowest position; range of the robot 0 to 0.31 m."""
TOOL_OFFSET_M = (0.18, 0.0, 0.0)
"""Frame r_gripper_tool_frame in r_gripper_palm_link, from the URDF."""

HOME_POSITION_M = np.array([0.44, -0.46, 0.93])
"""Tool at home, in the base frame: beside the table's free area and outside most of the policy's picture."""
HOME_PITCH_RAD = np.deg2rad(60.0)
"""The gripper points forward and this much down."""
HOME_JITTER_M = np.array([0.03, 0.03, 0.02])
HOME_GUESS_RAD = np.array([-0.9, 0.1, -1.2, -1.7, -0.6, -1.2, 0.0])
STATE_POINTS_M = np.array([[0.0, 0.0, 0.0], [-0.1, 0.05, 0.0], [-0.1, -0.05, 0.0]])
"""Three points fixed on the gripper, in the tool frame (thesis 7.2.5.1: 3 non-collinear points)."""

SERVO_STIFFNESS = np.array([2000.0, 2000.0, 1000.0, 1000.0, 600.0, 600.0, 600.0])
"""N m/rad of the joint position servos."""
SERVO_DAMPING = np.array([120.0, 120.0, 60.0, 60.0, 30.0, 30.0, 30.0])
"""N m s/rad of the joint position servos."""
FINGER_TORQUE_NM = 1.0
IK_DAMPING = 0.02
POSTURE_GAIN_PER_S = 0.5
"""Pull of the free elbow motion towards the home posture."""
POSE_GAIN_PER_S = 4.0
"""Correction of what the velocity loop missed."""
MAX_LAG_M = 0.03
MAX_LAG_RAD = 0.2
"""How far the commanded pose may run ahead of the gripper, so that a blocked arm does not wind up."""
MAX_JOINT_LAG_RAD = 0.15

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
def _base_spec() -> mujoco.MjSpec:
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


@functools.cache
def _arm_model() -> mujoco.MjModel:
    return _base_spec().copy().compile()


def home_quaternion(yaw_rad: float = 0.0) -> NDArray[np.float64]:
    """Orientation of the tool at home, wxyz."""
    result = np.empty(4)
    mujoco.mju_euler2Quat(result, [0.0, HOME_PITCH_RAD, yaw_rad], "XYZ")
    return result


@functools.cache
def _home_start() -> NDArray[np.float64]:
    start = _arm_model().qpos0.copy()
    start[: len(ARM_JOINTS)] = HOME_GUESS_RAD
    return solve_pose(_arm_model(), TOOL_SITE, HOME_POSITION_M, home_quaternion(), start)


class PR2(AbstractRobot):
    """Action (7,): tool velocity m/s (3) and angular velocity rad/s (3) in the base frame, gripper 0 open to 1 closed.

    State (9,): positions of three points fixed on the gripper, in the base frame, metres.
    """

    name = "pr2"
    action_size = 7
    state_size = 9
    servo_rate_hz = 50.0
    idle_action = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])

    def __init__(self) -> None:
        self._joint_target = np.zeros(len(ARM_JOINTS))
        self._position_target = np.zeros(3)
        self._quaternion_target = np.array([1.0, 0.0, 0.0, 0.0])
        self._posture = np.zeros(len(ARM_JOINTS))

    def spec(self) -> mujoco.MjSpec:
        """A fresh copy of the robot's specification."""
        return _base_spec().copy()

    def reset(self, model: mujoco.MjModel, data: mujoco.MjData, rng: np.random.Generator) -> None:
        """Home pose with a little random displacement; the gripper stands open."""
        self.stand_at(model, data, HOME_POSITION_M + rng.uniform(-HOME_JITTER_M, HOME_JITTER_M))

    def stand_at(self, model: mujoco.MjModel, data: mujoco.MjData, position_m: NDArray[np.float64]) -> None:
        """Tool at a position, oriented as at home, the gripper open, in place. Args: position_m: base frame."""
        home = solve_pose(_arm_model(), TOOL_SITE, position_m, home_quaternion(), _home_start())
        self._posture = home[: len(ARM_JOINTS)].copy()
        data.qpos[_addresses(model)] = self._posture
        for joint in FINGER_JOINTS:
            data.joint(joint).qpos[0] = OPEN_FINGER_RAD
        mujoco.mj_kinematics(model, data)
        self.anchor(model, data)
        for joint in ARM_JOINTS + FINGER_JOINTS:
            data.actuator(joint).ctrl[0] = data.joint(joint).qpos[0]

    def anchor(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Where the arm is, is where it shall be."""
        self._joint_target = data.qpos[_addresses(model)].copy()
        self._position_target = data.site(TOOL_SITE).xpos.copy()
        self._quaternion_target = _site_quaternion(data)

    def apply(self, model: mujoco.MjModel, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        """Servo the commanded gripper pose; an opening gripper lets go of what it holds."""
        self._advance_target(data, action, dt_s)
        twist = np.concatenate([action[:3], action[3:6]])
        twist[:3] += POSE_GAIN_PER_S * (self._position_target - data.site(TOOL_SITE).xpos)
        twist[3:] += POSE_GAIN_PER_S * rotation_error(self._quaternion_target, _site_quaternion(data))
        addresses, dofs = _addresses(model), _dofs(model)
        joint_rad = data.qpos[addresses]
        preferred = POSTURE_GAIN_PER_S * (self._posture - joint_rad)
        velocity = damped_velocity(_jacobian(model, data)[:, dofs], twist, IK_DAMPING, preferred)
        velocity = within_speed(velocity, SPEED_MARGIN * MAX_JOINT_SPEED_RAD_S)
        self._servo(model, data, velocity, dt_s)
        _grip(model, data, float(action[6]))

    def state(self, model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float32]:
        """Positions of the three gripper points, one after the other."""
        tool = data.site(TOOL_SITE)
        points_m = tool.xpos + STATE_POINTS_M @ tool.xmat.reshape(3, 3).T
        return points_m.ravel().astype(np.float32)

    def _advance_target(self, data: mujoco.MjData, action: NDArray[np.float64], dt_s: float) -> None:
        tool_m = data.site(TOOL_SITE).xpos
        ahead = self._position_target - tool_m
        distance = float(np.linalg.norm(ahead))
        if distance > MAX_LAG_M:
            self._position_target = tool_m + ahead * (MAX_LAG_M / distance)
        self._position_target = self._position_target + action[:3] * dt_s
        error = rotation_error(self._quaternion_target, _site_quaternion(data))
        if np.linalg.norm(error) > MAX_LAG_RAD:
            self._quaternion_target = turned(_site_quaternion(data), error * (MAX_LAG_RAD / np.linalg.norm(error)))
        self._quaternion_target = turned(self._quaternion_target, action[3:6] * dt_s)

    def _servo(self, model: mujoco.MjModel, data: mujoco.MjData, velocity: NDArray[np.float64], dt_s: float) -> None:
        joint_rad = data.qpos[_addresses(model)]
        target = self._joint_target + velocity * dt_s
        target = np.clip(target, joint_rad - MAX_JOINT_LAG_RAD, joint_rad + MAX_JOINT_LAG_RAD)
        limited, limits = _arm_limits(model)
        target = np.where(limited, np.clip(target, limits[:, 0], limits[:, 1]), target)
        moved = (target - self._joint_target) / dt_s
        self._joint_target = target
        # The damping term of the servo pulls against any motion: the second summand takes that off again.
        data.ctrl[_arm_actuators(model)] = target + SERVO_DAMPING / SERVO_STIFFNESS * moved


def _grip(model: mujoco.MjModel, data: mujoco.MjData, closed: float) -> None:
    closed = float(np.clip(closed, 0.0, 1.0))
    for joint in FINGER_JOINTS:
        data.actuator(joint).ctrl[0] = (1.0 - closed) * OPEN_FINGER_RAD
    # Held objects hang on a weld, not on friction alone: friction grasps creep in any simulator, and what is learned
    # here is where to let go. The weld ends when the gripper opens.
    grasp = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_EQUALITY, GRASP_EQUALITY)
    if grasp >= 0 and closed < 0.5:
        data.eq_active[grasp] = 0


def _addresses(model: mujoco.MjModel) -> NDArray[np.int64]:
    return np.array([model.joint(joint).qposadr[0] for joint in ARM_JOINTS])


def _dofs(model: mujoco.MjModel) -> NDArray[np.int64]:
    return np.array([model.joint(joint).dofadr[0] for joint in ARM_JOINTS])


def _arm_actuators(model: mujoco.MjModel) -> NDArray[np.int64]:
    return np.array([model.actuator(joint).id for joint in ARM_JOINTS])


def _arm_limits(model: mujoco.MjModel) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    joints = [model.joint(joint).id for joint in ARM_JOINTS]
    return model.jnt_limited[joints].astype(bool), model.jnt_range[joints]


def _jacobian(model: mujoco.MjModel, data: mujoco.MjData) -> NDArray[np.float64]:
    jacobian = np.zeros((6, model.nv))
    mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], model.site(TOOL_SITE).id)
    return jacobian


def _site_quaternion(data: mujoco.MjData) -> NDArray[np.float64]:
    result = np.empty(4)
    mujoco.mju_mat2Quat(result, data.site(TOOL_SITE).xmat)
    return result
