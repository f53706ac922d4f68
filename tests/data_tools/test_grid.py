import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.errors import GridPathError
from data_tools.grid import GridDemo, check_one_goal, eight_connected, path_states

PICTURE = np.zeros((4, 4, 3), np.uint8)


def demo(*cells, picture=PICTURE):
    return GridDemo(picture, np.array(cells, np.int64).reshape(-1, 2))


@given(st.integers(1, 7), st.integers(1, 7))
def test_moves_lead_to_neighbours_or_nowhere_and_every_neighbour_is_reached(rows, cols):
    moves = eight_connected(rows, cols)
    assert moves.shape == (rows * cols, 9) and moves.dtype == np.int64
    here = np.arange(rows * cols)
    row, col = here // cols, here % cols
    distance = np.maximum(np.abs(moves // cols - row[:, None]), np.abs(moves % cols - col[:, None]))
    assert (distance <= 1).all() and (moves[:, 4] == here).all()
    near = (abs(row[:, None] - row) <= 1) & (abs(col[:, None] - col) <= 1)
    assert [set(found) for found in moves] == [set(np.flatnonzero(wanted)) for wanted in near]


def test_states_count_along_rows():
    assert path_states(demo([0, 0], [1, 1], [1, 2]), 2, 3).tolist() == [0, 4, 5]


def test_a_jump_is_refused_with_its_step():
    with pytest.raises(GridPathError, match=r"a jump at step 1 from \[1, 1\] to \[1, 3\]"):
        demo([0, 0], [1, 1], [1, 3])


@pytest.mark.parametrize("cell", [[-1, 0], [0, -1], [2, 0], [0, 3]])
def test_a_path_off_the_grid_is_refused_with_its_step(cell):
    with pytest.raises(GridPathError, match=rf"found \[{cell[0]}, {cell[1]}\] at step 0"):
        path_states(demo(cell), 2, 3)


@pytest.mark.parametrize(
    ("picture", "cells"),
    [
        (PICTURE, np.zeros((0, 2), np.int64)),
        (PICTURE, np.zeros((3, 3), np.int64)),
        (PICTURE, np.zeros((3, 2))),
        (PICTURE[..., 0], np.zeros((3, 2), np.int64)),
        (PICTURE.astype(float), np.zeros((3, 2), np.int64)),
    ],
)
def test_empty_and_misshapen_demonstrations_are_refused(picture, cells):
    with pytest.raises(GridPathError, match="GridDemo"):
        GridDemo(picture, cells)


def test_contradictory_goals_are_refused_unless_the_pictures_differ():
    here, there = demo([0, 0], [0, 1]), demo([2, 2], [1, 1])
    with pytest.raises(GridPathError, match=r"number 0 ending in \[0, 1\] and number 1 in \[1, 1\]"):
        check_one_goal([here, there])
    check_one_goal([here, demo([2, 2], [1, 1], picture=PICTURE + 1), demo([1, 1], [0, 1])])


def test_no_demonstration_is_refused():
    with pytest.raises(GridPathError, match="at least one"):
        check_one_goal([])


@pytest.mark.parametrize("size", [(0, 3), (3, 0)])
def test_a_grid_without_cells_is_refused(size):
    with pytest.raises(GridPathError, match="at least one row"):
        eight_connected(*size)
