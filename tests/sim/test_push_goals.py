"""Pictures of pushing as goals: labels follow from where things are, and groups from their numbers alone."""

import numpy as np
import pytest

from data_tools.goal_pictures import GoalGroup, GoalTask
from sim.collect import task_at
from sim.push_goals import ASIDE_M, GOAL_NUMBER, ONE_IN, collect_group, group_id
from sim.tasks.push import RELEASED_RADIUS_M, SmallPushTask

EPISODES = 3
PER_THING = 2 * EPISODES + 1
"""Each episode gives a picture from before and one of its end; the first one another of the thing pushed aside."""
ENDS = np.array([1, 4, 6])


@pytest.fixture(scope="module")
def group() -> GoalGroup:
    assert EPISODES == ONE_IN
    return collect_group("train", 3, 1, episodes=EPISODES)


def test_each_thing_brought_to_the_goal_is_a_task(group: GoalGroup) -> None:
    assert group.pictures.shape == (2 * PER_THING, SmallPushTask.image_height, SmallPushTask.image_width, 3)
    assert group.tasks(EPISODES) == [GoalTask(0, GOAL_NUMBER, 0), GoalTask(1, GOAL_NUMBER, 0)]
    for pushed in range(2):
        assert group.is_positive(GoalTask(pushed, GOAL_NUMBER, 0))[pushed * PER_THING + ENDS].all()


def test_labels_follow_from_places_and_the_other_thing_is_there_from_the_start_of_some(group: GoalGroup) -> None:
    apart_m = np.linalg.norm((group.places_m[:, :2] - group.places_m[:, 2:])[..., :2], axis=-1)
    np.testing.assert_array_equal(group.relations[:, :2, GOAL_NUMBER] == 0, apart_m < RELEASED_RADIUS_M)
    for pushed in range(2):
        before, end, aside = pushed * PER_THING + np.arange(3)
        other_m = apart_m[[before, end, aside], 1 - pushed]
        assert (other_m < RELEASED_RADIUS_M).all()
        assert ASIDE_M[0] <= apart_m[aside, pushed] <= ASIDE_M[1]
        assert np.abs(group.pictures[aside].astype(int) - group.pictures[end]).max() > 50


def test_the_same_numbers_give_the_same_pictures(group: GoalGroup) -> None:
    again = collect_group("train", 3, 1, episodes=EPISODES)
    np.testing.assert_array_equal(again.pictures, group.pictures)
    assert again.group_id == group.group_id == group_id("train", 3, 1) == task_at("push_small", "train", 3, 1).task_id
    assert group_id("train", 3, 2) != group.group_id != group_id("test", 3, 1)
