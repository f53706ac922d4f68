import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mil_core.pose_first import ARRIVED_M, GAIN_PER_S, MAX_SPEED_M_S, PoseFirst

coordinates = st.lists(st.floats(-0.5, 0.5, width=32), min_size=3, max_size=3).map(lambda v: np.array(v, np.float32))
POLICY_ACTION = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0], np.float32)
POINTS_M = np.array([0, 0, 0, 0.1, 0, 0, 0, 0.1, 0], np.float32)


@given(coordinates)
def test_it_drives_straight_and_never_faster_than_allowed_or_opens_before_it_is_there(way_m):
    distance_m = float(np.linalg.norm(way_m))
    action = PoseFirst()(POLICY_ACTION, POINTS_M, POINTS_M + np.tile(way_m, 3))
    if distance_m > 1.01 * ARRIVED_M:
        speed_m_s = min(GAIN_PER_S * distance_m, MAX_SPEED_M_S)
        np.testing.assert_allclose(action[:3], way_m / distance_m * speed_m_s, atol=1e-4)
        assert action[6] == 1 and not action[3:6].any()
    elif distance_m < 0.99 * ARRIVED_M:
        np.testing.assert_allclose(action, [*POLICY_ACTION[:6], 0])


def test_a_point_driven_so_arrives_within_three_seconds_from_half_a_metre():
    drive, pose_m, end_m = PoseFirst(), POINTS_M.copy(), POINTS_M + np.tile(np.float32([0.4, -0.3, 0.0]), 3)
    opened = []
    for _ in range(30):
        action = drive(POLICY_ACTION * 0, pose_m, end_m)
        opened.append(action[6] == 0)
        pose_m = pose_m + 0.1 * np.tile(action[:3], 3)
    assert opened[-1] and np.linalg.norm(pose_m[:3] - end_m[:3]) < ARRIVED_M


def test_once_arrived_it_lets_the_policy_go_until_the_next_episode():
    drive, far_m = PoseFirst(), POINTS_M + 1
    assert drive(POLICY_ACTION, POINTS_M, POINTS_M)[6] == 0
    assert drive(POLICY_ACTION, far_m, POINTS_M)[6] == 0
    drive.reset()
    assert drive(POLICY_ACTION, far_m, POINTS_M)[6] == 1
