"""Laws of the grid that lies on the table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.errors import GridPathError
from sim.errors import SimError
from sim.table_grid import TableGrid
from sim.tasks.tabletop import GRID

CELLS = st.tuples(st.integers(0, GRID.cells - 1), st.integers(0, GRID.cells - 1))


@given(CELLS)
def test_cells_and_places_are_a_round_trip(cell: tuple[int, int]) -> None:
    assert tuple(GRID.to_cells(GRID.to_xy_m(np.array(cell)))) == cell


@given(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_a_place_lies_in_its_cell(across: float, along: float) -> None:
    xy_m = np.array(GRID.low_m) + GRID.side_m * np.clip([across, along], 1e-6, 1 - 1e-6)
    assert np.abs(GRID.to_xy_m(GRID.to_cells(xy_m)) - xy_m).max() <= GRID.cell_m / 2 + 1e-9


def test_places_off_the_grid_are_refused() -> None:
    inside_m = GRID.to_xy_m(np.array([3, 4]))
    for points_m, step in (([0.0, 0.0], 0), ([inside_m, [0.0, 0.0]], 1)):
        with pytest.raises(SimError, match=rf"found \[0.0, 0.0\] at step {step}; .*widen"):
            TableGrid().to_cells(np.array(points_m))


def test_a_recorded_way_becomes_the_cells_it_passed() -> None:
    picture = np.zeros((80, 80, 3), np.uint8)
    inside_m = GRID.to_xy_m(np.array([[19, 19], [18, 19], [18, 19], [17, 18]]))
    outside_m = np.array([[0.3, -0.6], [0.35, -0.5]])
    for way_m in (inside_m, np.vstack([outside_m, inside_m]), np.vstack([inside_m[:1], outside_m, inside_m])):
        np.testing.assert_array_equal(GRID.demo(picture, way_m).cells, [[19, 19], [18, 19], [17, 18]])
    with pytest.raises(SimError, match=r"found \[0.35, -0.5\] at step 5"):
        GRID.demo(picture, np.vstack([inside_m, outside_m]))
    with pytest.raises(GridPathError, match=r"a jump at step 0 from \[19, 19\] to \[17, 18\]"):
        GRID.demo(picture, inside_m[[0, 3]])


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=1, max_size=40), CELLS)
def test_a_way_without_grazed_cells_is_connected_and_no_longer(moves: list, start: tuple[int, int]) -> None:
    cells = [np.array(start)]
    for move in moves:
        cells.append(np.clip(cells[-1] + move, 0, GRID.cells - 1))
    shown = GRID.demo(np.zeros((80, 80, 3), np.uint8), GRID.to_xy_m(np.array(cells))).cells
    assert tuple(shown[0]) == start and tuple(shown[-1]) == tuple(cells[-1])
    assert len(shown) <= len(cells) and {tuple(cell) for cell in shown} <= {tuple(cell) for cell in cells}


def test_cells_that_a_diagonal_only_grazed_are_left_out() -> None:
    stairs = np.array([[19, 19], [18, 19], [18, 18], [17, 18], [17, 17]])
    shown = GRID.demo(np.zeros((80, 80, 3), np.uint8), GRID.to_xy_m(stairs))
    np.testing.assert_array_equal(shown.cells, stairs[::2])
