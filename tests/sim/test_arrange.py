"""The arrangement task: relations in closed form, splits without common identities, layouts, and pictures of them."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.arrange_collect import (
    ARRANGEMENTS,
    PAIRS,
    PER_RELATION,
    arm_poses_rad,
    arrange,
    collect_group,
    group_id,
)
from sim.blocks import BLOCK_COUNT, MIN_COLOUR_DISTANCE, block, sample_blocks
from sim.collect import Order, layout_rng, task_at
from sim.env import Environment
from sim.errors import SimError
from sim.object_colours import colour_distance
from sim.relations import DIRECTIONS, FARTHEST_M, HALF_ANGLE_RAD, NONE, ON, RELATIONS, offset_m, relation, way_left_m
from sim.robots.pr2 import PR2
from sim.rooms import room_catalogue
from sim.tasks.arrange import BLOCKS, OTHER_CAMERAS, TABLE_HEIGHT_M, ArrangeTask, places_m, put, relations

NUMBERS = st.integers(0, len(DIRECTIONS) - 1)
SHARES = st.floats(-0.999, 0.999)
SPLITS = ("train", "validation", "test")
SECOND_M = np.array([0.6, -0.1, TABLE_HEIGHT_M])


def at(way_m: np.ndarray, up_m: float = 0.0) -> np.ndarray:
    return SECOND_M + np.array([*way_m, up_m])


@given(NUMBERS, SHARES, st.floats(0.01, FARTHEST_M * 0.999))
def test_a_direction_holds_within_its_angle_and_reach(number: int, share: float, distance_m: float) -> None:
    first_m = at(offset_m(number, distance_m, share * HALF_ANGLE_RAD))
    assert relation(first_m, SECOND_M, 0.04, 0.05) == number
    opposite = (number + len(DIRECTIONS) // 2) % len(DIRECTIONS)
    assert relation(SECOND_M, first_m, 0.04, 0.05) == opposite


@given(NUMBERS, SHARES)
def test_nothing_holds_too_far_away_or_between_two_directions(number: int, share: float) -> None:
    too_far_m = at(offset_m(number, FARTHEST_M + 0.001, share * HALF_ANGLE_RAD))
    between_m = at(offset_m(number, 0.15, np.pi / 8 + share * (np.pi / 8 - HALF_ANGLE_RAD)))
    for first_m in (too_far_m, between_m, at(offset_m(number, 0.15), up_m=0.02)):
        assert relation(first_m, SECOND_M, 0.04, 0.05) == NONE


@given(NUMBERS, SHARES, st.floats(0.01, FARTHEST_M * 0.999), st.floats(0.005, 0.1))
def test_the_way_left_is_nothing_inside_and_the_excess_outside(number, share, distance_m, excess_m) -> None:
    angle_rad = share * HALF_ANGLE_RAD
    assert way_left_m(number, offset_m(number, distance_m, angle_rad)) < 0.004
    too_far_m = offset_m(number, FARTHEST_M + excess_m, angle_rad)
    assert way_left_m(number, too_far_m) == pytest.approx(excess_m, abs=0.001)


@given(st.floats(0, 2 * np.pi), st.floats(0, 0.99))
def test_a_block_is_on_another_whose_top_it_stands_on(angle_rad: float, share: float) -> None:
    way_m = 0.6 * 0.04 * share * np.array([np.cos(angle_rad), np.sin(angle_rad)])
    assert relation(at(way_m, up_m=0.05), SECOND_M, 0.04, 0.05) == ON
    assert relation(at(way_m, up_m=0.07), SECOND_M, 0.04, 0.05) == NONE
    assert relation(SECOND_M, at(way_m, up_m=0.05), 0.04, 0.05) == NONE


def test_names_mean_what_the_picture_shows() -> None:
    env = Environment(task_at("arrange", "test", 0, 0), PR2())
    with env:
        env.reset(layout_rng(0, "test", 0, 0))
        view = env.data.camera("policy")

        def in_picture(point_m: np.ndarray) -> np.ndarray:
            right, up, _ = view.xmat.reshape(3, 3).T @ (point_m - view.xpos)
            return np.array([right, up])

        middle = in_picture(SECOND_M)
        for name, axis, sign in (("right_of", 0, 1), ("left_of", 0, -1), ("behind", 1, 1), ("in_front_of", 1, -1)):
            seen = in_picture(at(offset_m(RELATIONS.index(name), 0.15))) - middle
            assert np.abs(seen).argmax() == axis and np.sign(seen[axis]) == sign, name


def test_no_identity_is_in_two_splits() -> None:
    known: list[set] = []
    for split in SPLITS:
        blocks = [block(split, number) for number in range(BLOCK_COUNT[split])]
        values = {value for one in blocks for value in (one.object_id, one.texture_seed, one.rgb, one.second_rgb)}
        sizes = {("radius", one.radius_m) for one in blocks} | {("height", one.height_m) for one in blocks}
        rooms = {room.room_id for room in room_catalogue("lab", split)}
        known.append(values | sizes | rooms)
    assert not known[0] & known[1] and not known[0] & known[2] and not known[1] & known[2]


@pytest.mark.parametrize("split", SPLITS)
def test_blocks_of_a_scene_differ_in_colour(split: str) -> None:
    chosen = sample_blocks(np.random.default_rng(1), split, 4)
    pairs = [(a, b) for k, a in enumerate(chosen) for b in chosen[:k]]
    assert min(colour_distance(a.rgb, b.rgb) for a, b in pairs) >= MIN_COLOUR_DISTANCE
    assert chosen == sample_blocks(np.random.default_rng(1), split, 4)


@pytest.fixture(scope="module")
def group():
    return collect_group("test", 3, 0, arrangements=ARRANGEMENTS[::3])


def test_pictures_show_what_was_ordered(group) -> None:
    for wanted, table in zip(ARRANGEMENTS[::3], group.relations, strict=True):
        first, second = wanted.pair
        found = {int(table[first, second]), int(table[second, first])}
        assert (wanted.number in found) != wanted.is_too_far
    assert len(group.pictures) == len(np.unique(group.pictures.reshape(len(group.pictures), -1), axis=0))
    assert (group.pictures.std(axis=(1, 2, 3)) > 5).all()


def test_there_are_more_tasks_than_the_thesis_has() -> None:
    per_group = len(PAIRS) * len(RELATIONS)
    assert 60 * per_group >= 92 and PER_RELATION > 5
    counts = {(a.pair, a.number): 0 for a in ARRANGEMENTS if not a.is_too_far}
    for wanted in ARRANGEMENTS:
        counts[(wanted.pair, wanted.number)] += not wanted.is_too_far
    assert len(counts) == per_group and set(counts.values()) == {PER_RELATION}


def test_labels_are_the_relations_of_the_places(group) -> None:
    task = task_at("arrange", "test", 3, 0)
    assert isinstance(task, ArrangeTask)
    for places, table in zip(group.places_m, group.relations, strict=True):
        np.testing.assert_array_equal(relations(np.nan_to_num(places, nan=-1.0).astype(float), task.blocks), table)


def test_a_group_is_made_again_from_its_numbers(group) -> None:
    again = collect_group("test", 3, 0, arrangements=ARRANGEMENTS[::3])
    np.testing.assert_array_equal(again.pictures, group.pictures)
    assert again.group_id == group.group_id == group_id("test", 3, 0) != group_id("test", 3, 1)


def test_another_camera_sees_another_picture(group) -> None:
    for camera in OTHER_CAMERAS:
        other = collect_group("test", 3, 0, camera, ARRANGEMENTS[:9:3])
        assert np.abs(other.pictures.astype(int) - group.pictures[:3]).mean() > 5
        np.testing.assert_array_equal(other.relations, group.relations[:3])


def test_the_arm_is_anywhere_above_the_table() -> None:
    poses = arm_poses_rad()
    assert np.isfinite(poses).all() and (poses.std(0) > 0.05).all()


@pytest.mark.parametrize("number", [ON, 0, 5])
def test_what_was_set_down_stays_there(number: int) -> None:
    """Pictures need no physics, but physics agrees with them."""
    task = task_at("arrange", "train", 2, 1)
    assert isinstance(task, ArrangeTask)
    wanted = next(a for a in ARRANGEMENTS if a.number == number and not a.is_too_far)
    with Environment(task, PR2()) as env:
        env.reset(np.random.default_rng(0))
        for seed in range(3):
            set_m = arrange(env.model, env.data, task.blocks, wanted, np.random.default_rng(seed))
            env.robot.anchor(env.model, env.data)
            mujoco.mj_forward(env.model, env.data)
            for _ in range(5):
                env.advance(PR2.idle_action)
            np.testing.assert_array_equal(relations(places_m(env.data), task.blocks), relations(set_m, task.blocks))


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_a_reset_leaves_the_command_to_be_done_and_success_tells_when_it_is(seed: int) -> None:
    task = task_at("arrange", "validation", 0, 4)
    assert isinstance(task, ArrangeTask)
    spec = mujoco.MjSpec()
    task.add_to(spec)
    model = spec.compile()
    data = mujoco.MjData(model)
    rng = np.random.default_rng(seed)
    task.reset(model, data, rng)
    mujoco.mj_forward(model, data)
    assert not task.success(model, data) and task.chosen(model, data) != 0
    done_m = places_m(data)
    up_m = task.blocks[1].height_m if task.command == ON else 0.0
    way_m = np.zeros(2) if task.command == ON else offset_m(task.command, 0.15)
    done_m[0] = done_m[1] + np.array([*way_m, up_m])
    put(data, done_m, rng)
    mujoco.mj_forward(model, data)
    assert task.success(model, data) and task.chosen(model, data) == 0
    assert set(BLOCKS) <= {model.body(k).name for k in range(model.nbody)}


def test_nobody_is_asked_to_demonstrate_what_no_expert_can() -> None:
    with pytest.raises(SimError, match="expert can show, found 'arrange'"):
        Order("arrange", "pr2")
