"""The pushing expert succeeds, leaves the other thing alone, touches softly, and could be imitated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.collect import collect_demo, task_at
from sim.env import Environment
from sim.experts.push import BEHIND_M, MAX_SPEED_M_S, PushExpert, wanted_velocity
from sim.robots.pr2_torque_arm import JOINTS, Pr2TorqueArm
from sim.tasks.push import ENTRY_M, OBJECTS

places = st.tuples(st.floats(-0.45, 0.05), st.floats(-0.25, 0.25))


@pytest.fixture
def blind(monkeypatch):
    """Environments that draw nothing: pictures are not what these tests are about."""
    monkeypatch.setattr(Environment, "render", lambda self, *_: np.zeros((125, 125, 3), np.uint8))


def episode(split: str, index: int, noise_m_s: float = 0.0):
    """Environment after an episode, actions, fork's places, deepest contact, where the distractor stood."""
    env, expert = Environment(task_at("push", split, 11, index), Pr2TorqueArm()), PushExpert()
    rng = np.random.default_rng(index)
    env.reset(rng)
    stood_m, actions, places_m, deepest_m = env.data.body(OBJECTS[1]).xpos.copy(), [], [], 0.0
    for _ in range(env.task.horizon_steps):
        actions.append(expert.act(env))
        env.advance(expert.disturbed(actions[-1], rng, noise_m_s))
        places_m.append(env.data.site("tool").xpos.copy())
        deepest_m = min([deepest_m, *env.data.contact.dist])
    return env, np.array(actions), np.array(places_m), deepest_m, stood_m


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_expert_succeeds_by_both_radii_and_the_distractor_stays(split, blind):
    for index in range(6):
        env, actions, places_m, deepest_m, stood_m = episode(split, index)
        assert env.success() and env.measures()["success_disc"] == 1.0 and env.chosen() == 0
        assert np.linalg.norm(env.data.body(OBJECTS[1]).xpos - stood_m) < 0.03
        assert deepest_m > -0.002, "the fork pushes, it does not sink in"
        assert np.abs(places_m[:, 2] - 0.03).max() < 0.02
        speeds_m_s = np.linalg.norm(np.diff(places_m, axis=0), axis=1) * env.task.control_rate_hz
        assert speeds_m_s.max() < 1.1 * MAX_SPEED_M_S


def test_torques_are_within_range_and_smooth(blind):
    actions = np.stack([episode("train", index)[1] for index in range(6)])
    assert np.abs(actions).max() <= 1.0
    assert np.quantile(np.abs(actions), 0.99) < 0.7 and (np.abs(actions).max(axis=(0, 1)) > 0.3).all()
    changes = np.abs(np.diff(actions, axis=1))
    assert np.median(changes) < 0.02 and np.quantile(changes, 0.99) < 0.15 and changes.max() < 0.5


def test_expert_comes_back_from_disturbances(blind):
    for index in range(4):
        env, *_ = episode("validation", index, noise_m_s=0.06)
        assert env.success() and env.measures()["success_disc"] == 1.0


def test_a_disturbance_makes_the_fork_stray_by_about_the_asked_speed(blind):
    expert, rng, noise_m_s = PushExpert(), np.random.default_rng(0), 0.05
    with Environment(task_at("push", "train", 0, 0), Pr2TorqueArm()) as env:
        velocities_m_s = []
        for _ in range(10):
            env.reset(rng)
            for _ in range(15):
                before_m = env.data.site("tool").xpos.copy()
                env.advance(expert.disturbed(np.zeros(7), rng, noise_m_s))
                velocities_m_s.append((env.data.site("tool").xpos - before_m)[:2] * env.task.control_rate_hz)
    assert 0.6 * noise_m_s < np.std(velocities_m_s) < 1.5 * noise_m_s
    np.testing.assert_array_equal(expert.disturbed(np.full(7, 0.3), rng, 0.0), np.full(7, 0.3))


def test_a_demonstration_keeps_the_experts_own_actions_and_the_contracts_sizes(blind):
    demo = collect_demo(task_at("push", "validation", 0, 0), Pr2TorqueArm(), np.random.default_rng(0))
    assert demo.outcome == "success" and demo.robot == "pr2_torque_arm"
    assert demo.states.shape == (100, 17) and demo.actions.shape == (100, len(JOINTS))
    np.testing.assert_allclose(demo.action_time_s, np.arange(100) / 20.0, atol=1e-9)
    # The expert's own torques change little from step to step, disturbed ones would not.
    assert np.median(np.abs(np.diff(demo.actions, axis=0))) < 0.05


def test_expert_is_memoryless(blind):
    with Environment(task_at("push", "train", 11, 1), Pr2TorqueArm()) as env:
        env.reset(np.random.default_rng(0))
        walked = PushExpert()
        for _ in range(30):
            env.advance(walked.act(env))
        np.testing.assert_array_equal(walked.act(env), PushExpert().act(env))


@given(places)
def test_a_target_in_the_fork_goes_straight_to_the_goal_and_rests_there(target_m):
    velocity = wanted_velocity(np.array(target_m), np.array(target_m))
    distance_m = np.linalg.norm(target_m)
    np.testing.assert_allclose(velocity * distance_m, -np.array(target_m) * np.linalg.norm(velocity), atol=1e-9)
    assert np.linalg.norm(velocity) >= min(0.1, distance_m) - 1e-9
    np.testing.assert_array_equal(wanted_velocity(np.zeros(2), np.zeros(2)), np.zeros(2))


@given(places)
def test_from_the_start_the_fork_first_gets_behind_the_target(target_m):
    target_m = np.array(target_m)
    velocity = wanted_velocity(ENTRY_M, target_m)
    if abs(target_m[1]) > 0.05 and target_m[0] > ENTRY_M[0] + 0.1:
        behind_m = target_m - (BEHIND_M, 0.0) - ENTRY_M
        assert velocity @ behind_m == pytest.approx(np.linalg.norm(velocity) * np.linalg.norm(behind_m))


@given(places, places, st.floats(0, 2 * np.pi))
def test_the_wanted_velocity_is_bounded_and_changes_smoothly(fork_m, target_m, angle_rad):
    fork_m, target_m = np.array(fork_m), np.array(target_m)
    step_m = 1e-4 * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    here, there = (wanted_velocity(fork_m + offset_m, target_m) for offset_m in (0.0, step_m))
    assert np.linalg.norm(here) <= MAX_SPEED_M_S
    assert np.linalg.norm(there - here) < 40.0 * 1e-4, "m/s for each m"
