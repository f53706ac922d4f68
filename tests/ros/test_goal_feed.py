"""News decides only while it is new, of the classifier that was asked for, and of pictures of this attempt."""

import math

from hypothesis import given
from hypothesis import strategies as st
from mil_nodes.goal_feed import GoalFeed

from mil_core.adapted_goal import Sighting

NEWS = st.lists(st.tuples(st.sampled_from(["mine", "other"]), st.integers(0, 9), st.floats(0, 1)), max_size=12)


@given(NEWS, st.integers(0, 9))
def test_what_counts_is_mine_later_than_all_before_and_of_this_attempt(news, since_ns: int) -> None:
    feed, expected, newest_ns = GoalFeed(60.0), [], -1
    feed.begin("mine")
    for name, stamp_ns, probability in news:
        feed.put(name, stamp_ns, Sighting(probability, 0.0))
        if name == "mine" and stamp_ns > newest_ns:
            newest_ns = stamp_ns
            expected += [probability] if stamp_ns >= since_ns else []
    assert [seen.probability for seen in feed.fresh(since_ns)] == expected
    assert feed.has_judged(since_ns) == (newest_ns >= since_ns)
    newest = feed.newest(since_ns)
    assert newest == expected[-1] if expected else math.isnan(newest)


def test_old_news_decides_nothing_but_is_known_to_have_come() -> None:
    feed = GoalFeed(0.0)
    feed.begin("mine")
    feed.put("mine", 5, Sighting(0.9, 0.0))
    assert feed.fresh(0) == [] and feed.has_judged(5)


def test_another_classifier_begins_with_nothing() -> None:
    feed = GoalFeed(60.0)
    feed.begin("mine")
    feed.put("mine", 5, Sighting(0.9, 0.0))
    feed.begin("other")
    assert feed.fresh(0) == [] and not feed.has_judged(0)
    feed.put("other", 1, Sighting(0.2, 0.0))
    assert feed.newest(0) == 0.2
