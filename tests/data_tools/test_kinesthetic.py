"""The twist between two states brings the gripper from one to the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from data_tools.errors import DataError
from data_tools.kinesthetic import gripper_twist

POINTS_M = np.array([[0.0, 0.0, 0.0], [-0.1, 0.05, 0.0], [-0.1, -0.05, 0.0]])
number = st.floats(-1.0, 1.0)
vector = st.tuples(number, number, number).map(np.array)


def state(position_m: np.ndarray, turn: Rotation) -> np.ndarray:
    return (position_m + turn.apply(POINTS_M)).ravel().astype(np.float32)


@given(vector, vector, vector, vector, st.floats(0.01, 0.2))
def test_a_constant_twist_is_found_again(place_m, turned_rad, velocity_m_s, turning_rad_s, duration_s) -> None:
    start = Rotation.from_rotvec(turned_rad)
    end = Rotation.from_rotvec(turning_rad_s * duration_s) * start
    before, after = state(place_m, start), state(place_m + velocity_m_s * duration_s, end)
    twist = gripper_twist(before, after, duration_s)
    # positions are float32: an error of 1e-7 m over the arm of 0.1 m, within the duration
    np.testing.assert_allclose(twist[:3], velocity_m_s, atol=1e-6 / duration_s)
    np.testing.assert_allclose(twist[3:], turning_rad_s, atol=2e-5 / duration_s)


def test_points_on_one_line_tell_no_orientation() -> None:
    line = np.outer([0.0, 1.0, 2.0], [0.1, 0.2, 0.3]).ravel().astype(np.float32)
    with pytest.raises(DataError, match="on one line"):
        gripper_twist(line, line, 0.1)


@pytest.mark.parametrize(("size", "duration_s"), [(10, 0.1), (9, 0.0), (9, -0.1), (9, float("nan"))])
def test_other_robots_and_no_time_are_refused(size, duration_s) -> None:
    values = np.arange(size, dtype=np.float32)
    with pytest.raises(DataError, match="expected two states of three points"):
        gripper_twist(values, values, duration_s)
