"""A recording that can happen again does, exactly; one that was disturbed differs by what disturbed it."""

import dataclasses

import numpy as np
import pytest

from data_tools.demo import Demo
from sim.collect import Order, collect_task, layout_rng, robot_class, task_at
from sim.env import Environment
from sim.errors import SimError
from sim.replay import Origin, find_task, put_to_state, replay

REACH, PLACE = Origin("reach", "train", 3), Origin("place", "train", 3)


def recorded(task: str, robot: str, index: int, noise_m_s: float, demos: int = 2) -> tuple[Demo, ...]:
    return collect_task(Order(task, robot, "train", 3, demos, exploration_noise_m_s=noise_m_s), index).demos


@pytest.fixture(scope="module")
def undisturbed() -> tuple[Demo, ...]:
    return recorded("reach", "planar_arm", 1, 0.0)


@pytest.fixture(scope="module")
def disturbed() -> Demo:
    return recorded("place", "pr2", 0, 0.04, 1)[0]


def test_undisturbed_actions_do_what_they_did(undisturbed):
    for layout, demo in enumerate(undisturbed):
        result = replay(demo, REACH, "action", layout)
        assert (result.task_index, result.layout_index) == (1, layout)
        assert result.state_distance.max() < 1e-4  # actions are stored as float32
        assert result.picture_distance.max() < 0.01
        assert result.success_at_end == (demo.outcome == "success")


def test_the_same_replay_twice_is_the_same(undisturbed):
    for by in ("action", "state"):
        first, second = (replay(undisturbed[0], REACH, by) for _ in range(2))
        np.testing.assert_array_equal(first.state_distance, second.state_distance)
        np.testing.assert_array_equal(first.frames, second.frames)


def test_disturbed_actions_lead_elsewhere_and_states_lead_back(disturbed):
    by_action, by_state = (replay(disturbed, PLACE, by) for by in ("action", "state"))
    assert by_action.state_distance[0] < 1e-6 and by_action.state_distance.max() > 0.01
    assert by_state.state_distance.max() < 1e-4 and by_state.picture_distance.max() < 2.0
    assert by_state.success_at_end  # what is held came with the hand, and fell where it had fallen


def test_the_layout_is_found_wherever_the_demo_stands_in_its_file(undisturbed):
    assert replay(undisturbed[0], REACH, "action", expected_layout=1).layout_index == 0


@pytest.mark.parametrize(("task", "robot"), [("reach", "planar_arm"), ("place", "pr2")])
def test_any_state_that_was_reported_can_be_put_back(task, robot):
    with Environment(task_at(task, "train", 0, 0), robot_class(robot)()) as env:
        env.reset(layout_rng(0, "train", 0, 0))
        for _ in range(4):
            env.advance(np.full(env.robot.action_size, 0.3))
        wanted = env.robot.state(env.model, env.data)
        env.reset(layout_rng(0, "train", 0, 1))
        assert np.abs(env.robot.state(env.model, env.data) - wanted).max() > 0.01
        put_to_state(env, wanted)
        np.testing.assert_allclose(env.robot.state(env.model, env.data), wanted, atol=1e-5)


def test_what_cannot_be_made_again_says_so(undisturbed, monkeypatch):
    monkeypatch.setattr("sim.replay.MAX_TASKS", 20)
    monkeypatch.setattr("sim.replay.MAX_LAYOUTS", 3)
    demo = undisturbed[0]
    with pytest.raises(SimError, match="without a seed"):
        find_task(demo, dataclasses.replace(REACH, seed=-1))
    with pytest.raises(SimError, match="among the first .* found none"):
        find_task(dataclasses.replace(demo, task_id="reach-train-another"), REACH)
    moved = dataclasses.replace(demo, states=demo.states + np.float32(0.5))
    with pytest.raises(SimError, match="layouts of task .* found none"):
        replay(moved, REACH, "action")
