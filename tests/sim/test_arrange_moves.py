"""Moves of blocks: what is predicted happens, what cannot be done is not done, predicting changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.arrange_moves import PLACE_ERROR_M, ArrangeTable, after_move, movable
from sim.arrange_trials import NUM_PRESENT, SETTINGS, draw_trial, trial_env, trial_rng
from sim.relations import NONE, ON, offset_m
from sim.tasks.arrange import AREA_HIGH_M, AREA_LOW_M, TABLE_HEIGHT_M, has_gaps, parked, relations


@pytest.fixture(scope="module")
def env():
    with trial_env("validation", 5, 0) as made:
        made.reset(np.random.default_rng(0))
        yield made


def two(env) -> np.ndarray:
    places_m = parked(len(env.task.blocks))
    places_m[0], places_m[1] = [0.55, -0.2, TABLE_HEIGHT_M], [0.7, 0.0, TABLE_HEIGHT_M]
    return places_m


@given(st.integers(0, 3), st.floats(0.40, 0.92), st.floats(-0.35, 0.2))
@settings(max_examples=60)
def test_after_a_move_blocks_leave_gaps_and_no_other_has_moved(env, thing: int, x_m: float, y_m: float) -> None:
    before_m = two(env)
    after_m = after_move(before_m, env.task.blocks, thing, np.array([x_m, y_m]))
    if after_m is None:
        return
    assert thing in (0, 1) and has_gaps(after_m, env.task.blocks)
    others = [k for k in range(4) if k != thing]
    np.testing.assert_array_equal(after_m[others], before_m[others])
    assert (after_m[thing, :2] > AREA_LOW_M).all() and (after_m[thing, :2] < AREA_HIGH_M).all()


def test_a_block_over_another_stands_on_it_and_holds_it_there(env) -> None:
    blocks, before_m = env.task.blocks, two(env)
    after_m = after_move(before_m, blocks, 0, before_m[1, :2] + 0.01)
    assert after_m is not None and relations(after_m, blocks)[0, 1] == ON
    assert movable(before_m, blocks) == [0, 1] and movable(after_m, blocks) == [0]
    assert after_move(after_m, blocks, 1, np.array([0.5, 0.0])) is None
    down_m = after_move(after_m, blocks, 0, np.array([0.5, 0.0]))
    assert down_m is not None and down_m[0, 2] == TABLE_HEIGHT_M


@pytest.mark.parametrize("number", [ON, 0, 3])
def test_what_was_predicted_happens(env, number: int) -> None:
    blocks = env.task.blocks
    for seed in range(3):
        table = ArrangeTable(env, np.random.default_rng(seed))
        table.begin(two(env))
        place_m = two(env)[1, :2] + (0.0 if number == ON else offset_m(number, 0.14))
        before = env.render()
        pictures, predicted_m = table.predict(np.array([0, 2]), np.stack([place_m, place_m]))
        assert np.isnan(predicted_m[1]).all() and np.isfinite(predicted_m[0]).all()
        np.testing.assert_array_equal(env.render(), before)
        assert (pictures[0] != before).any() and relations(predicted_m[0], blocks)[0, 1] == number
        assert table.move(0, place_m)
        assert relations(table.places_m, blocks)[0, 1] == number
        assert np.abs(table.places_m[:2] - predicted_m[0][:2]).max() < 6 * PLACE_ERROR_M
        assert not table.move(2, place_m)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_trial_shows_its_goals_begins_without_them_and_is_the_same_again(env, setting) -> None:
    trials = [draw_trial(env, setting, 2, trial_rng("validation", 5, 0, 2)) for _ in range(2)]
    np.testing.assert_array_equal(trials[0].start_m, trials[1].start_m)
    np.testing.assert_array_equal(trials[0].goals[0].pictures, trials[1].goals[0].pictures)
    table = relations(trials[0].start_m, env.task.blocks)
    assert int((trials[0].start_m[:, 2] > TABLE_HEIGHT_M - 0.01).sum()) == NUM_PRESENT[setting]
    assert len(trials[0].goals) == (2 if setting == "two_tasks" else 1)
    for goal in trials[0].goals:
        assert not goal.holds(table) and goal.relation != NONE and goal.is_far(trials[0].start_m)
        assert all(goal.holds(relations(places_m, env.task.blocks)) for places_m in goal.places_m)
