"""What counts as new, as a repeat, as missing and as a fault of time."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.journal import StreamSpec
from data_tools.recorder_watch import FAULTS, EndReason, Fault, Watch, WatchLimits

IMAGE, STATE = StreamSpec("image", (2, 2, 3), "uint8"), StreamSpec("state", (2,), "float32")
gaps = st.lists(st.floats(1e-3, 0.9), min_size=1, max_size=20)


def watch(**limits) -> Watch:
    return Watch((IMAGE, STATE), WatchLimits(**limits), 50.0)


@given(gaps, st.floats(-1e9, 1e9))
def test_steady_streams_are_new_and_their_rate_is_that_of_their_times(steps, start_s) -> None:
    seen, time_s, receive_s = watch(), start_s, 100.0
    for step in [0.0, *steps]:
        time_s, receive_s = time_s + step, receive_s + step
        if seen.see("image", time_s, receive_s) is not True:
            return  # far from zero a small step can vanish in rounding
        seen.keep("image", has_room=True)
    count = seen.counts["image"]
    assert count.taken == len(steps) + 1
    assert count.rate_hz == pytest.approx(len(steps) / (time_s - start_s))


@given(st.floats(1e-6, 1e6))
def test_a_step_back_of_any_size_is_a_fault(step_s) -> None:
    seen = watch()
    assert seen.see("image", 1e3, 60.0) is True
    fault = seen.see("image", 1e3 - step_s, 60.1)
    assert isinstance(fault, Fault) and fault.reason is EndReason.CLOCK_STEP and "image" in fault.detail


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0))
def test_a_jump_is_more_than_the_steady_clock_allows(capture_gap_s, receive_gap_s) -> None:
    seen = watch(jump_s=1.0)
    seen.see("image", 0.0, 60.0)
    verdict = seen.see("image", capture_gap_s, 60.0 + receive_gap_s)
    excess_s = capture_gap_s - receive_gap_s
    if abs(excess_s - 1.0) > 1e-9:
        assert isinstance(verdict, Fault) == (excess_s > 1.0)


def test_a_pause_of_the_camera_is_no_jump() -> None:
    seen = watch()
    seen.see("image", 0.0, 60.0)
    assert seen.see("image", 30.0, 90.0) is True


@pytest.mark.parametrize("time_s", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_number_is_a_fault(time_s) -> None:
    assert isinstance(watch().see("image", time_s, 60.0), Fault)


def test_the_same_time_again_is_a_repeat_and_does_not_count_as_life() -> None:
    seen = watch(silence_s=1.0)
    seen.see("image", 0.0, 60.0), seen.see("state", 0.0, 60.0)
    for tenth in range(1, 30):
        assert seen.see("image", 0.0, 60.0 + tenth / 10) is False
        seen.see("state", tenth / 10, 60.0 + tenth / 10)
    assert seen.counts["image"].repeated == 29
    silence = seen.silence(62.9)
    assert silence is not None and silence.reason is EndReason.STREAM_LOST and "image" in silence.detail


@given(st.floats(0.0, 3.0))
def test_silence_is_noticed_exactly_after_its_time(quiet_s) -> None:
    seen = watch(silence_s=1.0)
    seen.see("image", 5.0, 60.0), seen.see("state", 5.0, 60.0)
    if abs(quiet_s - 1.0) > 1e-9:
        assert (seen.silence(60.0 + quiet_s) is not None) == (quiet_s > 1.0)


def test_a_stream_that_never_came_is_silent_from_the_start_on() -> None:
    seen = watch(silence_s=1.0)
    seen.see("image", 5.0, 50.9)
    assert seen.silence(50.95) is None
    silence = seen.silence(51.5)
    assert silence is not None and "state" in silence.detail


def test_some_streams_may_pause() -> None:
    seen = watch(silence_s=1.0, may_pause=("state",))
    seen.see("image", 5.0, 60.0)
    assert seen.silence(60.5) is None and seen.silence(62.0) is not None


@given(st.lists(st.booleans(), max_size=30))
def test_kept_and_dropped_add_up(rooms) -> None:
    seen = watch()
    for index, has_room in enumerate(rooms):
        assert seen.see("state", index * 0.1, 60.0 + index * 0.1) is True
        seen.keep("state", has_room=has_room)
    count = seen.counts["state"]
    assert (count.taken, count.overflowed) == (sum(rooms), len(rooms) - sum(rooms))


def test_nobody_wishes_for_a_fault() -> None:
    assert FAULTS.isdisjoint({EndReason.OPERATOR, EndReason.COMPLETE, EndReason.TIME_UP})
