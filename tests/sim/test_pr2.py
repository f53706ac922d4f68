"""The PR2's joints are the real robot's, and its gripper goes where it is told."""

from collections.abc import Iterator

import mujoco
import numpy as np
import pytest

from sim.collect import task_at
from sim.env import Environment
from sim.errors import AssetMissing
from sim.robots.pr2 import MAX_JOINT_SPEED_RAD_S, PR2, STATE_POINTS_M
from sim.robots.pr2_model import ARM_JOINTS, FINGER_JOINTS
from sim.robots.urdf import simplified
from sim.tasks.task import TOOL_SITE

URDF_LIMITS_RAD = {
    "r_shoulder_pan_joint": (-2.2854, 0.7146),
    "r_shoulder_lift_joint": (-0.5236, 1.3963),
    "r_upper_arm_roll_joint": (-3.9, 0.8),
    "r_elbow_flex_joint": (-2.3213, 0.0),
    "r_wrist_flex_joint": (-2.094, 0.0),
}
"""Limits of PR2's description; the two other joints turn without end."""


@pytest.fixture(scope="module")
def shared_env() -> Iterator[Environment]:
    with Environment(task_at("place", "train", 0, 0), PR2()) as environment:
        yield environment


@pytest.fixture
def env(shared_env: Environment) -> Environment:
    shared_env.reset(np.random.default_rng(0))
    return shared_env


def tool_m(env: Environment) -> np.ndarray:
    return env.data.site(TOOL_SITE).xpos.copy()


def test_joints_are_the_real_ones_and_all_others_are_frozen() -> None:
    model = PR2().spec().compile()
    assert [model.joint(index).name for index in range(model.njnt)] == [*ARM_JOINTS, *FINGER_JOINTS]
    for name in ARM_JOINTS:
        joint = model.joint(name)
        assert bool(model.jnt_limited[joint.id]) == (name in URDF_LIMITS_RAD)
        np.testing.assert_allclose(joint.range, URDF_LIMITS_RAD.get(name, (0.0, 0.0)), atol=1e-3)


def test_robot_weighs_nothing() -> None:
    model = PR2().spec().compile()
    data = mujoco.MjData(model)
    PR2().reset(model, data, np.random.default_rng(0))
    mujoco.mj_forward(model, data)
    held_by_nothing = data.qfrc_bias - data.qfrc_passive
    np.testing.assert_allclose(held_by_nothing, 0.0, atol=1e-6)


def test_every_spec_is_the_callers_own() -> None:
    first = PR2().spec()
    first.worldbody.add_body(name="stranger")
    second = PR2().spec()
    assert "stranger" not in [body.name for body in second.bodies]


@pytest.mark.parametrize("velocity_m_s", [(0.3, 0, 0), (0, 0.5, 0), (0, 0, 0.2), (0.2, 0.3, -0.05)])
def test_gripper_follows_linear_velocity(env: Environment, velocity_m_s: tuple[float, float, float]) -> None:
    action = np.array([*velocity_m_s, 0, 0, 0, 1.0])
    for _ in range(3):
        env.advance(action)
    before = tool_m(env)
    for _ in range(5):
        env.advance(action)
    np.testing.assert_allclose((tool_m(env) - before) / 0.5, velocity_m_s, atol=0.02)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gripper_turns_about_its_tool_point(env: Environment, axis: int) -> None:
    start_m, start = tool_m(env), env.data.site(TOOL_SITE).xmat.reshape(3, 3).copy()
    turn_rad_s = 0.5 * np.eye(3)[axis]
    for _ in range(10):
        env.advance(np.array([0, 0, 0, *turn_rad_s, 1.0]))
    change, quaternion, turned_rad = env.data.site(TOOL_SITE).xmat.reshape(3, 3) @ start.T, np.empty(4), np.empty(3)
    mujoco.mju_mat2Quat(quaternion, change.ravel())
    mujoco.mju_quat2Vel(turned_rad, quaternion, 1.0)
    np.testing.assert_allclose(turned_rad, turn_rad_s, atol=0.03)
    np.testing.assert_allclose(tool_m(env), start_m, atol=2e-3)


def test_commands_beyond_reach_keep_joints_within_limits_and_wind_nothing_up(env: Environment) -> None:
    for _ in range(30):
        env.advance(np.array([1.0, 0, 0, 0, 0, 0, 1.0]))
    for name, (low, high) in URDF_LIMITS_RAD.items():
        assert low - 0.02 < env.data.joint(name).qpos[0] < high + 0.02
    stretched_m = tool_m(env)
    for _ in range(5):
        env.advance(np.array([-0.3, 0, 0, 0, 0, 0, 1.0]))
    assert stretched_m[0] - tool_m(env)[0] > 0.08


def test_joint_speeds_stay_within_their_limits(env: Environment) -> None:
    fastest = np.zeros(len(ARM_JOINTS))
    for _ in range(10):
        env.advance(np.array([0, 3.0, 0, 0, 0, 4.0, 1.0]))
        fastest = np.maximum(fastest, [abs(env.data.joint(name).qvel[0]) for name in ARM_JOINTS])
    assert (fastest < MAX_JOINT_SPEED_RAD_S).all()


def test_state_is_three_points_fixed_on_the_gripper(env: Environment) -> None:
    def distances() -> np.ndarray:
        points_m = env.robot.state(env.model, env.data).reshape(3, 3)
        return np.linalg.norm(points_m[:, None] - points_m[None], axis=-1)

    expected = np.linalg.norm(STATE_POINTS_M[:, None] - STATE_POINTS_M[None], axis=-1)
    np.testing.assert_allclose(distances(), expected, atol=1e-5)
    for _ in range(5):
        env.advance(np.array([0.2, 0.1, 0, 0.5, 0.2, 0.3, 1.0]))
    np.testing.assert_allclose(distances(), expected, atol=1e-5)
    assert np.linalg.matrix_rank(STATE_POINTS_M[1:] - STATE_POINTS_M[0]) == 2


def test_fingers_open_and_close(env: Environment) -> None:
    for _ in range(5):
        env.advance(np.zeros(7))
    opened = env.data.joint(FINGER_JOINTS[0]).qpos[0]
    for _ in range(5):
        env.advance(PR2.idle_action)
    assert opened > 0.4 and env.data.joint(FINGER_JOINTS[0]).qpos[0] < 0.05


def test_missing_mesh_is_reported_with_the_command_that_mends_it(tmp_path: object) -> None:
    from pathlib import Path

    with pytest.raises(AssetMissing, match="pip install example-robot-data"):
        simplified(Path(str(tmp_path)) / "nothing.stl", 100)


def test_simplified_mesh_comes_from_the_cache_unchanged(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    import trimesh

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = Path(str(tmp_path)) / "ball.stl"
    trimesh.creation.icosphere(4, 0.1).export(source)
    first = simplified(source, 200)
    second = simplified(source, 200)
    assert len(first[1]) <= 200 and len(list(Path(str(tmp_path)).rglob("*.npz"))) == 1
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_allclose(np.linalg.norm(first[0], axis=1), 0.1, atol=0.01)
