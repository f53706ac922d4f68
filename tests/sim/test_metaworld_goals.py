"""Goals of different splits never come near each other; starts are the suite's."""

from itertools import pairwise, product
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.demo import Split
from sim.collect import task_at
from sim.metaworld_goals import (
    CELL_M,
    GOAL_APART_M,
    OBJECT_HIGH_M,
    OBJECT_LOW_M,
    OBJECT_TO_GOAL_M,
    sample_object,
    split_of_cell,
)
from sim.tasks.metaworld import MetaworldPickPlace, MetaworldPush, MetaworldReach

SPLITS = get_args(Split)
TASKS = (MetaworldReach, MetaworldPush, MetaworldPickPlace)
seeds = st.integers(0, 2**32 - 1)
tasks = st.sampled_from(TASKS)


@given(tasks, seeds, seeds, st.sampled_from([pair for pair in product(SPLITS, SPLITS) if pair[0] != pair[1]]))
def test_goals_of_two_splits_are_always_apart(task, first_seed, second_seed, splits):
    first, second = (
        task.goal_box.sample(np.random.default_rng(seed), split)
        for seed, split in zip((first_seed, second_seed), splits, strict=True)
    )
    assert np.linalg.norm(first - second) >= GOAL_APART_M - 1e-9


@given(tasks, seeds, st.sampled_from(SPLITS))
def test_a_goal_lies_in_its_box_and_in_a_cell_of_its_split(task, seed, split):
    box = task.goal_box
    goal_m = box.sample(np.random.default_rng(seed), split)
    assert (goal_m >= box.low_m).all() and (goal_m <= box.high_m).all()
    share = (goal_m - box.low_m) / np.subtract(box.high_m, box.low_m)
    cell = np.minimum((share * box.num_cells).astype(int), box.num_cells - 1)
    assert split_of_cell(cell) == split
    # In every cut axis half the distance is kept to both sides: so no draw of another cell can be nearer than that.
    inside_m = (share * box.num_cells - cell) * CELL_M
    is_cut = box.num_cells > 1
    assert (inside_m[is_cut] >= GOAL_APART_M / 2 - 1e-9).all()
    assert (inside_m[is_cut] <= CELL_M - GOAL_APART_M / 2 + 1e-9).all()


@pytest.mark.parametrize("task", TASKS)
def test_every_split_is_spread_over_the_whole_box(task):
    cells = list(np.ndindex(*task.goal_box.num_cells))
    kinds = {cell: split_of_cell(np.array(cell)) for cell in cells}
    shares = {split: sum(kind == split for kind in kinds.values()) / len(cells) for split in SPLITS}
    assert shares == pytest.approx({"train": 0.6, "validation": 0.2, "test": 0.2}, abs=0.04)
    # Cells that are not for training have only cells of other kinds beside them.
    for a, b in pairwise(sorted(cells)):
        assert kinds[a] == "train" or kinds[a] != kinds[b] or sum(np.abs(np.subtract(a, b))) > 1


def test_tasks_are_repeatable_and_shared_by_no_two_splits():
    goals = {split: [task_at("metaworld_push", split, 0, index) for index in range(60)] for split in SPLITS}
    again = [task_at("metaworld_push", "train", 0, index).task_id for index in range(60)]
    ids = {split: {task.task_id for task in group} for split, group in goals.items()}
    assert [task.task_id for task in goals["train"]] == again and len(set(again)) == 60
    places = {split: {task_id.rpartition("-")[2] for task_id in group} for split, group in ids.items()}
    assert not places["train"] & places["test"] and not places["train"] & places["validation"]
    assert not places["validation"] & places["test"]


@given(tasks, seeds)
def test_the_puck_starts_where_the_suite_allows(task, seed):
    rng = np.random.default_rng(seed)
    goal_m = task.goal_box.sample(rng, "test")
    object_m = sample_object(rng, goal_m)
    assert (object_m >= OBJECT_LOW_M).all() and (object_m <= OBJECT_HIGH_M).all()
    assert np.linalg.norm(object_m[:2] - goal_m[:2]) >= OBJECT_TO_GOAL_M
