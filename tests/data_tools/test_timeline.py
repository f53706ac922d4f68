"""Laws of constant-rate views and of stream statistics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.demo import Film, Video
from data_tools.errors import DataError
from data_tools.timeline import nearest, resample, resample_film, resample_index, stream_statistics

times = st.lists(st.floats(0.001, 3.0), min_size=0, max_size=80).map(lambda gaps: 1.0 + np.cumsum([0.0, *gaps]))
counts = st.integers(2, 60)
rates = st.floats(0.5, 50.0)


def numbered(time_s: np.ndarray) -> Video:
    """A film whose frames carry their own number."""
    frames = np.zeros((len(time_s), 1, 1, 3), np.uint8)
    frames[..., 0] = np.arange(len(time_s))[:, None, None]
    return Video(frames, time_s)


@given(times, counts, rates)
def test_a_view_keeps_both_ends_and_never_goes_back(time_s, num_frames, rate_hz):
    index, view_s = resample_index(time_s, num_frames, rate_hz)
    assert index.shape == view_s.shape == (num_frames,)
    assert index[0] == 0 and index[-1] == len(time_s) - 1
    assert (np.diff(index) >= 0).all() and (np.diff(view_s) > 0).all()


@given(times, counts, rates)
def test_no_other_frame_is_nearer(time_s, num_frames, rate_hz):
    index, view_s = resample_index(time_s, num_frames, rate_hz)
    distance = np.abs(time_s[None] - view_s[:, None])
    np.testing.assert_array_equal(distance[np.arange(num_frames), index], distance.min(1))


@given(times, counts, rates)
def test_a_long_film_is_spread_and_a_short_one_keeps_its_pace(time_s, num_frames, rate_hz):
    _, view_s = resample_index(time_s, num_frames, rate_hz)
    duration_s, view_duration_s = time_s[-1] - time_s[0], (num_frames - 1) / rate_hz
    np.testing.assert_allclose(view_s[-1] - view_s[0], max(duration_s, view_duration_s), rtol=1e-9)
    np.testing.assert_allclose(np.diff(view_s), np.diff(view_s)[0], rtol=1e-6)


@given(counts, rates)
def test_resampling_a_constant_rate_film_to_itself_changes_nothing(num_frames, rate_hz):
    film = numbered(np.arange(num_frames) / rate_hz)
    view = resample(film, num_frames, rate_hz)
    np.testing.assert_array_equal(view.frames, film.frames)
    np.testing.assert_allclose(view.capture_time_s, film.capture_time_s)


@given(times, counts, rates)
def test_resampling_twice_is_resampling_once(time_s, num_frames, rate_hz):
    once = resample(numbered(time_s), num_frames, rate_hz)
    np.testing.assert_array_equal(resample(once, num_frames, rate_hz).frames, once.frames)


def test_a_short_film_ends_with_its_last_frame_repeated():
    view = resample(numbered(np.array([0.0, 0.1, 0.2])), 6, 10.0)
    assert view.frames[:, 0, 0, 0].tolist() == [0, 1, 2, 2, 2, 2]


def test_a_film_of_twice_the_length_gives_every_second_frame():
    view = resample(numbered(np.arange(9) / 10), 5, 10.0)
    assert view.frames[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8]


def test_hand_positions_go_with_their_frames():
    hand_xy = np.arange(12, dtype=np.float32).reshape(6, 2) / 100
    view = resample_film(Film(numbered(np.arange(6) / 5), hand_xy), 4, 10.0)
    assert view.hand_xy is not None
    np.testing.assert_array_equal(view.hand_xy, hand_xy[view.video.frames[:, 0, 0, 0]])
    assert resample_film(Film(numbered(np.arange(6) / 5)), 4, 10.0).hand_xy is None


@pytest.mark.parametrize(("num_frames", "rate_hz"), [(1, 10.0), (40, 0.0), (40, float("nan"))])
def test_nonsense_is_refused(num_frames, rate_hz):
    with pytest.raises(DataError, match="num_frames >= 2 and rate_hz > 0"):
        resample(numbered(np.array([0.0, 1.0])), num_frames, rate_hz)


def test_a_tie_goes_to_the_earlier_frame():
    assert nearest(np.array([0.0, 1.0]), np.array([0.5])).tolist() == [0]


@given(st.sets(st.integers(1, 38), max_size=12), st.floats(1.0, 100.0))
def test_every_dropped_sample_is_counted(dropped, rate_hz):
    kept = np.array([index for index in range(40) if index not in dropped])
    statistics = stream_statistics(kept / rate_hz)
    gaps = np.diff(kept)
    assert np.median(gaps) == 1
    assert statistics.drops == len(dropped)
    np.testing.assert_allclose(statistics.worst_gap_s, gaps.max() / rate_hz)
    np.testing.assert_allclose(statistics.rate_hz, (len(kept) - 1) / (39 / rate_hz))


def test_a_frozen_camera_is_counted():
    assert stream_statistics(np.arange(5.0), np.array([1, 1, 2, 2, 2])).stale_repeats == 3


def test_a_single_sample_has_no_rate():
    statistics = stream_statistics(np.array([3.0]))
    assert (statistics.count, statistics.rate_hz, statistics.worst_gap_s) == (1, 0.0, 0.0)
