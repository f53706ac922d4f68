"""What `mil validate`, `edit`, `replay` and `inspect` say on the command line: exit codes, files, and no prompts."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from data_tools.demo import Demo, Film, TaskDemos, Video
from data_tools.doctor_survey import facts_of
from data_tools.hdf5 import write_tasks
from data_tools.hdf5_survey import survey
from data_tools.seal import write_seal
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands.exits import ANSWER_IS_NO

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """Without the limited child, whose start takes longer than a test."""
    monkeypatch.setattr("data_tools.doctor_survey.stream_limited", lambda job, path, request, limits: survey(path, {}))


@pytest.fixture
def demos(in_an_empty_folder) -> Path:
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "d.hdf5") == OK
    return Path("d.hdf5")


def run(*words: object) -> int:
    return main([str(word) for word in words])


def spoil(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["data"].attrs["total"] = 7
        file["data/demo_1/actions"][3] = np.nan
    write_seal(path)


def test_what_was_collected_is_clean_and_what_was_spoilt_is_not(demos, capsys):
    assert run("validate", demos) == OK
    spoil(demos)
    assert run("validate", demos, "--json", "findings.json") == ANSWER_IS_NO
    report = json.loads(Path("findings.json").read_text())
    found = {(f["check"], f["where"]) for f in report["findings"] if f["severity"] == "error"}
    assert found == {("totals", ""), ("not_finite", "demo_1"), ("changed", "demo_1")} and not report["is_clean"]
    assert "next: mil validate d.hdf5 --repair\n" in capsys.readouterr().out
    assert run("validate", "nothing.hdf5") == BAD_INPUT
    assert run("validate", demos, "--yes") == BAD_INPUT


def test_a_repair_without_a_terminal_asks_nobody_and_changes_nothing(demos, capsys):
    spoil(demos)
    before = demos.read_bytes()
    assert run("validate", demos, "--repair") == ANSWER_IS_NO
    assert "add --yes" in capsys.readouterr().out and demos.read_bytes() == before
    assert run("validate", demos, "--repair", "--yes") == OK
    assert [demo.name for demo in facts_of(demos).demos] == ["demo_0"]
    assert run("edit", demos, "undo") == OK and demos.read_bytes() == before


def test_a_terminal_is_asked(demos, monkeypatch):
    spoil(demos)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    answers = iter(["n", "y"])
    monkeypatch.setattr("mil_core.commands.output.console.input", lambda *_, **__: next(answers))
    assert run("validate", demos, "--repair") == ANSWER_IS_NO
    assert run("validate", demos, "--repair") == OK


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "demo_9"),
        ("delete",),
        ("filter", "--outcome", "failure"),
        ("split", "a.hdf5", "b.hdf5"),
        ("split", "a.hdf5", "b.hdf5", "--by", "demos", "--shares", "1"),
        ("merge",),
        ("merge", "nothing.hdf5"),
        ("relabel", "demo_0"),
        ("undo",),
    ],
)
def test_an_edit_that_makes_no_sense_is_bad_input_and_changes_nothing(demos, words, capsys):
    before = demos.read_bytes()
    assert run("edit", demos, *words) == BAD_INPUT
    assert demos.read_bytes() == before and list(Path().iterdir()) == [demos]


def test_edits_say_what_they_made(demos, capsys):
    assert run("edit", demos, "split", "a.hdf5", "b.hdf5", "--by", "demos") == OK
    assert run("edit", "a.hdf5", "merge", "b.hdf5", "--out", "c.hdf5") == OK
    assert "2 demonstrations and 0 films of 1 tasks in c.hdf5" in capsys.readouterr().out
    assert [demo.content_sha256 for demo in facts_of(Path("c.hdf5")).demos] == [
        demo.content_sha256 for demo in facts_of(demos).demos
    ]
    assert run("inspect", "c.hdf5", "--lineage") == OK
    shown = capsys.readouterr().out
    assert "merge" in shown and "split, part 2 of 2" in shown and "mil collect" in shown


def test_a_replay_measures_and_answers(demos):
    assert run("replay", demos, "--demo", "demo_1", "--out", "r.json", "--video", "r.mp4") == OK
    report = json.loads(Path("r.json").read_text())
    assert (report["task_index"], report["layout_index"], report["by"]) == (0, 1, "state")
    assert len(report["state_distance"]) == len(report["picture_distance"]) == 50
    assert report["is_outcome_reproduced"] and max(report["state_distance"]) < 1e-4 and Path("r.mp4").exists()
    # What the expert chose is in the file, and not by how much its hand was disturbed.
    assert run("replay", demos, "--demo", "demo_1", "--by", "action") == ANSWER_IS_NO
    assert run("edit", demos, "relabel", "demo_1", "--outcome", "failure") == OK
    assert run("replay", demos, "--demo", "demo_1", "--by", "state") == ANSWER_IS_NO
    assert run("replay", demos, "--demo", "demo_7") == BAD_INPUT


def test_inspect_refuses_what_does_not_go_together(demos, noise_film):
    assert run("inspect", demos, "--html", "r.html") == OK and Path("r.html").read_text().startswith("<!doctype html>")
    assert run("inspect", noise_film, "--rerun", "r.rrd") == BAD_INPUT
    assert run("inspect", demos, "--lineage", "--html", "x.html") == BAD_INPUT


def test_a_picture_shows_the_first_demonstration_that_there_is(capsys):
    time_s = np.arange(3) / 10
    video = Video(np.zeros((3, 8, 10, 3), np.uint8), time_s)
    zeros = np.zeros((3, 2), np.float32)
    demo = Demo(video, zeros, zeros, time_s, time_s, "b", "planar_arm", "success")
    write_tasks("first.hdf5", [TaskDemos("a", (), (Film(video),)), TaskDemos("b", (demo,))])
    assert run("inspect", "first.hdf5", "--picture", "sheet.png") == OK and Path("sheet.png").exists()
    write_tasks("none.hdf5", [TaskDemos("a", (), (Film(video),))])
    assert run("inspect", "none.hdf5", "--picture", "none.png") == BAD_INPUT
    assert "--picture: expected a demonstration" in capsys.readouterr().err


def test_the_owner_of_another_projects_file_is_told_to_convert_it(demos, capsys):
    assert run("convert", demos, "--to", "robomimic", "--out", "r.hdf5") == OK
    assert run("inspect", "r.hdf5") == BAD_INPUT
    told = capsys.readouterr().err
    assert "Next: mil convert r.hdf5 --to mil --out new.hdf5" in " ".join(told.split())
    assert run("convert", "r.hdf5", "--to", "mil", "--out", "new.hdf5") == OK
    assert run("inspect", "new.hdf5") == OK
