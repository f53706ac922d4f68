"""Experts do their tasks, and a policy could imitate them."""

import numpy as np
import pytest

from sim.collect import task_at
from sim.env import Environment
from sim.experts.place import MAX_SPEED_M_S, PlaceExpert
from sim.robots.pr2 import PR2
from sim.rollout import rollout


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_place_expert_succeeds_in_random_scenes(split: str) -> None:
    expert = PlaceExpert()
    for index in range(4):
        with Environment(task_at("place", split, 11, index), PR2()) as env:  # type: ignore[arg-type]
            env.reset(np.random.default_rng(index))
            for _ in range(env.task.horizon_steps):
                action = expert.act(env)
                assert np.linalg.norm(action[:3]) <= MAX_SPEED_M_S + 1e-9
                env.advance(action)
            assert env.success() and env.chosen() == 0


def test_place_expert_recovers_from_disturbances_and_records_its_own_action() -> None:
    rng, expert = np.random.default_rng(2), PlaceExpert()
    executed = []

    def disturb(action: np.ndarray) -> np.ndarray:
        executed.append(expert.disturbed(action, rng, 0.05))
        return executed[-1]

    with Environment(task_at("place", "train", 11, 0), PR2()) as env:
        result = rollout(env, lambda _: expert.act(env), rng, record=True, disturb=disturb)
    assert result.success_at_end and result.success_once and result.chosen == 0
    assert result.demo is not None and result.demo.outcome == "success"
    held = result.demo.actions[:, 6] > 0.5
    difference = np.array(executed) - result.demo.actions
    assert (np.abs(difference[held][:, :3]).max(axis=1) > 0).all()
    np.testing.assert_allclose(difference[:, 3:], 0.0, atol=1e-6)
    np.testing.assert_allclose(difference[~held], 0.0, atol=1e-6)


def test_place_expert_is_memoryless() -> None:
    with Environment(task_at("place", "train", 11, 1), PR2()) as env:
        env.reset(np.random.default_rng(0))
        walked = PlaceExpert()
        for _ in range(8):
            env.advance(walked.act(env))
        np.testing.assert_array_equal(walked.act(env), PlaceExpert().act(env))


def test_doing_nothing_fails_and_names_no_success() -> None:
    with Environment(task_at("place", "train", 11, 0), PR2()) as env:
        result = rollout(env, lambda _: PR2.idle_action, np.random.default_rng(0), record=False)
    assert not result.success_once and not result.success_at_end and result.demo is None
