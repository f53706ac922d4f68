"""The adapter changes nothing of Meta-World but what it says: its steps, its flag, its experts, in our units."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cameras import project
from sim.collect import Order, attempt, collect_demo, layout_rng, task_at
from sim.env import Environment
from sim.environments import open_environment
from sim.errors import ActionError, ExtraMissing, SimError, UnknownTask
from sim.experts.metaworld import MetaworldExpert
from sim.metaworld_env import SUITE_CAMERA, MetaworldEnvironment
from sim.metaworld_goals import OBJECT_HIGH_M, OBJECT_LOW_M
from sim.metaworld_suite import MAX_SPEED_M_S, MAX_STEPS, STEP_S, Suite
from sim.replay import Origin, replay
from sim.robots.planar_arm import PlanarArm
from sim.robots.pr2 import PR2
from sim.robots.sawyer import Sawyer
from sim.rollout import rollout
from sim.tasks.metaworld import AbstractGoalTask
from sim.tasks.metaworld_task import HELD_STEPS

NAMES = ("metaworld_reach", "metaworld_push", "metaworld_pick_place")


@pytest.fixture(scope="module", params=NAMES)
def env(request: pytest.FixtureRequest) -> Iterator[MetaworldEnvironment]:
    with open_environment(task_at(request.param, "test", 0, 0), Sawyer()) as made:
        assert isinstance(made, MetaworldEnvironment)
        yield made


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pictures: most laws are about motion, which costs a tenth."""
    picture = np.zeros((64, 64, 3), np.uint8)
    monkeypatch.setattr(MetaworldEnvironment, "render", lambda *_, **__: picture)


def trajectory(env: Environment, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    states = [env.reset(rng).state]
    states += [env.step(np.append(rng.normal(0.0, 0.3, 3), rng.integers(2))).state for _ in range(8)]
    return np.stack(states)


def test_the_boxes_are_the_suites_own(env):
    low_m, high_m = env.suite.random_box
    task = env.task
    np.testing.assert_allclose(low_m, [*OBJECT_LOW_M, *task.goal_box.low_m])
    np.testing.assert_allclose(high_m, [*OBJECT_HIGH_M, *task.goal_box.high_m])


def test_what_came_before_does_not_matter(env, blind):
    first = trajectory(env, 1)
    trajectory(env, 2)
    np.testing.assert_array_equal(trajectory(env, 1), first)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_first_does_not_tell_what_came_before(name):
    task = task_at(name, "test", 7, 0)
    with open_environment(task, Sawyer()) as fresh, open_environment(task, Sawyer()) as used:
        for action in ([0.3, 0.4, -0.4, 0.0], [-0.3, 0.2, -0.4, 1.0]):
            used.reset(layout_rng(7, "test", 0, 1))
            for _ in range(10):
                used.advance(np.array(action))
        pictures = [env.reset(layout_rng(7, "test", 0, 2)).image for env in (fresh, used)]
        np.testing.assert_array_equal(*pictures)
        np.testing.assert_array_equal(fresh.data.site_xpos, used.data.site_xpos)


def test_each_action_is_three_steps_of_the_suite_and_its_flag(env, blind):
    """Beside it runs the suite alone, with the expert's own actions: all observations and flags must be the same."""
    rng, task = np.random.default_rng(3), env.task
    alone = Suite(task.suite_name)
    left_m = alone.reset(task.draw_layout(np.random.default_rng(3), *alone.random_box))
    env.reset(rng)
    assert env.measures() == {"distance_m": left_m} and not env.success()
    is_done = False
    for step in range(task.horizon_steps):
        action = env.suite.expert_action()
        for _ in range(HELD_STEPS):
            flag, left_m = alone.step(action)
            is_done |= flag
        env.advance(env.from_suite(action))
        np.testing.assert_allclose(env.suite.observation, alone.observation, atol=1e-6)
        assert env.success() == is_done and env.measures()["distance_m"] == pytest.approx(left_m, abs=1e-6)
        assert env.time_s == pytest.approx((step + 1) * HELD_STEPS * STEP_S)
    assert is_done and task.horizon_steps * HELD_STEPS <= MAX_STEPS


def test_states_are_the_first_numbers_of_the_suites_observation(env, blind):
    for seed in range(3):
        states = trajectory(env, seed)
        np.testing.assert_allclose(states[-1], env.suite.observation[:4], atol=1e-6)


def test_experts_succeed_and_their_demonstrations_do_it_again(env, blind):
    origin = Origin(f"metaworld_{env.task.suite_name[:-3].replace('-', '_')}", "train", 0)
    task = task_at(origin.task, "train", 0, 1)
    assert isinstance(task, AbstractGoalTask)
    demo = collect_demo(task, Sawyer(), layout_rng(0, "train", 1, 0), noise_m_s=0.0)
    assert demo.outcome == "success" and demo.states.shape == demo.actions.shape == (task.horizon_steps, 4)
    assert set(np.unique(demo.actions[:, 3])) <= {0.0, 1.0} and np.abs(demo.actions[:, :3]).max() <= MAX_SPEED_M_S
    np.testing.assert_allclose(demo.state_time_s, np.arange(task.horizon_steps) / task.control_rate_hz, atol=1e-9)
    with pytest.raises(SimError, match="--by action"):
        replay(demo, origin, "state")
    actions = iter(demo.actions)
    with open_environment(task, Sawyer()) as other:
        again = rollout(other, lambda _: next(actions), layout_rng(0, "train", 1, 0), record=True)
    assert again.success_once and again.demo is not None
    np.testing.assert_allclose(again.demo.states, demo.states, atol=1e-3)


def test_a_hand_that_rests_succeeds_at_nothing(env, blind):
    result = rollout(env, lambda _: np.zeros(4), np.random.default_rng(0), record=False)
    assert not result.success_once and result.chosen == 0


@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([(0.0, 0.6), (-1.0, 0.7)]),
)
def test_actions_go_to_the_suite_and_back(velocity, gripper, efforts):
    env = MetaworldEnvironment.__new__(MetaworldEnvironment)  # these two know nothing of a simulation
    env.open_effort, env.closed_effort = efforts
    suite_action = np.array([*velocity, efforts[int(gripper)]])
    np.testing.assert_allclose(env.to_suite(env.from_suite(suite_action)), suite_action, atol=1e-12)
    wild = env.to_suite(np.array([9.0, -9.0, 0.0, 7.0]))
    np.testing.assert_allclose(wild, [1.0, -1.0, 0.0, efforts[1]])


