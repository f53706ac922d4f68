"""A summary counts what is in a file, and its text cannot dress up as markup."""

import dataclasses
import weakref

import h5py
import numpy as np
import pytest
from rich.console import Console

from data_tools import hdf5
from data_tools.demo import Demo, TaskDemos
from data_tools.errors import DemoFileError, VideoError
from data_tools.hdf5 import read_demo, write_tasks
from data_tools.inspect import DemoFileSummary, FilmSummary, inspect
from data_tools.inspect_quality import quality_of
from data_tools.inspect_view import render
from data_tools.provenance import Provenance
from data_tools.video import write_video

from .conftest import make_demo


def shown(summary: FilmSummary | DemoFileSummary) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(render(summary))
    return console.export_text()


def test_a_demo_file_is_summed_up(tmp_path, task):
    failed = dataclasses.replace(task.demos[1], outcome="failure")
    task = dataclasses.replace(task, demos=(task.demos[0], failed))
    write_tasks(tmp_path / "a.hdf5", [task, TaskDemos("b", ())], Provenance("place", "test", 5))
    summary = inspect(tmp_path / "a.hdf5")
    assert isinstance(summary, DemoFileSummary)
    assert (summary.num_tasks, summary.num_demos, summary.num_films) == (2, 2, 1)
    assert summary.outcomes == {"success": 1, "failure": 1}
    assert summary.picture_size == (8, 10)
    actions = np.concatenate([demo.actions for demo in task.demos])
    np.testing.assert_array_equal(summary.ranges["actions"].low, actions.min(0))
    np.testing.assert_array_equal(summary.ranges["actions"].high, actions.max(0))
    assert summary.streams["pictures"].count == 15
    gaps_s = np.concatenate([np.diff(demo.video.capture_time_s) for demo in task.demos])
    assert summary.streams["pictures"].worst_gap_s == gaps_s.max()
    text = shown(summary)
    assert "2 tasks, 2 demos, 1 films" in text and "place, split test, seed 5" in text and "actions[1]" in text


def test_a_film_is_summed_up(tmp_path, frames):
    frames[4] = frames[3]
    write_video(tmp_path / "a.mp4", frames, capture_time_s=[*np.arange(11) / 10, 1.5])
    summary = inspect(tmp_path / "a.mp4")
    assert isinstance(summary, FilmSummary)
    assert (summary.width, summary.height, summary.source.codec) == (64, 48, "h264")
    assert (summary.stream.count, summary.stream.drops) == (12, 4)
    assert summary.source.sha256 in shown(summary)


def test_an_empty_demo_file_is_summed_up(tmp_path):
    write_tasks(tmp_path / "a.hdf5", [])
    assert "0 tasks, 0 demos, 0 films" in shown(inspect(tmp_path / "a.hdf5"))


def test_markup_in_a_file_stays_text(tmp_path):
    write_tasks(tmp_path / "a.hdf5", [], Provenance("[red]place[/red]"))
    assert "[red]place[/red]" in shown(inspect(tmp_path / "a.hdf5"))


def test_the_kind_of_file_decides_the_error(tmp_path):
    with pytest.raises(DemoFileError):
        inspect(tmp_path / "a.hdf5")
    with pytest.raises(VideoError):
        inspect(tmp_path / "a.mp4")


def test_demos_of_different_sizes_are_not_summed_up(tmp_path, dataset, damage):
    path = dataset()

    def widen(file: h5py.File) -> None:
        del file["data/demo_1/obs/state"]
        file["data/demo_1/obs/state"] = np.ones((12, 4), np.float32)

    damage(path, widen)
    with pytest.raises(DemoFileError, match=r"\(3,\).*\(4,\).*--repair"):
        inspect(path)
    assert "demo_1" not in quality_of(path).jerks and "demo_0" in quality_of(path).jerks


def test_one_demo_is_read_without_the_others_of_its_task(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    demos = tuple(make_demo("a", rng) for _ in range(3))
    write_tasks(tmp_path / "a.hdf5", [TaskDemos("a", demos)])
    read, one = [], hdf5._read_demo
    monkeypatch.setattr(hdf5, "_read_demo", lambda file, name: read.append(name) or one(file, name))
    np.testing.assert_array_equal(read_demo(tmp_path / "a.hdf5", "demo_1").actions, demos[1].actions)
    assert read == ["demo_1"]
    with pytest.raises(DemoFileError, match="'demo_3', found .*demo_0.*mil inspect"):
        read_demo(tmp_path / "a.hdf5", "demo_3")


def test_a_summary_holds_one_demo_at_a_time(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    demos = tuple(make_demo("a", rng) for _ in range(5))
    write_tasks(tmp_path / "a.hdf5", [TaskDemos("a", demos)])
    seen, most, one = [], [], hdf5._read_demo

    def counted(file: h5py.File, name: str) -> Demo:
        demo = one(file, name)
        seen.append(weakref.ref(demo.video))
        most.append(sum(reference() is not None for reference in seen))
        return demo

    monkeypatch.setattr(hdf5, "_read_demo", counted)
    assert inspect(tmp_path / "a.hdf5").num_demos == 5
    assert max(most) <= 2, "the next is read while the last is still named"
