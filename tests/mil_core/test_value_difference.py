"""The value difference against enumeration of all paths, and the laws that its docstring promises."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem
from mil_core.value_difference import value_difference, value_of_following

ROWS, COLS, HORIZON = 2, 3, 4
SHAPE = (2, ROWS, COLS)
REWARDS = arrays(np.float64, SHAPE, elements=st.floats(-5, 5, width=16)).map(torch.from_numpy)
STARTS = arrays(np.float64, SHAPE, elements=st.floats(0.125, 1, width=16)).map(
    lambda weight: torch.from_numpy(weight / weight.sum((1, 2), keepdims=True))
)


def best_of_all_paths(true: Tensor, followed: Tensor, start: int) -> tuple[float, set[float]]:
    """The most that any path from a state is worth, and what the best paths of the followed reward are worth."""
    leads_to = eight_connected(ROWS, COLS)
    states = np.full((9 ** (HORIZON - 1), HORIZON), start)
    for number, moves in enumerate(itertools.product(range(9), repeat=HORIZON - 1)):
        for step, move in enumerate(moves):
            states[number, step + 1] = leads_to[states[number, step], move]
    true_sum, followed_sum = (reward.numpy().ravel()[states].sum(1) for reward in (true, followed))
    is_chosen = followed_sum >= followed_sum.max() - 1e-9
    return float(true_sum.max()), set(true_sum[is_chosen].tolist())


@settings(max_examples=10)
@given(REWARDS, REWARDS, st.integers(0, ROWS * COLS - 1))
def test_values_are_those_of_the_best_paths(true: Tensor, followed: Tensor, start: int) -> None:
    best = value_of_following(true, true, HORIZON).flatten(1)
    found = value_of_following(true, followed, HORIZON).flatten(1)
    for task in range(2):
        most, candidates = best_of_all_paths(true[task], followed[task], start)
        assert float(best[task, start]) == pytest.approx(most)
        # Where several paths are equally good for the followed reward, a mixture of them is taken.
        assert min(candidates) - 1e-6 <= float(found[task, start]) <= max(candidates) + 1e-6


@settings(max_examples=25)
@given(REWARDS, REWARDS, STARTS, st.integers(1, 6))
def test_it_is_never_negative_and_zero_for_the_true_reward(true: Tensor, other: Tensor, start: Tensor, horizon: int):
    assert (value_difference(true, other, start, horizon) >= 0).all()
    torch.testing.assert_close(
        value_difference(true, true, start, horizon), torch.zeros(2).double(), atol=1e-5, rtol=0.0
    )


@settings(max_examples=25)
@given(REWARDS, REWARDS, STARTS, st.floats(-100, 100), st.floats(0.25, 4))
def test_shift_and_scale_of_the_learned_reward_change_nothing(
    true: Tensor, other: Tensor, start: Tensor, shift: float, scale: float
) -> None:
    expected = value_difference(true, other, start, HORIZON)
    torch.testing.assert_close(value_difference(true, scale * other + shift, start, HORIZON), expected)


@settings(max_examples=25)
@given(REWARDS, STARTS)
def test_wishing_the_contrary_is_at_least_as_bad_as_wishing_nothing(true: Tensor, start: Tensor) -> None:
    nothing = value_difference(true, torch.zeros_like(true), start, HORIZON)
    contrary = value_difference(true, -true, start, HORIZON)
    assert (contrary >= nothing - 1e-9).all()


def test_a_reward_that_says_nothing_is_a_random_walk() -> None:
    true = torch.arange(6.0).view(1, 2, 3)
    leads_to = eight_connected(2, 3)
    moves = np.stack([np.bincount(row, minlength=6) / 9 for row in leads_to])
    value = sum(np.linalg.matrix_power(moves, step) @ np.arange(6.0) for step in range(3))
    found = value_of_following(true, torch.zeros_like(true), 3)
    np.testing.assert_allclose(found.numpy().ravel(), value)


def test_tasks_of_a_batch_do_not_touch_each_other() -> None:
    generator = torch.Generator().manual_seed(0)
    true, other = (torch.randn(5, 7, 6, generator=generator) for _ in range(2))
    start = torch.full((5, 7, 6), 1 / 42)
    alone = torch.cat([value_difference(*(x[i : i + 1] for x in (true, other, start)), 9) for i in range(5)])
    torch.testing.assert_close(value_difference(true, other, start, 9), alone)


@pytest.mark.parametrize("which", ["true", "learned"])
def test_a_reward_that_is_not_finite_is_refused(which: str) -> None:
    fine = torch.zeros(1, 2, 2)
    rewards = {"true": fine, "learned": fine} | {which: torch.tensor([[[0.0, 1.0], [2.0, float("inf")]]])}
    with pytest.raises(InvalidProblem, match=f"{which} reward of task 0, cell 1, 1: .* found inf"):
        value_difference(*rewards.values(), fine + 0.25, 3)


def test_no_step_at_all_is_refused() -> None:
    with pytest.raises(InvalidProblem, match="at least 1 step, found 0"):
        value_difference(torch.zeros(1, 2, 2), torch.zeros(1, 2, 2), torch.full((1, 2, 2), 0.25), 0)
