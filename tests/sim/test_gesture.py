"""Laws of a carrying movement: smooth, continuous, with its ends where they were asked for, at human speed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.gesture import draw_gesture, minimum_jerk

START, RELEASE = np.array((0.3, 0.1, 0.15)), np.array((-0.1, -0.05, 0.08))
seeds = st.integers(0, 10_000)


def _draw(seed):
    return draw_gesture(np.random.default_rng(seed), START, RELEASE, START)


@given(st.floats(0.0, 1.0))
def test_minimum_jerk_is_odd_about_its_middle(progress):
    assert minimum_jerk(progress) + minimum_jerk(1 - progress) == pytest.approx(1.0)


def test_minimum_jerk_starts_and_ends_at_rest():
    step = 1e-4
    assert minimum_jerk(0.0) == 0.0 and minimum_jerk(1.0) == 1.0
    assert minimum_jerk(step) / step < 1e-6 and (1 - minimum_jerk(1 - step)) / step < 1e-6


@given(seeds)
def test_lasts_three_to_six_seconds_and_lets_go_within(seed):
    gesture = _draw(seed)
    assert 3.0 <= gesture.duration_s <= 6.0
    assert gesture.knot_times_s[-1] == pytest.approx(gesture.duration_s)
    assert (np.diff(gesture.knot_times_s) > 0).all()
    assert 1.0 < gesture.release_s < gesture.duration_s - gesture.open_s


@given(seeds)
def test_begins_at_the_start_and_lets_go_at_the_release(seed):
    gesture = _draw(seed)
    np.testing.assert_allclose(gesture.grip_m(0.0), START)
    np.testing.assert_allclose(gesture.grip_m(gesture.release_s), RELEASE, atol=1e-9)


@given(seeds)
def test_the_hand_moves_at_human_speed_without_jumps(seed):
    gesture = _draw(seed)
    times_s = np.linspace(0.0, gesture.duration_s, 601)
    path_m = np.array([gesture.grip_m(time_s) for time_s in times_s])
    speed = np.linalg.norm(np.diff(path_m, axis=0), axis=1) / np.diff(times_s)
    assert speed.max() < 1.6
    assert speed[0] < 0.05


@given(seeds)
def test_the_hand_opens_once_and_only_after_the_release(seed):
    gesture = _draw(seed)
    openings = [gesture.opening(time_s) for time_s in np.linspace(0.0, gesture.duration_s, 200)]
    assert (np.diff(openings) >= 0).all() and openings[0] == 0.0 and openings[-1] == pytest.approx(1.0)
    assert gesture.opening(gesture.release_s) == 0.0
