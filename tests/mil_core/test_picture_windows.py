"""Windows: what is cut out and put back is the same; what is moved by whole pixels is moved exactly."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mil_core.picture_windows import moved, neighbours, replaced, rimmed, seen, window_at, without_rim

SIDE, HEIGHT, WIDTH = 8, 20, 24
PICTURES = torch.from_numpy(np.random.default_rng(0).random((1, 3, HEIGHT, WIDTH)))
ANYWHERE = st.tuples(st.floats(-40, 60), st.floats(-40, 60))
INSIDE = st.tuples(st.floats(5, 17), st.floats(5, 13))


def at(place: tuple[float, float]):
    return window_at(torch.tensor([place], dtype=torch.float64), SIDE, HEIGHT, WIDTH)


@given(ANYWHERE)
def test_what_is_cut_out_and_put_back_is_the_same(place: tuple[float, float]) -> None:
    wide = rimmed(PICTURES, SIDE)
    window = at(place)
    assert torch.equal(without_rim(replaced(wide, window, seen(wide, window)), SIDE), PICTURES)


@given(INSIDE)
def test_the_place_is_in_the_middle_of_its_window(place: tuple[float, float]) -> None:
    window = at(place)
    rows, cols = window.rows[0, :, 0] - SIDE, window.cols[0, 0] - SIDE
    torch.testing.assert_close(cols - window.ways[0, 0, 0], torch.full((SIDE,), place[0], dtype=torch.float64))
    torch.testing.assert_close(rows - window.ways[0, 1, :, 0], torch.full((SIDE,), place[1], dtype=torch.float64))
    assert window.ways.abs().max() <= SIDE / 2
    assert torch.equal(seen(rimmed(PICTURES, SIDE), window)[0], PICTURES[0][:, rows][:, :, cols])


@given(INSIDE, st.integers(-3, 3), st.integers(-3, 3))
@settings(max_examples=40)
def test_moves_by_whole_pixels_are_exact(place: tuple[float, float], right: int, down: int) -> None:
    window, wide = at(place), rimmed(PICTURES, SIDE)
    shown, one = seen(wide, window), torch.ones(1, dtype=torch.float64)
    other = at((place[0] + right, place[1] + down))
    torch.testing.assert_close(moved(shown, window, other, torch.zeros(1, 2, dtype=torch.float64), one), shown)
    shift = torch.tensor([[right, down]], dtype=torch.float64)
    found = moved(shown, window, window, shift, one)
    rows, cols = (slice(max(step, 0), SIDE + min(step, 0)) for step in (down, right))
    back_rows, back_cols = (slice(max(-step, 0), SIDE + min(-step, 0)) for step in (down, right))
    torch.testing.assert_close(found[:, :, rows, cols], shown[:, :, back_rows, back_cols])


def test_neighbours_are_what_windows_further_on_show() -> None:
    wide = rimmed(PICTURES, SIDE)
    offsets = [(0, 0), (2, -1), (-2, 2)]
    found = neighbours(wide, at((12.3, 9.8)), offsets)
    for number, (down, right) in enumerate(offsets):
        assert torch.equal(found[:, number], seen(wide, at((12.3 + right, 9.8 + down))))
