"""Laws of inverse kinematics, and poses on the real arm."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import IkFailed
from sim.ik import POSE_TOLERANCE_M, damped_velocity, solve_pose, within_speed
from sim.robots.pr2 import HOME_POSITION_M, PR2, home_quaternion
from sim.robots.pr2_model import ARM_JOINTS
from sim.tasks.task import TOOL_SITE

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_without_damping_the_twist_is_reproduced_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    jacobian, twist, preferred = rng.normal(size=(6, 7)), rng.normal(size=6), rng.normal(size=7)
    if np.linalg.cond(jacobian) < 1e3:
        np.testing.assert_allclose(jacobian @ damped_velocity(jacobian, twist, 0.0, preferred), twist, atol=1e-6)


@given(SEEDS, st.floats(0.01, 1.0))
def test_damped_velocity_minimises_its_objective(seed: int, damping: float) -> None:
    rng = np.random.default_rng(seed)
    jacobian, twist, preferred = rng.normal(size=(6, 7)), rng.normal(size=6), rng.normal(size=7)
    found = damped_velocity(jacobian, twist, damping, preferred)
    gradient = jacobian.T @ (jacobian @ found - twist) + damping**2 * (found - preferred)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-8)


@given(SEEDS, st.floats(0.05, 1.0))
def test_velocity_stays_bounded_at_a_singular_pose(seed: int, damping: float) -> None:
    rng = np.random.default_rng(seed)
    jacobian, twist = rng.normal(size=(6, 7)), rng.normal(size=6)
    jacobian[5] = jacobian[4]
    velocity = damped_velocity(jacobian, twist, damping, np.zeros(7))
    # The largest singular value of J^T (J J^T + d^2 I)^-1 is 1 / (2 d).
    assert np.linalg.norm(velocity) <= np.linalg.norm(twist) / (2 * damping) + 1e-9


@given(SEEDS)
def test_within_speed_keeps_direction_and_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    velocity, limit = rng.normal(0, 5, 7), rng.uniform(0.5, 3.0, 7)
    slowed = within_speed(velocity, limit)
    assert (np.abs(slowed) <= limit + 1e-12).all()
    scale = np.linalg.norm(slowed) / np.linalg.norm(velocity)
    assert scale <= 1.0 + 1e-12
    np.testing.assert_allclose(slowed, velocity * scale, atol=1e-12)
    if (np.abs(velocity) <= limit).all():
        np.testing.assert_array_equal(slowed, velocity)


@pytest.fixture(scope="module")
def arm() -> mujoco.MjModel:
    return PR2().spec().compile()


@settings(max_examples=10)
@given(st.floats(-0.05, 0.3), st.floats(-0.05, 0.5), st.floats(-0.1, 0.1))
def test_solved_pose_is_reached_within_the_joint_limits(arm: mujoco.MjModel, x: float, y: float, z: float) -> None:
    wanted_m = HOME_POSITION_M + np.array([x, y, z])
    data = mujoco.MjData(arm)
    PR2().reset(arm, data, np.random.default_rng(0))
    data.qpos[:] = solve_pose(arm, TOOL_SITE, wanted_m, home_quaternion(), data.qpos.copy())
    mujoco.mj_kinematics(arm, data)
    assert np.linalg.norm(data.site(TOOL_SITE).xpos - wanted_m) < POSE_TOLERANCE_M
    for joint in ARM_JOINTS:
        if arm.jnt_limited[arm.joint(joint).id]:
            low, high = arm.joint(joint).range
            assert low - 1e-6 <= data.joint(joint).qpos[0] <= high + 1e-6


def test_pose_out_of_reach_is_refused(arm: mujoco.MjModel) -> None:
    data = mujoco.MjData(arm)
    PR2().reset(arm, data, np.random.default_rng(0))
    with pytest.raises(IkFailed, match="reachable"):
        solve_pose(arm, TOOL_SITE, np.array([3.0, 0.0, 1.0]), home_quaternion(), data.qpos.copy())
