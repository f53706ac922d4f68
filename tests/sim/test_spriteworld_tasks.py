"""Scenes and tasks: what a picture shows is what the numbers say, and splits share nothing."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.demo import Split
from sim.errors import LayoutFailed, SimError, UnknownSplit
from sim.spriteworld.collect import SpriteOrder, collect_tasks
from sim.spriteworld.scene import GAP_CELLS, PICTURE_PPC, arrange
from sim.spriteworld.sprites import SPRITE_CELLS, sprite_ids
from sim.spriteworld.task import (
    GOAL_EDGE_REWARD,
    GOAL_REWARD,
    HORIZON,
    OBSTACLE_REWARD,
    TERRAIN_REWARDS,
    Cast,
    scenes_at,
    split_of,
    task_at,
)  # fmt: skip
from sim.spriteworld.terrain import SIZE_CELLS

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
CASTS: tuple[Cast, ...] = ("seen", "novel")


FINGERPRINT = "16601659eeb9"
"""Of the first validation task under seed 11."""


def blocks(cells: np.ndarray) -> np.ndarray:
    """Each cell as a block of the picture's pixels."""
    return cells.repeat(PICTURE_PPC, 0).repeat(PICTURE_PPC, 1)


@settings(max_examples=15)
@given(st.sampled_from(SPLITS), st.sampled_from(CASTS), st.integers(0, 2**31), st.integers(0, 10**6))
def test_equal_numbers_give_equal_tasks_and_scenes(split: Split, cast: Cast, seed: int, index: int) -> None:
    assert task_at(split, seed, index, cast) == task_at(split, seed, index, cast)
    one = scenes_at(split, seed, range(index, index + 1), 1, cast)[0]
    other = scenes_at(split, seed, range(index - min(index, 1), index + 1), 1, cast)[-1]
    np.testing.assert_array_equal(one.picture(), other.picture())
    elsewhere = scenes_at(split, seed, range(index, index + 1), 0, cast)[0]
    assert one.sprite_ids == elsewhere.sprite_ids == task_at(split, seed, index, cast).sprite_ids
    assert (one.terrain != elsewhere.terrain).any()


def test_tasks_of_different_splits_share_no_three_sprites() -> None:
    casts = {split: {frozenset(task_at(split, 0, index).sprite_ids) for index in range(300)} for split in SPLITS}
    assert not casts["train"] & casts["test"] and not casts["train"] & casts["validation"]
    assert not casts["validation"] & casts["test"]
    trained = set(sprite_ids("train"))
    assert all(names <= trained for split in SPLITS for names in casts[split])


def test_novel_sprites_occur_in_no_training_task() -> None:
    for split in ("validation", "test"):
        found = {name for index in range(60) for name in task_at(split, 0, index, "novel").sprite_ids}
        assert found == set(sprite_ids(split))


def test_the_order_of_three_sprites_does_not_change_their_split() -> None:
    assert {split_of(order) for order in ((1, 2, 3), (3, 2, 1), (2, 3, 1))} == {split_of((1, 2, 3))}


def test_equal_task_ids_mean_equal_wishes() -> None:
    tasks = [task_at("test", 0, index, "novel") for index in range(400)]
    by_id: dict[str, set] = {}
    for task in tasks:
        by_id.setdefault(task.task_id, set()).add((task.sprite_ids, task.terrain_rewards))
    assert all(len(wishes) == 1 for wishes in by_id.values())
    assert len(by_id) == len({(task.sprite_ids, task.terrain_rewards) for task in tasks})


@pytest.mark.parametrize("split", SPLITS)
def test_rewards_say_what_the_scene_shows(split: Split) -> None:
    for index, scene in enumerate(scenes_at(split, 5, range(20), 0)):
        task = task_at(split, 5, index)
        reward = task.reward(scene)
        assert reward.dtype == np.float32
        assert reward[scene.centre(0)] == GOAL_REWARD == reward.max()
        assert (reward == GOAL_EDGE_REWARD).sum() == SPRITE_CELLS**2 - 1
        assert (reward == OBSTACLE_REWARD).sum() == 2 * SPRITE_CELLS**2
        assert sorted(task.terrain_rewards) == sorted(TERRAIN_REWARDS)
        free = scene.is_free()
        assert free.sum() == SIZE_CELLS**2 - 3 * SPRITE_CELLS**2
        np.testing.assert_array_equal(reward[free], np.array(task.terrain_rewards)[scene.terrain[free]])


