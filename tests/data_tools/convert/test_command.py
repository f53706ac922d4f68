"""`mil convert` from the command line: the way out and back, and what it says to bad input."""

import json
import os
from pathlib import Path

import pytest

from data_tools.convert import FORMATS
from data_tools.convert.limited import read_demos, read_survey
from data_tools.errors import ConversionError
from data_tools.hdf5_writer import DemoWriter
from mil_core.cli import BAD_INPUT, OK, main
from mil_core.commands import convert

from .conftest import ORIGIN, smooth_demo

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


@pytest.fixture
def source(tmp_path) -> Path:
    with DemoWriter(tmp_path / "demos.hdf5", ORIGIN) as writer:
        for length in (5, 4, 3):
            writer.append_demo(smooth_demo("a", length))
    return tmp_path / "demos.hdf5"


def run(*words: object) -> int:
    return main(["convert", *map(str, words)])


def test_out_and_back_with_a_report(source, capsys):
    assert run(source, "--to", "lerobot_v3", "--images", "lossless", "--out", "set") == OK
    assert run("set", "--to", "mil", "--out", "back.hdf5", "--report", "report.json") == OK
    report = json.loads(Path("report.json").read_text())
    assert report["is_identical"] and report["max_time_error_s"] == 0.0
    assert report["before"]["episodes"] == 3 and report["after"]["frames"] == 12
    assert report["source"] == {"path": "set", "format": "lerobot_v3"}
    assert "identical" in capsys.readouterr().out


def test_the_flags_know_the_formats_that_there_are():
    assert set(convert.Name.__args__) == set(FORMATS)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nothing.hdf5", "--to", "mcap", "--out", "x"), "found nothing"),
        (("demos.hdf5", "--to", "act", "--out", "x", "--images", "video"), "expected plain for act"),
        (("demos.hdf5", "--to", "robomimic", "--out", "x"), "ends in .hdf5"),
        (("demos.hdf5", "--to", "mcap", "--out", "x", "--rate-hz", "0"), "--rate-hz"),
        (("demos.hdf5", "--to", "mil", "--out", "demos.hdf5"), "--overwrite"),
        (("demos.hdf5", "--to", "mil", "--out", "demos.hdf5", "--overwrite"), "another name"),
        (("text", "--to", "mil", "--out", "x.hdf5"), "robomimic HDF5"),
        (("text", "--to", "mil", "--out", "x.hdf5", "--from", "robomimic"), "whole HDF5 file"),
        ((".", "--to", "mil", "--out", "x.hdf5", "--from", "act"), "episode_<i>.hdf5"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(source, capsys, words, expected):
    Path("text").write_text("no data set")
    before = {path.name: path.stat().st_mtime_ns for path in Path().iterdir()}
    assert run(*words) == BAD_INPUT
    message = capsys.readouterr().err
    assert expected in message and "found" in message
    assert {path.name: path.stat().st_mtime_ns for path in Path().iterdir()} == before


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("data", "without the source in it"),
        (".", "without the source in it"),
        ("notes", "a data set to replace"),
        ("here/..", "without the source in it"),
    ],
)
def test_only_a_data_set_without_the_source_in_it_is_replaced(source, everything_below, capsys, out, expected):
    for name in ("data", "notes", "here"):
        Path(name).mkdir()
    moved = source.rename("data/demos.hdf5")
    Path("notes/thesis.txt").write_text("the work of years")
    before = everything_below(Path())
    assert run(moved, "--to", "act", "--out", out, "--overwrite") == BAD_INPUT
    assert expected in capsys.readouterr().err
    assert everything_below(Path()) == before


def test_the_folder_that_one_stands_in_is_not_replaced(source, monkeypatch, capsys):
    assert run(source, "--to", "act", "--out", "set") == OK
    monkeypatch.chdir("set")
    assert run(source, "--to", "act", "--out", ".", "--overwrite") == BAD_INPUT
    assert "typed in" in capsys.readouterr().err and Path("episode_0.hdf5").exists()


def test_a_data_set_of_another_format_may_be_replaced(source):
    assert run(source, "--to", "act", "--out", "set") == OK
    assert run(source, "--to", "minari", "--out", "set", "--overwrite") == OK
    assert not list(Path("set").glob("episode_*"))


def test_a_data_set_is_read_in_another_process_and_quick_takes_two_demonstrations(source, monkeypatch):
    opened = []
    monkeypatch.setattr("data_tools.limited.subprocess.Popen", _counted(opened))
    assert run(source, "--to", "robomimic", "--out", "a.hdf5", "--quick", "--report", "r.json") == OK
    assert json.loads(Path("r.json").read_text())["after"]["episodes"] == 2
    assert len(opened) == 2 and os.getpid() not in opened


def _counted(opened: list[int]):
    import subprocess

    original = subprocess.Popen

    def start(*words, **options):
        child = original(*words, **options)
        opened.append(child.pid)
        return child

    return start


@pytest.mark.parametrize("job", [read_survey, read_demos])
def test_a_pipe_in_a_data_set_is_refused_before_anybody_waits_at_it(tmp_path, job):
    (tmp_path / "set" / "data").mkdir(parents=True)
    os.mkfifo(tmp_path / "set" / "data" / "main_data.hdf5")
    with pytest.raises(ConversionError, match="a pipe or device"):
        list(job(tmp_path / "set", {"format": "minari", "camera": None, "rate_hz": None}))
