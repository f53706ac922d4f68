"""Laws of where demonstrated paths begin."""

import numpy as np

from sim.path_starts import is_behind, start_probability


def test_behind_a_wall_is_what_sees_the_goal_through_it() -> None:
    is_avoided = np.zeros((5, 9), bool)
    is_avoided[:, 4] = True
    expected = np.zeros((5, 9), bool)
    expected[:, 4:] = True
    np.testing.assert_array_equal(is_behind(is_avoided, (2, 0)), expected)
    assert not is_behind(np.zeros((5, 9), bool), (2, 0)).any()


def test_half_of_the_paths_start_behind_a_glass_where_one_can() -> None:
    may_start, is_behind = np.ones((4, 4), bool), np.zeros((4, 4), bool)
    np.testing.assert_allclose(start_probability(may_start, is_behind), 1 / 16)
    is_behind[0, :2] = True
    start = start_probability(may_start, is_behind)
    np.testing.assert_allclose(start[is_behind], 1 / 32 + 1 / 4)
    np.testing.assert_allclose(start[~is_behind], 1 / 32)
