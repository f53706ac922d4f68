"""The PR2's right arm and right gripper, told to move by gripper velocities. It refuses to know tasks."""

import functools

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.ik import damped_velocity, solve_pose, within_speed
from sim.robots.pr2_model import ARM_JOINTS, FINGER_JOINTS, SERVO_DAMPING, SERVO_STIFFNESS, base_spec
from sim.robots.robot import AbstractRobot
from sim.rotations import rotation_error, turned
from sim.tasks.task import GRASP_EQUALITY, TOOL_SITE

MAX_JOINT_SPEED_RAD_S = np.array([2.088, 2.082, 3.27, 3.3, 3.6, 3.078, 3.6])
"""Velocity limits of the robot's URDF, in the order of ARM_JOINTS."""
SPEED_MARGIN = 0.75
"""Share of those limits that commands may use: the servos overshoot by up to a quarter when a motion begins."""
OPEN_FINGER_RAD = 0.5
"""Finger angle of an open gripper; the URDF's limit is 0.548 rad, a gap of 0.09 m."""

HOME_POSITION_M = np.array([0.44, -0.46, 0.93])
"""Tool at home, in the base frame: beside the table's free area and outside most of the policy's picture."""
HOME_PITCH_RAD = np.deg2rad(60.0)
"""The gripper points forward and this much down."""
HOME_JITTER_M = np.array([0.03, 0.03, 0.02])
HOME_GUESS_RAD = np.array([-0.9, 0.1, -1.2, -1.7, -0.6, -1.2, 0.0])
STATE_POINTS_M = np.array([[0.0, 0.0, 0.0], [-0.1, 0.05, 0.0], [-0.1, -0.05, 0.0]])
"""Three points fixed on the gripper, in the tool frame (thesis 7.2.5.1: 3 non-collinear points)."""

IK_DAMPING = 0.02
POSTURE_GAIN_PER_S = 0.5
"""Pull of the free elbow motion towards the home posture."""
POSE_GAIN_PER_S = 4.0
"""Correction of what the velocity loop missed."""
MAX_LAG_M = 0.03
MAX_LAG_RAD = 0.2
"""How far the commanded pose may run ahead of the gripper, so that a blocked arm does not wind up."""
MAX_JOINT_LAG_RAD = 0.15


@functools.cache
def _arm_model() -> mujoco.MjModel:
    return base_spec().copy().compile()


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
    has_gripper = True
    idle_action = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])

    def __init__(self) -> None:
        self._joint_target = np.zeros(len(ARM_JOINTS))
        self._position_target = np.zeros(3)
        self._quaternion_target = np.array([1.0, 0.0, 0.0, 0.0])
        self._posture = np.zeros(len(ARM_JOINTS))

    def spec(self) -> mujoco.MjSpec:
        """A fresh copy of the robot's specification."""
        return base_spec().copy()

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
