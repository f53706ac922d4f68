"""Soft-optimal paths against enumeration of all paths on small grids."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_tools.grid import eight_connected
from mil_core.maxent import state_visitation
from mil_core.transitions import Transitions
from sim.errors import ExpertFailed
from sim.spriteworld.expert import SoftOptimalExpert

ROWS, COLS, HORIZON = 2, 3, 4
REWARDS = arrays(np.float64, (2, ROWS, COLS), elements=st.floats(-3, 3))


def every_path(reward: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """All paths from a state and their probabilities, by moves."""
    leads_to, flat = eight_connected(*reward.shape), reward.ravel()
    paths = []
    for moves in itertools.product(range(9), repeat=HORIZON - 1):
        path = [start]
        for move in moves:
            path.append(leads_to[path[-1], move])
        paths.append(path)
    weight = np.exp(flat[np.array(paths)].sum(1))
    return np.array(paths), weight / weight.sum()


@settings(max_examples=15)
@given(REWARDS, st.integers(0, ROWS * COLS - 1))
def test_visits_are_those_of_all_paths(rewards: np.ndarray, start: int) -> None:
    begin = np.zeros((2, ROWS, COLS))
    begin.reshape(2, -1)[:, start] = 1.0
    found = SoftOptimalExpert(rewards, HORIZON).visitation(begin)
    for reward, visits in zip(rewards, found, strict=True):
        paths, probability = every_path(reward, start)
        expected = np.zeros(ROWS * COLS)
        np.add.at(expected, paths, probability[:, None] * np.ones_like(paths))
        np.testing.assert_allclose(visits.ravel(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("horizon", [1, 2, 40])
def test_visits_agree_with_the_learning_core(horizon: int) -> None:
    rng = np.random.default_rng(2)
    rewards, begin = rng.uniform(-15, 5, (3, 8, 9)), rng.dirichlet(np.ones(72), 3).reshape(3, 8, 9)
    flat = [torch.from_numpy(grids.reshape(3, -1)) for grids in (rewards, begin)]
    expected = state_visitation(*flat, Transitions.certain(eight_connected(8, 9)), horizon)
    found = SoftOptimalExpert(rewards, horizon).visitation(begin)
    np.testing.assert_allclose(found.reshape(3, -1), expected.numpy(), rtol=1e-8)


def test_sampled_paths_are_as_frequent_as_they_are_likely() -> None:
    rng = np.random.default_rng(0)
    reward, count = rng.normal(size=(1, ROWS, COLS)), 40_000
    begin = np.full((1, ROWS, COLS), 1 / (ROWS * COLS))
    expert = SoftOptimalExpert(reward, HORIZON)
    starts = rng.integers(0, ROWS * COLS, count)
    paths = expert.sample(np.zeros(count, np.int64), starts, rng.random((HORIZON - 1, count)))
    frequency = np.bincount(paths.ravel(), minlength=ROWS * COLS) / count
    np.testing.assert_allclose(frequency, expert.visitation(begin).ravel(), atol=0.04)


def test_long_horizons_and_shifted_rewards_do_not_overflow() -> None:
    reward = np.random.default_rng(1).uniform(-15, 5, (1, 20, 20))
    begin = np.full((1, 20, 20), 1 / 400)
    visits = SoftOptimalExpert(reward, 500).visitation(begin)
    assert visits.sum() == pytest.approx(500)
    np.testing.assert_allclose(SoftOptimalExpert(reward + 1e4, 500).visitation(begin), visits, rtol=1e-6)


def test_rewards_beyond_the_range_of_exponentials_are_refused() -> None:
    with pytest.raises(ExpertFailed, match="smaller"):
        SoftOptimalExpert(np.random.default_rng(1).uniform(-300, 300, (1, 20, 20)), 30)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_an_infinite_reward_is_refused_with_its_cell(value: float) -> None:
    rewards = np.zeros((2, 3, 3))
    rewards[1, 0, 2] = value
    with pytest.raises(ExpertFailed, match=f"found {value} for reward 1 in cell 0, 2"):
        SoftOptimalExpert(rewards, 4)


def test_no_step_at_all_is_refused() -> None:
    with pytest.raises(ExpertFailed, match="at least 1 step, found 0"):
        SoftOptimalExpert(np.zeros((1, 3, 3)), 0)


def test_a_goal_that_nobody_wants_is_told() -> None:
    reward = np.zeros((1, 20, 20))
    reward[0, 19, 19] = -600.0
    begin = np.zeros((1, 20, 20))
    begin[0, 0, 0] = 1.0
    with pytest.raises(ExpertFailed, match="goal"):
        SoftOptimalExpert(reward, 25).demonstrations(np.array([399]), begin, [np.random.default_rng(0)], 3)
