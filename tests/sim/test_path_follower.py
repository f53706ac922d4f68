"""Laws of following a path at a limited speed."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.path_follower import PathFollower


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.floats(-0.3, 0.3)] * 3), min_size=1, max_size=6), st.floats(0.05, 0.3))
def test_following_ends_at_the_end_and_never_speeds(corners: list, speed_m_s: float) -> None:
    waypoints_m = np.array(corners)
    path, tool_m, longest_m_s = PathFollower(waypoints_m, speed_m_s), waypoints_m[0].copy(), 0.0
    length_m = np.linalg.norm(np.diff(waypoints_m, axis=0), axis=1).sum()
    for _ in range(int(10 * length_m / speed_m_s) + 60):
        velocity = path.velocity_m_s(tool_m)
        longest_m_s = max(longest_m_s, float(np.linalg.norm(velocity)))
        tool_m += 0.1 * velocity
    assert longest_m_s <= speed_m_s + 1e-9
    assert np.linalg.norm(tool_m - waypoints_m[-1]) < 0.01
