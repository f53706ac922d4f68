import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem
from mil_core.transitions import Transitions


def two_outcomes(probability):
    return Transitions(torch.zeros(1, 1, 2, dtype=torch.int64), torch.tensor([[probability]], dtype=torch.float64))


def test_arrivals_are_the_adjoint_of_the_expectation(rng):
    probability = torch.from_numpy(rng.dirichlet(np.ones(3), (5, 2)))
    world = Transitions(torch.from_numpy(rng.integers(5, size=(5, 2, 3))), probability)
    value, flow = torch.from_numpy(rng.normal(size=(5, 4))), torch.from_numpy(rng.normal(size=(5, 2, 4)))
    left, right = (world.expected(value) * flow).sum(), (value * world.arrivals(flow)).sum()
    assert float(left) == pytest.approx(float(right))


@pytest.mark.parametrize("probability", [[0.5, 0.4], [1.5, -0.5], [float("nan"), 1.0]])
def test_rows_that_are_no_distribution_are_refused_with_their_state(probability):
    with pytest.raises(InvalidProblem, match="state 0, action 0: expected probabilities"):
        two_outcomes(probability)


@pytest.mark.parametrize("found", [-1, 4])
def test_a_next_state_outside_is_refused_with_its_state(found):
    moves = eight_connected(2, 2)
    moves[2, 5] = found
    with pytest.raises(InvalidProblem, match=rf"state 2, action 5: expected a next state in \[0, 4\), found {found}"):
        Transitions.certain(moves)


@pytest.mark.parametrize(
    ("next_state", "probability", "message"),
    [
        (torch.zeros(2, 3, dtype=torch.int64), None, "expected int64"),
        (torch.zeros(2, 3, 1), None, "expected int64"),
        (torch.zeros(2, 3, 2, dtype=torch.int64), None, "2 outcomes"),
        (torch.zeros(2, 3, 2, dtype=torch.int64), torch.ones(2, 3, 1), "expected shape"),
    ],
)
def test_wrong_shapes_are_refused(next_state, probability, message):
    with pytest.raises(InvalidProblem, match=message):
        Transitions(next_state, probability)


@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_steps_on_a_grid_are_its_greater_distance(rows, cols, data):
    goal = data.draw(st.integers(0, rows * cols - 1))
    row, col = torch.arange(rows * cols) // cols, torch.arange(rows * cols) % cols
    expected = torch.maximum((row - goal // cols).abs(), (col - goal % cols).abs())
    assert torch.equal(Transitions.certain(eight_connected(rows, cols)).steps_to(goal), expected)


def test_the_number_of_steps_to_a_goal_decides_whether_it_can_be_reached():
    world, starts = Transitions.certain(eight_connected(4, 4)), torch.tensor([10, 0])
    world.check_reachable(starts, 15, horizon=4)
    with pytest.raises(InvalidProblem, match="goal state 15 from state 0 by step 2, .*step 3 .*longer horizon"):
        world.check_reachable(starts, 15, horizon=3)


def test_a_goal_behind_a_wall_is_refused_with_the_state_that_misses_it():
    moves = np.array([[0, 1], [0, 1], [2, 2]])
    world = Transitions.certain(moves)
    assert world.steps_to(2).tolist() == [-1, -1, 0]
    with pytest.raises(InvalidProblem, match="from state 1 at step 0 to goal state 2, found none"):
        world.check_reachable(torch.tensor([2, 1]), 2, horizon=10)


def test_an_outcome_without_probability_leads_nowhere():
    next_state = torch.tensor([[[0, 1]], [[1, 1]]])
    world = Transitions(next_state, torch.tensor([[[1.0, 0.0]], [[1.0, 0.0]]], dtype=torch.float64))
    with pytest.raises(InvalidProblem, match="found none"):
        world.check_reachable(torch.tensor([0]), 1, horizon=10)


@pytest.mark.parametrize(("start", "goal"), [(-1, 0), (4, 0), (0, 4)])
def test_a_goal_off_the_grid_is_refused(start, goal):
    with pytest.raises(InvalidProblem, match=r"expected one in \[0, 4\)"):
        Transitions.certain(eight_connected(2, 2)).check_reachable(torch.tensor([start]), goal, horizon=10)
