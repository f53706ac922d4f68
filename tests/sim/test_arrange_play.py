"""Random interaction: the same again, only what is moved differs, and no split knows the blocks of another."""

import numpy as np
import pytest

from sim.arrange_collect import group_id
from sim.arrange_moves import ArrangeTable
from sim.arrange_play import MOVES_PER_LAYOUT, play, random_move
from sim.arrange_trials import trial_env
from sim.collect import task_at
from sim.tasks.arrange import AREA_HIGH_M, AREA_LOW_M, scattered

NUM_MOVES = 2 * MOVES_PER_LAYOUT


@pytest.fixture(scope="module")
def played():
    return play("validation", 3, NUM_MOVES, 0)


def test_play_is_the_same_again_and_that_of_its_group(played) -> None:
    again = play("validation", 3, 2, 0)
    assert played.group_id == again.group_id == group_id("validation", 3, 0)
    for name in ("before", "after", "take_m", "put_m"):
        np.testing.assert_array_equal(getattr(played, name)[:2], getattr(again, name))


def test_moves_begin_and_end_on_the_table_and_little_else_changes(played) -> None:
    for places_m in (played.take_m, played.put_m):
        assert (places_m > AREA_LOW_M - 0.05).all() and (places_m < AREA_HIGH_M + 0.05).all()
    is_changed = (played.before != played.after).any(-1)
    assert (is_changed.mean((1, 2)) < 0.15).all() and is_changed.any((1, 2)).mean() > 0.8


def test_splits_share_no_block() -> None:
    looks: dict[str, set] = {}
    for split in ("train", "validation", "test"):
        tasks = [task_at("arrange", split, 0, k) for k in range(5)]
        assert group_id(split, 0, 0).startswith(split)
        looks[split] = {value for task in tasks for one in task.blocks for value in (one.rgb, one.radius_m)}
    assert not looks["train"] & looks["test"] and not looks["validation"] & (looks["train"] | looks["test"])


def test_looking_again_shows_the_same_and_a_drawn_move_can_be_made() -> None:
    rng = np.random.default_rng(0)
    with trial_env("validation", 3, 1) as env:
        env.begin(rng)
        table = ArrangeTable(env, rng)
        table.begin(scattered(rng, table.blocks, range(3)))
        first = table.look()
        np.testing.assert_array_equal(table.look_again(), first)
        thing, place_m = random_move(table, rng)
        assert table.after(thing, place_m) is not None and table.move(thing, place_m)
        assert (table.look_again() != first).any()
