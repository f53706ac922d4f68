"""What a run may go on with, and what must not be mixed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from data_tools.hdf5 import read_provenance, read_tasks, write_tasks
from mil_core import checkpoint as checkpoints
from mil_core.cli import BAD_INPUT, OK, main

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def train(*words: str, experiment: str = "mil_reach_states", out: str = "run") -> int:
    return main(["train", "--experiment", experiment, "--out", out, "--quick", "--threads", "1", *words])


@pytest.fixture
def begun(capsys) -> Path:
    """A run of two steps."""
    assert train("--iterations", "2") == OK
    capsys.readouterr()
    return Path("run")


@pytest.mark.parametrize(
    ("words", "experiment", "said"),
    [
        (("--seed", "5"), "mil_reach_states", "training.seed 0, now 5"),
        (("--tasks", "1"), "mil_reach_states", "data.used_tasks None, now 1"),
        ((), "mil_reach_states_one_head", "name 'mil_reach_states', now 'mil_reach_states_one_head'"),
        ((), "mil_reach", "name 'mil_reach_states', now 'mil_reach'"),
    ],
)
def test_another_run_is_not_gone_on_with(begun, capsys, words, experiment, said):
    before = {path: path.read_bytes() for path in begun.glob("*.*")}
    assert train(*words, "--resume", experiment=experiment) == BAD_INPUT
    message = " ".join(capsys.readouterr().err.split())
    assert said in message and "--overwrite" in message
    assert before == {path: path.read_bytes() for path in begun.glob("*.*")}


def test_nor_is_one_on_other_data(begun, capsys):
    shutil.copy("data/mil_reach_states_quick_train.hdf5", "mine.hdf5")
    assert train("--data", "mine.hdf5", "--resume") == BAD_INPUT
    assert "data.own_file None, now 'mine.hdf5'" in " ".join(capsys.readouterr().err.split())


def test_a_run_goes_on_for_more_steps(begun):
    assert train("--iterations", "4", "--resume") == OK
    assert checkpoints.load(begun).iteration == 4


def test_what_stopped_before_it_had_saved_anything_is_begun_again_without_a_word(begun, capsys):
    for name in ("training.safetensors", "model.safetensors", "config.json"):
        (begun / name).unlink()
    assert train("--iterations", "3", "--resume") == BAD_INPUT
    assert "leave out --resume" in capsys.readouterr().err
    assert train("--iterations", "3") == OK
    rows = [json.loads(line) for line in (begun / "log.jsonl").read_text().splitlines()]
    assert [row["iteration"] for row in rows] == [1, 2, 3]


def test_a_checkpoint_without_the_state_that_made_it_can_only_be_replaced(begun, capsys):
    (begun / "training.safetensors").unlink()
    assert train() == BAD_INPUT
    message = " ".join(capsys.readouterr().err.split())
    assert "--overwrite" in message and "--resume" not in message
    assert train("--overwrite") == OK


def test_the_card_of_a_run_on_data_of_ones_own_claims_nothing_about_them(begun):
    shutil.copy("data/mil_reach_states_quick_train.hdf5", "mine.hdf5")
    assert train("--data", "mine.hdf5", out="own") == OK
    card = Path("own/card.md").read_text()
    assert "the demonstrations in `mine.hdf5`" in card and "nobody looked" in card and "never occur" not in card


def test_demonstrations_without_the_films_that_an_experiment_needs_are_refused(capsys):
    words = ("collect", "--task", "place", "--robot", "pr2", "--tasks", "2", "--demos", "2", "--workers", "0")
    assert main([*words, "--out", "data/daml_place_quick_train.hdf5"]) == OK
    assert train(experiment="daml_place") == BAD_INPUT
    message = " ".join(capsys.readouterr().err.split())
    assert "at least so many films per task" in message and "move the file away" in message


def test_films_that_do_not_tell_where_the_item_came_to_rest_are_refused(capsys):
    assert train("--iterations", "1", experiment="daml_place") == OK
    row = json.loads(Path("run/log.jsonl").read_text().splitlines()[0])
    assert row["goal"] > 0, "the auxiliary of the goal took part"
    path = Path("data/daml_place_quick_train.hdf5")
    tasks, made = list(read_tasks(path, film_frames=None)), read_provenance(path)
    earlier = [replace(task, films=tuple(replace(film, goal_xy=None) for film in task.films)) for task in tasks]
    write_tasks(path, earlier, made, overwrite=True)
    assert train("--overwrite", experiment="daml_place") == BAD_INPUT
    message = " ".join(capsys.readouterr().err.split())
    assert "found some of an earlier version" in message and "move the file away" in message
