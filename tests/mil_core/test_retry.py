"""The retry rule by enumeration: two known pictures must agree, doubt does nothing, and there is one retry at most."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mil_core.adapted_goal import Sighting
from mil_core.errors import BadThreshold
from mil_core.retry import FAILURE_BELOW, RetryRule, Verdict, with_retry

RULE = RetryRule(threshold=0.8, failure_below=0.1)
ABOVE, BETWEEN, BELOW = Sighting(0.9, 0.5), Sighting(0.5, 0.5), Sighting(0.05, 0.5)
UNKNOWN = (Sighting(0.9, 1.5), Sighting(0.05, 1.5), Sighting(math.nan, math.inf))
KINDS = (ABOVE, BETWEEN, BELOW, *UNKNOWN)


@pytest.mark.parametrize("length", range(5))
def test_only_two_newest_known_pictures_that_agree_decide(length: int) -> None:
    for seen in itertools.product(KINDS, repeat=length):
        expected = Verdict.UNSURE
        if seen[-2:] == (ABOVE, ABOVE):
            expected = Verdict.REACHED
        if seen[-2:] == (BELOW, BELOW):
            expected = Verdict.MISSED
        assert RULE.verdict(seen) is expected
        is_reached = expected is Verdict.REACHED
        assert [RULE.may_end(seen, gripper) for gripper in (0.0, 0.49, 0.5, 1.0)] == [is_reached] * 2 + [False] * 2


@pytest.mark.parametrize("edge", [RULE.threshold, RULE.failure_below, math.nan])
def test_the_limits_themselves_and_nan_decide_nothing(edge: float) -> None:
    assert RULE.verdict([Sighting(edge, 0.0)] * 2) is Verdict.UNSURE


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.floats(0, 1))
def test_nothing_is_both_reached_and_missed(threshold: float, failure_below: float, probability: float) -> None:
    found = RetryRule(threshold, failure_below).verdict([Sighting(probability, 0.0)] * 2)
    assert (found is Verdict.REACHED) == (probability > threshold)
    assert (found is Verdict.MISSED) == (probability < min(threshold, failure_below))


@given(st.lists(st.sampled_from(KINDS), max_size=6), st.sampled_from(KINDS))
def test_a_higher_probability_never_turns_reached_into_missed(seen: list[Sighting], last: Sighting) -> None:
    order = [Verdict.MISSED, Verdict.UNSURE, Verdict.REACHED]
    ranks = [order.index(RULE.verdict([*seen, last._replace(probability=p)])) for p in (0.0, 0.5, 1.0)]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, 1.1, math.nan, math.inf])
@pytest.mark.parametrize("name", ["threshold", "failure_below"])
def test_a_threshold_outside_is_refused(name: str, bad: float) -> None:
    with pytest.raises(BadThreshold, match="between 0 and 1"):
        RetryRule(**{"threshold": 0.8, "failure_below": FAILURE_BELOW, name: bad})


@pytest.mark.parametrize("first", Verdict)
@pytest.mark.parametrize("second", Verdict)
@pytest.mark.parametrize("gets_home", [True, False])
def test_one_retry_only_after_a_sure_failure_and_only_from_home(
    first: Verdict, second: Verdict, gets_home: bool
) -> None:
    said, calls = iter([first, second]), []

    def attempt() -> Verdict:
        calls.append("attempt")
        return next(said)

    def go_home() -> bool:
        calls.append("home")
        return gets_home

    verdicts = with_retry(attempt, go_home)
    if first is not Verdict.MISSED:
        assert (calls, verdicts) == (["attempt"], [first])
    elif not gets_home:
        assert (calls, verdicts) == (["attempt", "home"], [first])
    else:
        assert (calls, verdicts) == (["attempt", "home", "attempt"], [first, second])
