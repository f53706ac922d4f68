"""Where the table is in the picture: there and back, and found from moves alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.interactions import Interactions
from mil_core.errors import InvalidProblem
from mil_core.table_plane import TablePlane

SIDE = 48
TRUE = TablePlane(np.array([[-6.0, 50.0, 21.0], [40.0, -1.0, -8.0], [-0.4, 0.02, 1.0]]))
LOW_M, HIGH_M = np.array([0.45, -0.25]), np.array([0.85, 0.2])


def toy_play(count: int, seed: int = 0, colour: int = 200) -> Interactions:
    """A round thing on a grey table is moved; the camera sees the table as TRUE says."""
    rng = np.random.default_rng(seed)
    take_m, put_m = rng.uniform(LOW_M, HIGH_M, (2, count, 2)).astype(np.float32)
    rows, cols = np.mgrid[:SIDE, :SIDE]
    pictures = []
    for places_m in (take_m, put_m):
        x, y = TRUE.pixels(places_m).T[:, :, None, None]
        shown = np.full((count, SIDE, SIDE, 3), 90, np.uint8)
        shown[np.hypot(cols - x, rows - y) < 4.0] = (colour, 40, 40)
        pictures.append(shown)
    return Interactions("toy", *pictures, take_m, put_m)


@given(st.floats(0.4, 0.9), st.floats(-0.3, 0.3))
def test_there_and_back(x_m: float, y_m: float) -> None:
    place_m = np.array([[x_m, y_m]])
    np.testing.assert_allclose(TRUE.places_m(TRUE.pixels(place_m)), place_m, atol=1e-9)
    same = TablePlane.from_dict(TRUE.to_dict())
    np.testing.assert_array_equal(same.pixels(place_m), TRUE.pixels(place_m))


def test_it_is_found_from_moves() -> None:
    found = TablePlane.fit([toy_play(60), toy_play(60, 1)])
    corners_m = np.array([[x, y] for x in (LOW_M[0], HIGH_M[0]) for y in (LOW_M[1], HIGH_M[1])])
    assert np.abs(found.pixels(corners_m) - TRUE.pixels(corners_m)).max() < 0.5
    depths = [np.append(corners_m[0], 1.0) @ plane.matrix[2] for plane in (found, TRUE)]
    assert depths[0] == pytest.approx(depths[1], rel=0.05)


def test_too_few_moves_and_moves_that_show_nothing_are_refused() -> None:
    with pytest.raises(InvalidProblem, match="moves"):
        TablePlane.fit([toy_play(5)])
    still = toy_play(20)
    with pytest.raises(InvalidProblem, match="moves"):
        TablePlane.fit([Interactions("still", still.before, still.before, still.take_m, still.put_m)])


@pytest.mark.parametrize("matrix", [np.eye(2), np.zeros((3, 3)), np.full((3, 3), np.nan)])
def test_what_is_no_homography_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="homography"):
        TablePlane.from_dict({"matrix": matrix.tolist()})