def test_a_goal_in_sight_is_where_the_camera_should_see_it_and_a_hidden_one_is_not_there():
    shown_task = task_at("metaworld_push", "validation", 0, 0)
    hidden_task = task_at("metaworld_push_hidden", "validation", 0, 0)
    with open_environment(shown_task, Sawyer()) as shown, open_environment(hidden_task, Sawyer()) as hidden:
        pictures = [env.reset(np.random.default_rng(0)).image.astype(int) for env in (shown, hidden)]
        place = project(shown.model, shown.data, SUITE_CAMERA, shown_task.goal_m, 1.0)
    assert pictures[0].shape == (64, 64, 3)
    differs = np.argwhere(np.abs(pictures[0] - pictures[1]).sum(axis=2) > 30)
    assert len(differs) >= 6, "pixels"
    np.testing.assert_allclose(differs.mean(axis=0) + 0.5, 64 * (place[::-1] + 0.5), atol=2.0)


def test_noise_is_on_the_velocity_alone():
    action, rng = np.array([0.1, 0.2, 0.3, 1.0]), np.random.default_rng(0)
    noise = np.stack([MetaworldExpert().disturbed(action, rng, 0.04) for _ in range(500)]) - action
    np.testing.assert_array_equal(noise[:, 3], 0.0)
    assert noise[:, :3].std() == pytest.approx(0.04, rel=0.1)
    np.testing.assert_array_equal(MetaworldExpert().disturbed(action, rng, 0.0), action)


# ---------------------------------------------------------------- bad input


def test_unknown_tasks_and_robots_that_do_not_fit_are_refused():
    with pytest.raises(UnknownTask, match="metaworld_reach"):
        Order("metaworld_fly", "sawyer")
    with pytest.raises(SimError, match="--robot sawyer"):
        Order("metaworld_reach", "pr2")
    with pytest.raises(SimError, match="--robot"):
        open_environment(task_at("metaworld_reach", "test", 0, 0), PR2())
    with pytest.raises(SimError, match="metaworld_reach"):
        open_environment(task_at("reach", "test", 0, 0), Sawyer())
    with pytest.raises(SimError, match="open_environment"):
        Environment(task_at("metaworld_reach", "test", 0, 0), PR2())


def test_actions_that_are_none_are_refused(env, blind):
    env.reset(np.random.default_rng(0))
    for action in (np.zeros(3), np.array([0.0, np.nan, 0.0, 0.0])):
        with pytest.raises(ActionError):
            env.step(action)


def test_without_the_extra_the_message_names_it_and_all_else_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "metaworld.env_dict", None)
    task = task_at("metaworld_reach", "test", 0, 0)
    with pytest.raises(ExtraMissing, match=r"pip install 'mil\[metaworld\]'"):
        open_environment(task, Sawyer())


def test_experts_of_the_suite_refuse_another_world(blind):
    with Environment(task_at("reach", "test", 0, 0), PlanarArm()) as other:
        with pytest.raises(SimError, match="Meta-World"):
            MetaworldExpert().act(other)


def test_an_attempt_with_noise_records_the_experts_own_actions(env, blind):
    result = attempt(env, np.random.default_rng(5))
    assert result.demo is not None and set(np.unique(result.demo.actions[:, 3])) <= {0.0, 1.0}
    assert np.abs(result.demo.actions[:, :3]).max() <= MAX_SPEED_M_S + 1e-6
