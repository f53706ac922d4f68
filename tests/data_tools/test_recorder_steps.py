"""Which picture, state and action make a step, by their times alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.recorder_steps import match_steps

PERIOD_S = 0.1
times = st.lists(st.integers(0, 400), unique=True, max_size=40).map(lambda ticks: np.sort(np.array(ticks)) / 40.0)


@given(hnp.arrays(np.float64, st.integers(1, 40), elements=st.floats(0.01, 1.0)))
def test_streams_of_the_same_times_give_every_step(steps) -> None:
    time_s = np.cumsum(steps)
    matched = match_steps(time_s, time_s, time_s)
    every = np.arange(len(time_s)).tolist()
    assert matched.picture.tolist() == matched.state.tolist() == matched.action.tolist() == every


@given(times, times, times)
def test_a_step_holds_what_it_promises(picture_s, state_s, action_s) -> None:
    steps = match_steps(picture_s, state_s, action_s)
    assert len(steps.picture) == len(steps.state) == len(steps.action)
    for index in (steps.picture, steps.state, steps.action):
        assert (np.diff(index) > 0).all()
    usual_s = np.median(np.diff(picture_s)) if len(picture_s) > 1 else np.inf
    for picture, state, action in zip(steps.picture, steps.state, steps.action, strict=True):
        assert abs(state_s[state] - picture_s[picture]) <= usual_s / 2 + 1e-12
        assert action_s[action] >= picture_s[picture]
        assert action == 0 or action_s[action - 1] < picture_s[picture], "the first action that answers"
        if picture + 1 < len(picture_s):
            assert action_s[action] < picture_s[picture + 1]


@given(times, times, times)
def test_a_picture_that_is_left_out_lacks_a_state_or_an_action_of_its_own(picture_s, state_s, action_s) -> None:
    steps = match_steps(picture_s, state_s, action_s)
    usual_s = np.median(np.diff(picture_s)) if len(picture_s) > 1 else np.inf
    next_s = np.append(picture_s[1:], picture_s[-1:] + usual_s)
    free = np.setdiff1d(np.arange(len(state_s)), steps.state)
    for picture in np.setdiff1d(np.arange(len(picture_s)), steps.picture):
        has_action = ((action_s >= picture_s[picture]) & (action_s < next_s[picture])).any()
        nearest = np.abs(state_s - picture_s[picture]).min(initial=np.inf)
        nearest_is_free = len(free) and np.abs(state_s[free] - picture_s[picture]).min() < nearest + 1e-12
        unique = (np.abs(state_s - picture_s[picture]) <= nearest + 1e-12).sum() == 1
        assert not (has_action and nearest <= usual_s / 2 - 1e-12 and nearest_is_free and unique)


def test_faster_states_and_slower_actions() -> None:
    picture_s = np.arange(6) * PERIOD_S
    steps = match_steps(picture_s, np.arange(60) * PERIOD_S / 10 + 0.001, picture_s[::2] + 0.03)
    assert steps.picture.tolist() == [0, 2, 4]
    assert steps.state.tolist() == [0, 20, 40]
    assert steps.action.tolist() == [0, 1, 2]


def test_nothing_is_made_up() -> None:
    picture_s = np.arange(4) * PERIOD_S
    for empty in range(3):
        streams = [picture_s, picture_s, picture_s]
        streams[empty] = np.zeros(0)
        assert len(match_steps(*streams).picture) == 0