@pytest.mark.parametrize("split", SPLITS)
def test_sprites_keep_apart_and_off_the_border(split: Split) -> None:
    for index, scene in enumerate(scenes_at(split, 6, range(50), 0)):
        apart = np.abs(scene.corners[:, None] - scene.corners[None]).max(-1)[np.triu_indices(3, 1)]
        assert apart.min() >= SPRITE_CELLS + GAP_CELLS
        margin = task_at(split, 6, index).margin_cells
        assert margin <= scene.corners.min() and scene.corners.max() <= SIZE_CELLS - SPRITE_CELLS - margin


def test_every_goal_can_be_reached_around_the_obstacles() -> None:
    for index, scene in enumerate(scenes_at("train", 8, range(200), 0)):
        passable = (task_at("train", 8, index).reward(scene) > OBSTACLE_REWARD).astype(np.uint8)
        _, regions = cv2.connectedComponents(passable, connectivity=8)
        assert (regions[passable > 0] == regions[scene.centre(0)]).all()


def test_a_sprite_changes_the_pixels_of_its_cells_and_no_others() -> None:
    for scene in scenes_at("test", 9, range(20), 0):
        bare = type(scene)(scene.terrain, (), (), np.zeros((0, 2), np.int64)).picture()
        changed = (scene.picture() != bare).any(-1)
        assert not changed[blocks(scene.is_free())].any()
        for index in range(3):
            assert changed[blocks(scene.is_covered(index))].mean() > 0.3
            row, column = scene.centre(index)
            middle = changed[
                PICTURE_PPC * row : PICTURE_PPC * (row + 1), PICTURE_PPC * column : PICTURE_PPC * (column + 1)
            ]
            assert middle.all()


def test_the_large_picture_shows_the_same_scene() -> None:
    for scene in scenes_at("test", 10, range(3), 0):
        shrunk = cv2.resize(scene.large_picture(), (80, 80), interpolation=cv2.INTER_AREA).astype(float)
        assert np.abs(shrunk - scene.picture()).mean() < 3.0


def test_too_little_room_is_refused() -> None:
    with pytest.raises(LayoutFailed, match="margin"):
        arrange(np.random.default_rng(0), np.zeros((20, 20), np.int64), (0, 1, 2), 8)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UnknownSplit, match="holdout"):
        task_at("holdout", 0, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("cast", CASTS)
def test_collected_tasks_hold_together(cast: Cast) -> None:
    tasks = collect_tasks(SpriteOrder("test", cast, seed=3, demos_per_scene=4), 12)
    for task in tasks:
        assert len(task.scenes) == 2 and task.horizon == HORIZON
        for scene in task.scenes:
            assert scene.visitation.sum() == pytest.approx(HORIZON, rel=1e-5)
            assert scene.start_probability.sum() == pytest.approx(1.0, rel=1e-5)
            assert scene.true_reward[scene.goal] == GOAL_REWARD
            assert len(scene.demos) == 4
            for demo in scene.demos:
                start = tuple(demo.cells[0])
                assert scene.start_probability[start] > 0
                assert tuple(demo.cells[-1]) == scene.goal and len(demo) <= HORIZON
                assert (demo.cells[:-1] != scene.goal).any(1).all()
                assert demo.picture is scene.picture


def test_collecting_in_parts_gives_the_same_tasks() -> None:
    def fingerprint(task) -> str:
        digest = hashlib.sha256(task.task_id.encode())
        for scene in task.scenes:
            for array in (scene.true_reward, *(demo.cells for demo in scene.demos)):
                digest.update(array.tobytes())
        return digest.hexdigest()

    order = SpriteOrder("validation", seed=11, demos_per_scene=2)
    whole = [fingerprint(task) for task in collect_tasks(order, 5)]
    parts = [fingerprint(task) for first in range(5) for task in collect_tasks(order, 1, first)]
    assert whole == parts
    # A generator that changes makes every published number wrong.
    assert whole[0][:12] == FINGERPRINT


def test_more_demonstrations_begin_with_the_same_ones() -> None:
    few, many = (collect_tasks(SpriteOrder("test", seed=12, demos_per_scene=count), 10) for count in (3, 9))
    for one, other in zip(few, many, strict=True):
        for less, more in zip(one.scenes, other.scenes, strict=True):
            for demo, same in zip(less.demos, more.demos[:3], strict=True):
                np.testing.assert_array_equal(demo.cells, same.cells)


def test_an_order_for_nothing_is_refused() -> None:
    with pytest.raises(SimError, match="at least one"):
        SpriteOrder(demos_per_scene=0)
