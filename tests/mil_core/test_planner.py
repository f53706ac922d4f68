import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_tools.grid import eight_connected
from mil_core.errors import InvalidProblem
from mil_core.planner import best_path

ROWS, COLS, HORIZON = 3, 2, 4


@settings(max_examples=20)
@given(arrays(np.float64, (ROWS, COLS), elements=st.floats(-5, 5)), st.integers(0, ROWS * COLS - 1))
def test_no_path_is_better(reward: np.ndarray, start: int) -> None:
    leads_to, flat = eight_connected(ROWS, COLS), reward.ravel()
    most = -np.inf
    for moves in itertools.product(range(9), repeat=HORIZON - 1):
        states = [start]
        for move in moves:
            states.append(leads_to[states[-1], move])
        most = max(most, flat[states].sum())
    path = best_path(reward, divmod(start, COLS), HORIZON)
    waits = HORIZON - len(path)
    assert reward[tuple(path.T)].sum() + waits * reward[tuple(path[-1])] == pytest.approx(most)
    assert tuple(path[0]) == divmod(start, COLS)
    assert (np.abs(np.diff(path, axis=0)).max(axis=1, initial=0) <= 1).all()


def test_it_goes_round_what_costs_and_stops_at_the_goal() -> None:
    reward = np.full((7, 7), -1.0)
    reward[1:6, 3] = -20.0
    reward[3, 6] = 2.0
    path = best_path(reward, (3, 0), 20)
    assert tuple(path[-1]) == (3, 6)
    assert reward[tuple(path[:-1].T)].min() == -1.0
    assert len(path) == 7


@pytest.mark.parametrize(
    ("reward", "start", "horizon", "told"),
    [
        (np.full((2, 2), np.inf), (0, 0), 3, "cell 0, 0"),
        (np.zeros((2, 2)), (2, 0), 3, "start"),
        (np.zeros((2, 2)), (0, 0), 0, "horizon"),
    ],
)
def test_bad_problems_are_refused(reward: np.ndarray, start: tuple[int, int], horizon: int, told: str) -> None:
    with pytest.raises(InvalidProblem, match=told):
        best_path(reward, start, horizon)
