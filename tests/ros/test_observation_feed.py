"""Halves of one stamp meet, in whatever order they arrive; halves of different stamps never do."""

import threading

from hypothesis import given
from hypothesis import strategies as st
from mil_nodes.observation_feed import KEPT, ObservationFeed

LONG_S = 5.0
"""Longer than any wait that succeeds."""


def test_nothing_comes_from_one_half() -> None:
    feed: ObservationFeed[str, str] = ObservationFeed()
    feed.put_picture(1, "picture")
    assert feed.wait(None, LONG_S, 0.0) is None


@given(st.permutations([("picture", 1), ("state", 1), ("picture", 2), ("state", 2), ("picture", 3), ("state", 4)]))
def test_only_equal_stamps_are_paired(arrivals: list[tuple[str, int]]) -> None:
    feed: ObservationFeed[int, int] = ObservationFeed()
    for kind, stamp in arrivals:
        (feed.put_picture if kind == "picture" else feed.put_state)(stamp, stamp)
        pair = feed.wait(None, LONG_S, 0.0)
        if pair is not None:
            assert pair.stamp_ns == pair.picture == pair.state
            assert pair.stamp_ns in (1, 2)


def test_the_observation_that_was_answered_is_not_given_again() -> None:
    feed: ObservationFeed[str, str] = ObservationFeed()
    feed.put_state(1, "state")
    feed.put_picture(1, "picture")
    assert feed.wait(None, LONG_S, 0.0) is not None
    assert feed.wait(1, LONG_S, 0.0) is None


def test_an_old_observation_is_not_given() -> None:
    feed: ObservationFeed[str, str] = ObservationFeed()
    feed.put_state(1, "state")
    feed.put_picture(1, "picture")
    assert feed.wait(None, 0.0, 0.0) is None


def test_halves_that_never_meet_do_not_pile_up() -> None:
    feed: ObservationFeed[int, int] = ObservationFeed()
    for stamp in range(100):
        feed.put_picture(stamp, stamp)
    feed.put_state(0, 0)
    assert feed.wait(None, LONG_S, 0.0) is None
    feed.put_state(100 - KEPT, 0)
    assert feed.wait(None, LONG_S, 0.0) is not None


def test_a_waiting_thread_is_woken() -> None:
    feed: ObservationFeed[str, str] = ObservationFeed()
    found = []
    waiting = threading.Thread(target=lambda: found.append(feed.wait(None, LONG_S, LONG_S)))
    waiting.start()
    feed.put_picture(9, "picture")
    feed.put_state(9, "state")
    waiting.join()
    assert found[0].stamp_ns == 9
