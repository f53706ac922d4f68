"""The arm is the PR2's where it says so, and torques do what torques do."""

import mujoco
import numpy as np
import pytest

from sim.robots.pr2 import PR2
from sim.robots.pr2_model import ARM_JOINTS
from sim.robots.pr2_torque_arm import FORK_RADIUS_M, JOINTS, START_JITTER_RAD, Pr2TorqueArm


@pytest.fixture(scope="module")
def model():
    return Pr2TorqueArm().spec().compile()


@pytest.fixture(scope="module")
def pr2_model():
    return PR2().spec().compile()


def wrist_in_shoulder(model, angles_rad):
    """Place and axes of the wrist in the frame of the shoulder's link, shapes (3,) and (3, 3)."""
    data = mujoco.MjData(model)
    for joint, angle_rad in zip(JOINTS, angles_rad, strict=True):
        data.joint(joint.name).qpos[0] = angle_rad
    mujoco.mj_kinematics(model, data)
    shoulder, wrist = data.body("r_shoulder_pan_link"), data.body("r_wrist_roll_link")
    axes = shoulder.xmat.reshape(3, 3)
    return axes.T @ (wrist.xpos - shoulder.xpos), axes.T @ wrist.xmat.reshape(3, 3)


@pytest.mark.parametrize("seed", range(5))
def test_the_wrist_goes_where_the_pr2s_goes(model, pr2_model, seed):
    angles_rad = np.random.default_rng(seed).uniform(-2.0, 2.0, 7)
    for ours, theirs in zip(
        wrist_in_shoulder(model, angles_rad), wrist_in_shoulder(pr2_model, angles_rad), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_names_and_limits_are_the_pr2s(model, pr2_model):
    assert tuple(joint.name for joint in JOINTS) == ARM_JOINTS
    for name in ARM_JOINTS:
        ours, theirs = model.joint(name), pr2_model.joint(name)
        assert ours.axis.tolist() == theirs.axis.tolist()
        assert model.jnt_limited[ours.id] == pr2_model.jnt_limited[theirs.id]
        np.testing.assert_allclose(ours.range, theirs.range, atol=1e-4)


def test_home_is_near_its_angles_at_rest_with_the_fork_level_above_the_table(model):
    robot, starts = Pr2TorqueArm(), []
    for seed in range(20):
        data = mujoco.MjData(model)
        robot.reset(model, data, np.random.default_rng(seed))
        mujoco.mj_forward(model, data)
        starts.append(robot.state(model, data))
        assert FORK_RADIUS_M < data.site("tool").xpos[2] < 0.06
        assert data.site("tool").xmat.reshape(3, 3)[0, 0] > 0.99 and data.site("tool").xmat[8] > 0.99
    home_rad = [joint.home_rad for joint in JOINTS]
    assert (np.abs(np.array(starts)[:, :7] - home_rad) <= START_JITTER_RAD + 1e-6).all()
    assert np.std(starts, axis=0)[:7].min() > 0.005 and not np.array(starts)[:, 7:14].any()


def test_without_torque_nothing_moves_and_torques_beyond_one_are_clipped(model):
    robot, ends = Pr2TorqueArm(), []
    for torque in (0.0, 1.0, 50.0):
        data = mujoco.MjData(model)
        robot.reset(model, data, np.random.default_rng(0))
        start = data.qpos.copy()
        robot.apply(model, data, np.full(7, torque), 0.05)
        mujoco.mj_step(model, data, 20)
        ends.append(data.qpos - start)
    assert np.abs(ends[0]).max() == 0.0
    np.testing.assert_array_equal(ends[1], ends[2])
    assert (np.abs(ends[1]) > 1e-3).all()


@pytest.mark.parametrize("index", range(7))
def test_a_held_torque_ends_in_the_speed_that_damping_allows(model, index):
    # At a constant speed motor and damper balance, whatever the arm weighs; other joints are held by theirs.
    joint = JOINTS[index]
    data = mujoco.MjData(model)
    Pr2TorqueArm().reset(model, data, np.random.default_rng(0))
    data.joint(joint.name).qvel[0] = 0.1 * joint.gear_nm / joint.damping_nms
    data.actuator(joint.name).ctrl[0] = 0.1
    mujoco.mj_forward(model, data)
    net_nm = data.qfrc_actuator + data.qfrc_passive
    assert np.abs(net_nm).max() < 1e-9


def test_state_is_angles_speeds_and_the_forks_middle(model):
    data = mujoco.MjData(model)
    robot = Pr2TorqueArm()
    robot.reset(model, data, np.random.default_rng(0))
    data.qvel[:] = np.arange(7) / 10
    mujoco.mj_forward(model, data)
    state = robot.state(model, data)
    assert state.shape == (robot.state_size,) and state.dtype == np.float32
    np.testing.assert_allclose(state, np.concatenate([data.qpos, data.qvel, data.site("tool").xpos]), rtol=1e-6)
