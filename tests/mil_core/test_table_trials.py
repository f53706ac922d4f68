"""The tabletop experiment from tasks on disk to a table of successes, with a learner that is hardly trained."""

import json

import cv2
import numpy as np
import pytest

from data_tools.reward_file import read_reward_tasks
from mil_core.checkpoint import load
from mil_core.cli import OK, main
from mil_core.commands import table_trials
from mil_core.commands.output import BadArgument
from mil_core.commands.table_tasks import table_tasks
from mil_core.commands.table_way import planned_way
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.reward import RewardDataConfig, RewardExperiment
from mil_core.structure import from_plain
from sim.collect import layout_rng, task_at
from sim.env import Environment
from sim.robots.pr2 import PR2
from sim.spriteworld.task import HORIZON
from sim.tabletop_path import entry_cells
from sim.tasks.task import TOOL_SITE

QUICK = RewardDataConfig(num_tasks=2, most_demos=2)


@pytest.fixture(scope="module")
def tool_xy_m():
    with Environment(task_at("tabletop", "test", 0, 1), PR2()) as env:
        env.reset(layout_rng(0, "test", 1, 0))
        return env.data.site(TOOL_SITE).xpos[:2].copy()


def test_the_tool_comes_down_where_it_is_nearest_unless_that_is_dangerous(tool_xy_m) -> None:
    row, column = entry_cells(tool_xy_m)[0].tolist()
    assert column == 19  # the robot's right arm hangs to the right of the grid
    reward = np.full((20, 20), -2.0)
    reward[3, 4] = 5.0
    way = planned_way(reward, tool_xy_m)
    assert (tuple(way[0]), tuple(way[-1])) == ((row, column), (3, 4))
    reward[row - 2 : row + 3, 16:] = -50.0
    way = planned_way(reward, tool_xy_m)
    assert (tuple(way[0]), tuple(way[-1])) == ((row - 3, column), (3, 4))
    assert reward[tuple(way.T)].min() > -50.0


@pytest.mark.parametrize("offset", [-30.0, 30.0])
def test_a_constant_added_to_all_cells_changes_no_plan(tool_xy_m, offset: float) -> None:
    reward = np.random.default_rng(0).normal(size=(20, 20))
    np.testing.assert_array_equal(planned_way(reward, tool_xy_m), planned_way(reward + offset, tool_xy_m))
    assert len(planned_way(reward, tool_xy_m)) <= HORIZON


def test_older_configurations_learn_in_spriteworld() -> None:
    experiment = EXPERIMENTS["mandril_spriteworld"]()
    plain = {"name": "old", "algorithm": "mandril", "method": "mandril", "training": {"iterations": 1, "meta_batch": 1}}
    assert from_plain(RewardExperiment, plain).world == experiment.world == "spriteworld"


def test_tasks_are_collected_once_and_others_are_refused(tmp_path) -> None:
    path = tmp_path / "tasks.npz"
    made = table_tasks(path, "validation", 2, QUICK, 0)
    content = path.read_bytes()
    again = table_tasks(path, "validation", 2, QUICK, 0)
    assert path.read_bytes() == content
    assert [task.task_id for task in made] == [task.task_id for task in again]
    assert [task.task_id for task in read_reward_tasks(path)] == [task.task_id for task in made]
    np.testing.assert_array_equal(made[1].scenes[1].picture, again[1].scenes[1].picture)
    for split, count, data in (("train", 2, QUICK), ("validation", 1, QUICK), ("validation", 2, RewardDataConfig())):
        with pytest.raises(BadArgument, match="move the file away"):
            table_tasks(path, split, count, data, 0)


@pytest.fixture
def true_rewards(monkeypatch) -> None:
    """A learner that knows: what it does then must be what the oracle does."""
    planner = table_trials._by_truth
    monkeypatch.setattr(table_trials, "by_reward", lambda adapted: planner)


def test_who_knows_the_reward_does_as_the_oracle(in_an_empty_folder, untrained, tmp_path, true_rewards) -> None:
    folder, out = untrained("mandril_tabletop"), tmp_path / "found.json"
    words = ["evaluate", "--experiment", "mandril_tabletop", "--checkpoint", str(folder), "--tasks", "1"]
    assert main([*words, "--workers", "0", "--seed", "7", "--out", str(out)]) == OK
    found = json.loads(out.read_text())
    assert (found["tasks"], found["trials"], found["criterion"]) == (1, 1, "success_at_end")
    assert list(found["methods"]) == ["mandril", "unadapted", "oracle", "straight"]
    assert found["methods"]["mandril"] == found["methods"]["oracle"]
    assert found["methods"]["oracle"]["successes"] == 1
    assert found["checkpoint_sha256"] == load(folder).sha256
    assert cv2.imread(str(tmp_path / "found_tasks.png")).std() > 20


def test_training_goes_from_collection_to_checkpoint(in_an_empty_folder, tmp_path) -> None:
    words = ["train", "--experiment", "mandril_tabletop", "--out", "run", "--quick", "--threads", "1"]
    assert main(words) == OK
    trained = load(tmp_path / "run", RewardExperiment)
    assert (trained.experiment.world, trained.iteration) == ("tabletop", 3)
    assert set(trained.data_sha256) == {f"mandril_tabletop_quick_{split}.npz" for split in ("train", "validation")}
