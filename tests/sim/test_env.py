"""Contracts of every task with its robot, and of the environment itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import mujoco
import numpy as np
import pytest

import sim.experts
import sim.robots
import sim.tasks
from sim.collect import EXPERTS, ROBOTS, TASKS, task_at
from sim.env import Environment
from sim.errors import ActionError, PhysicsDiverged, SimError
from sim.gym_env import GymEnvironment

PAIRS = (("place", "pr2"), ("push", "pr2_torque_arm"), ("reach", "planar_arm"))


@pytest.fixture(params=PAIRS, ids=lambda pair: "-".join(pair))
def env(request: pytest.FixtureRequest) -> Iterator[Environment]:
    task_name, robot_name = request.param
    with Environment(task_at(task_name, "train", 0, 0), ROBOTS[robot_name]()) as environment:
        yield environment


def random_actions(env: Environment, count: int) -> np.ndarray:
    return np.random.default_rng(3).normal(0.0, 0.1, (count, env.robot.action_size))


def test_same_seed_and_actions_give_the_same_trajectory(env: Environment) -> None:
    runs = []
    for _ in range(2):
        observations = [env.reset(np.random.default_rng(5))]
        observations += [env.step(action) for action in random_actions(env, 4)]
        runs.append((np.stack([o.state for o in observations]), observations[-1].image, env.data.qpos.copy()))
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_seed_gives_another_layout(env: Environment) -> None:
    env.reset(np.random.default_rng(1))
    first = env.data.qpos.copy()
    env.reset(np.random.default_rng(2))
    assert not np.allclose(first, env.data.qpos)


def test_observations_have_the_promised_sizes_and_do_not_share_memory(env: Environment) -> None:
    first = env.reset(np.random.default_rng(0))
    kept = first.image.copy()
    second = env.step(np.ones(env.robot.action_size))
    assert first.image.shape == (env.task.image_height, env.task.image_width, 3)
    assert first.state.shape == (env.robot.state_size,)
    assert not np.shares_memory(first.image, second.image) and not np.shares_memory(first.state, second.state)
    np.testing.assert_array_equal(first.image, kept)


def test_one_step_lasts_one_control_period(env: Environment) -> None:
    env.reset(np.random.default_rng(0))
    assert env.time_s == 0.0
    assert env.step(env.robot.idle_action).time_s == pytest.approx(1.0 / env.task.control_rate_hz, abs=1e-9)


def test_idle_robot_holds_still_and_does_not_succeed(env: Environment) -> None:
    start = env.reset(np.random.default_rng(0)).state
    for _ in range(20):
        env.advance(env.robot.idle_action)
    np.testing.assert_allclose(env.robot.state(env.model, env.data), start, atol=1e-3)
    assert not env.success()


def test_picture_changes_when_the_robot_moves(env: Environment) -> None:
    before = env.reset(np.random.default_rng(0)).image
    for _ in range(10):
        after = env.step(np.full(env.robot.action_size, 0.2)).image
    assert (before != after).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_action_that_is_not_finite_is_refused_and_nothing_moves(env: Environment, bad: float) -> None:
    env.reset(np.random.default_rng(0))
    before = env.data.qpos.copy()
    action = np.zeros(env.robot.action_size)
    action[0] = bad
    with pytest.raises(ActionError, match="finite"):
        env.step(action)
    np.testing.assert_array_equal(env.data.qpos, before)
    assert env.time_s == 0.0


@pytest.mark.parametrize("extra", [-1, 1])
def test_action_of_another_size_is_refused(env: Environment, extra: int) -> None:
    env.reset(np.random.default_rng(0))
    with pytest.raises(ActionError, match="shape"):
        env.step(np.zeros(env.robot.action_size + extra))


def test_diverged_physics_is_reported_and_reset_recovers(env: Environment) -> None:
    env.reset(np.random.default_rng(0))
    env.data.qvel[:] = 1e12
    with pytest.raises(PhysicsDiverged, match="finite"):
        env.step(env.robot.idle_action)
    env.reset(np.random.default_rng(0))
    env.step(env.robot.idle_action)


def test_unknown_camera_is_refused_with_the_known_ones(env: Environment) -> None:
    env.reset(np.random.default_rng(0))
    with pytest.raises(SimError, match="policy"):
        env.render("nowhere")


def test_close_twice_and_render_again(env: Environment) -> None:
    before = env.reset(np.random.default_rng(0)).image
    env.close()
    env.close()
    np.testing.assert_array_equal(env.render(), before)


def test_every_joint_and_actuator_has_a_name(env: Environment) -> None:
    for kind, count in ((mujoco.mjtObj.mjOBJ_JOINT, env.model.njnt), (mujoco.mjtObj.mjOBJ_ACTUATOR, env.model.nu)):
        assert all(mujoco.mj_id2name(env.model, kind, index) for index in range(count))


def test_gymnasium_interface_tells_the_same_story(env: Environment) -> None:
    gym = GymEnvironment(env)
    observation, _ = gym.reset(seed=4)
    assert gym.observation_space.contains(observation)
    for _ in range(env.task.horizon_steps - 1):
        gym._step += 1  # only the last step is of interest here
    observation, reward, is_terminated, is_truncated, info = gym.step(env.robot.idle_action.astype(np.float32))
    assert gym.observation_space.contains(observation)
    assert is_truncated and not is_terminated
    assert reward == float(info["success"]) == float(env.success())
    gym.close()


@pytest.mark.parametrize("package, listed", [(sim.tasks, TASKS), (sim.robots, ROBOTS), (sim.experts, EXPERTS)])
def test_every_class_of_a_folder_is_listed(package: object, listed: dict[str, type]) -> None:
    folder = Path(str(package.__file__)).parent  # type: ignore[attr-defined]
    bases = {base for cls in listed.values() for base in cls.__mro__[1:] if base.__name__.startswith("Abstract")}
    found = {sub for base in bases for sub in _below(base) if Path(_file_of(sub)).parent == folder} - bases
    assert found == set(listed.values())
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    names = {cls.__name__ for cls in listed.values()}
    pairs = re.findall(r"^class (\w+)\((\w+)", text, re.MULTILINE)
    classes = {name for name, base in pairs if base.startswith("Abstract") or base in names}
    assert classes - {base.__name__ for base in bases} == names


def _below(base: type) -> set[type]:
    """All classes that inherit from a class, and theirs."""
    return {found for sub in base.__subclasses__() for found in (sub, *_below(sub))}


def _file_of(cls: type) -> str:
    import inspect

    return inspect.getfile(cls)
