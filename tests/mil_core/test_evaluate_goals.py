"""Test tasks, intervals and rivals of goal classifiers: what is asked, of whom, and how surely the answer is known."""

import dataclasses

import numpy as np
import pytest
import torch

from mil_core.baselines.unadapted_goals import FeatureDistance
from mil_core.evaluate_goals import evaluate_goals, held_out_tasks
from mil_core.goal_tasks import NUM_GOALS
from tests.mil_core.goal_toys import GROUP, drawn, flo, learners, meta_task, toy_group


def test_the_view_of_colours_sees_no_noise_and_where_things_are() -> None:
    rng, places = np.random.default_rng(0), np.array([[6, 8], [18, 20], [np.nan, np.nan]])
    goal, again, moved = drawn(rng, places), drawn(rng, places), drawn(rng, places + [[0, 0], [0, -9], [0, 0]])
    same, other = learners()["view"].adapt([goal, goal])._score(np.stack([again, moved]))
    assert same == pytest.approx(0.0, abs=1e-6) and other < -0.2
    assert learners()["pixel"].adapt([goal, goal])._score(again[None])[0] < -0.5


def test_features_are_those_of_the_network_and_adapting_does_not_change_them() -> None:
    classifier = flo()
    seen = classifier.see(meta_task().pictures[0], torch.empty(0))
    first, second = seen[:NUM_GOALS], seen[NUM_GOALS : 2 * NUM_GOALS]
    pairs = classifier.network.pairs(first[None])
    ways = [classifier.network.relations(points[None], pairs)[0].flatten(1) for points in (first, second)]
    expected = -torch.stack([(ways[0] - way).norm(dim=1).min() for way in ways[1]])
    torch.testing.assert_close(FeatureDistance(classifier).judge(first)(second), expected, atol=1e-6, rtol=1e-5)


def test_no_task_is_asked_twice_as_long_as_there_are_others_and_intervals_draw_groups() -> None:
    groups = [GROUP, toy_group(5), toy_group(6)]
    tasks = held_out_tasks(groups, 6, 0)
    assert len({(test.group.group_id, test.task) for test in tasks}) == 6
    row = evaluate_goals({"pixel": learners()["pixel"]}, tasks, 0)["pixel"]["auroc"]
    alike = evaluate_goals({"pixel": learners()["pixel"]}, held_out_tasks([GROUP], 2, 0), 0)["pixel"]
    assert row["n"] == 6 and row["interval95"][0] < row["mean"] < row["interval95"][1]
    for metric in ("balanced_accuracy", "auroc", "calibration_error"):
        mean = pytest.approx(alike[metric]["mean"])
        assert alike[metric]["interval95"] == [mean, mean], "one group tells nothing of others"


def test_shares_of_pictures_that_do_not_occur_are_left_out() -> None:
    group = dataclasses.replace(GROUP, places_m=np.nan_to_num(GROUP.places_m))  # the third thing is always there
    result = evaluate_goals({"pixel": learners()["pixel"]}, held_out_tasks([group], 2, 0), 0)["pixel"]
    assert "found_among_distractors" in result and not {"found_alone", "refused_alone"} & result.keys()
