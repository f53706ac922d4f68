"""Pictures of placing as goals: labels follow from where things are, and groups from their numbers alone."""

import numpy as np
import pytest

from data_tools.goal_pictures import GoalGroup, GoalTask
from sim.collect import task_at
from sim.place_goals import BESIDE_M, ITEM_NUMBER, collect_group, group_id
from sim.tasks.place import PlaceTask

IN_EACH, BESIDE = 1, 3
LANDED = np.array([0, 2, 4])
"""Each episode into a container gives a picture of its end, then one from before."""


@pytest.fixture(scope="module")
def group() -> GoalGroup:
    return collect_group("train", 3, 1, in_each=IN_EACH, beside=BESIDE)


def test_every_container_is_a_task_and_shows_as_many_successes_as_asked_for(group: GoalGroup) -> None:
    tasks = group.tasks(IN_EACH)
    assert tasks == [GoalTask(ITEM_NUMBER, number, 0) for number in range(ITEM_NUMBER)]
    for number, task in enumerate(tasks):
        expected = LANDED[IN_EACH * number : IN_EACH * (number + 1)]
        np.testing.assert_array_equal(np.flatnonzero(group.is_positive(task)), expected)


def test_labels_follow_from_places(group: GoalGroup) -> None:
    task = task_at("place", "train", 3, 1)
    assert isinstance(task, PlaceTask)
    item_m, containers_m = group.places_m[:, ITEM_NUMBER], group.places_m[:, :ITEM_NUMBER]
    apart_m = np.linalg.norm(item_m[:, None, :2] - containers_m[..., :2], axis=-1)
    is_over = apart_m < [one.radius_m for one in task.containers]
    is_in = group.relations[:, ITEM_NUMBER, :ITEM_NUMBER] == 0
    assert not (is_in & ~is_over).any()
    held = LANDED + 1
    lifted_m = item_m[held, 2] - item_m[LANDED, 2]
    assert not is_in[held].any() and (lifted_m > 0.02).all()
    beside = np.arange(2 * len(LANDED), len(group.pictures))
    assert len(beside) == BESIDE and not is_in[beside].all(1).any()
    # What is dropped beside a container may roll or land in another one; it never lies in the middle of its own.
    own_m = apart_m[beside, np.arange(BESIDE) % ITEM_NUMBER]
    assert (own_m > BESIDE_M[0] / 2).all()


def test_the_same_numbers_give_the_same_pictures_and_another_camera_others(group: GoalGroup) -> None:
    again = collect_group("train", 3, 1, in_each=IN_EACH, beside=BESIDE)
    np.testing.assert_array_equal(again.pictures, group.pictures)
    assert again.group_id == group.group_id == group_id("train", 3, 1) != group_id("train", 3, 2)
    other = collect_group("train", 3, 1, "overview", in_each=1, beside=0)
    assert other.pictures.shape[1:] == group.pictures.shape[1:] and len(other.pictures) == 6
