"""What is asked for next, and whether asking is measured fairly."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from data_tools.asking_pictures import AskingView, asking_sheet
from mil_core.asking import question
from mil_core.checkpoint import load
from mil_core.commands.ask_next import ask, compare, shown_from
from mil_core.errors import InvalidProblem
from mil_core.experiments.reward import NoStatistics, RewardExperiment
from sim.spriteworld.collect import SpriteOrder, collect_tasks


@pytest.fixture
def learner(reward_learners):
    return reward_learners["mandril"]


def asked(learner, demos, may_start, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return question(learner, demos, learner.adapt(demos), demos[0].picture, may_start, generator)


def test_the_start_is_the_legal_cell_that_tells_most(learner, grid_demos, rng):
    for _ in range(5):
        may_start = rng.random((4, 5)) < 0.4
        may_start[tuple(rng.integers((4, 5)))] = True
        found = asked(learner, grid_demos, may_start)
        assert may_start[found.start]
        assert found.information[found.start] == found.information[may_start].max()
        assert found.uncertainty.shape == (4, 5) and found.uncertainty[found.start] >= 0


def test_the_same_seed_asks_the_same(learner, grid_demos):
    everywhere = np.ones((4, 5), bool)
    first, second = (asked(learner, grid_demos, everywhere) for _ in range(2))
    assert first.start == second.start
    np.testing.assert_array_equal(first.information, second.information)


def test_nowhere_to_begin_is_refused(learner, grid_demos):
    with pytest.raises(InvalidProblem, match="may_start.*step 0, found none"):
        asked(learner, grid_demos, np.zeros((4, 5), bool))


@pytest.fixture(scope="module")
def tasks():
    return collect_tasks(SpriteOrder("validation", demos_per_scene=3), 2)


@pytest.fixture
def sprite_learner(untrained):
    """Adapts in one step, which is enough here."""
    experiment = load(untrained("mandril_spriteworld"), RewardExperiment).experiment
    return dataclasses.replace(
        experiment, mandril=dataclasses.replace(experiment.mandril, test_steps=1)
    ).build(NoStatistics())  # fmt: skip


def test_a_person_who_is_asked_begins_there_and_ends_at_the_goal(tasks):
    starts = [(0, 19), (19, 0)]
    for task, start, demos in zip(tasks, starts, shown_from(tasks, starts, 0, 3), strict=True):
        assert {tuple(demo.cells[0]) for demo in demos} == {start}
        assert {tuple(demo.cells[-1]) for demo in demos} == {task.scenes[0].goal}


def test_an_answer_equal_to_a_random_demonstration_gains_nothing(tasks, sprite_learner):
    same = [list(task.scenes[0].demos[1:]) for task in tasks]
    found = compare(sprite_learner, tasks, same, 0)
    for row in found.values():
        assert row["gain"]["mean"] == 0.0 and row["gain"]["n"] == 2
        assert row["random"] == row["asked"] and row["one"]["mean"] > 0


def test_questions_are_drawn(tasks, sprite_learner, tmp_path):
    questions = ask(sprite_learner, tasks, 0, 0.1)
    for task, found in zip(tasks, questions, strict=True):
        assert task.scenes[0].start_probability[found.start] > 0
    demos = tasks[0].scenes[0].demos
    view = AskingView(demos[0].picture, demos[0].cells, demos[1].cells, *questions[0])
    asking_sheet([view], tmp_path / "asked.png")
    assert cv2.imread(str(tmp_path / "asked.png")).std() > 20
