"""What stands out in a file is named, and a report holds all of it in one file."""

import io
import sys

import h5py
import numpy as np
import pytest
from rich.console import Console

from data_tools.errors import DataError
from data_tools.hdf5 import write_tasks
from data_tools.inspect import DemoFileSummary, FilmSummary, inspect
from data_tools.inspect_html import write_demos_report, write_film_report
from data_tools.inspect_quality import quality_of
from data_tools.inspect_recorded import RecordedStream
from data_tools.inspect_rerun import write_rerun
from data_tools.inspect_view import render_quality
from data_tools.seal import write_seal
from data_tools.video import write_video

pytestmark = pytest.mark.usefixtures("in_process")


@pytest.fixture
def odd(dataset):
    """A file with a dead dimension, one jerky demo and one with a frozen camera."""
    path = dataset()
    with h5py.File(path, "r+") as file:
        for demo in file["data"].values():
            demo["obs/state"][:, 2] = 0.5
        file["data/demo_4/actions"][::2] += 5.0
        file["data/demo_1/obs/image"][3:9] = file["data/demo_1/obs/image"][3]
        file["data/demo_5"].attrs["outcome"] = "failure"
    write_seal(path)
    return path


def test_what_stands_out_is_found(odd):
    quality = quality_of(odd)
    assert quality.constants == (("states", 2, 0.5),)
    assert next(iter(quality.jerks)) == "demo_4" and quality.outliers == ("demo_4",)
    assert float(np.median(list(quality.jerks.values()))) == pytest.approx(1.0)
    assert "5 pictures" in quality.frozen["demo_1"] and len(quality.frozen) == 1
    assert quality.tasks == {"toy-train-00": 3, "toy-train-01": 3}
    assert quality.outcomes == {"success": 5, "failure": 1}


def test_it_is_shown_in_the_terminal(odd):
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(render_quality(quality_of(odd)))
    text = console.export_text()
    for words in ("states[2] = 0.5", "stands out", "demo_1: 5 pictures", "3 each"):
        assert words in text


def test_a_report_needs_no_other_file(odd, tmp_path):
    summary = inspect(odd)
    assert isinstance(summary, DemoFileSummary)
    write_demos_report(summary, quality_of(odd), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 1 + 3  # the plot, the most jerky demo, the first of each task
    assert "http" not in page and 'src="/' not in page
    for words in ("never changes", "stands out", "5 pictures that repeat", "demo_4, toy-train-01, success", "17%"):
        assert words in page


def test_a_report_of_a_film(tmp_path, frames):
    write_video(tmp_path / "a.mp4", frames, 10.0)
    summary = inspect(tmp_path / "a.mp4")
    assert isinstance(summary, FilmSummary)
    write_film_report(summary, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert page.count("data:image/png;base64,") == 1 and summary.source.sha256 in page


def test_a_report_of_an_empty_file(tmp_path):
    write_tasks(tmp_path / "a.hdf5", [])
    summary = inspect(tmp_path / "a.hdf5")
    assert isinstance(summary, DemoFileSummary)
    write_demos_report(summary, quality_of(tmp_path / "a.hdf5"), tmp_path / "a.html")
    assert "data:image" not in (tmp_path / "a.html").read_text()


def test_without_rerun_the_extra_is_named(dataset, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(DataError, match=r"pip install 'mil\[rerun\]'"):
        write_rerun(dataset(), tmp_path / "a.rrd")
    with pytest.raises(DataError, match="ends in .rrd"):
        write_rerun(dataset(), tmp_path / "a.mp4")


def test_rerun_is_told_every_step_at_its_own_time(dataset, tmp_path, monkeypatch):
    class Recording:
        def __init__(self, *_: object, **__: object) -> None:
            self.time_s, self.logged = 0.0, []
            recordings.append(self)

        def save(self, path: str) -> None:
            self.path = path

        def set_time(self, _: str, duration: float) -> None:
            self.time_s = duration

        def log(self, name: str, value: object, static: bool = False) -> None:
            self.logged.append((name, self.time_s))

        def flush(self) -> None:
            pass

    class Anything:
        RecordingStream = Recording

        def __getattr__(self, name: str):
            return lambda *values: self

        def compress(self):
            return self

    recordings: list[Recording] = []
    monkeypatch.setitem(sys.modules, "rerun", Anything())
    path = dataset()
    write_rerun(path, tmp_path / "a.rrd")
    with h5py.File(path) as file:
        times_s = file["data/demo_3/action_time_s"][:] - file["data/demo_3/obs/capture_time_s"][0]
    (recording,) = recordings
    assert [time_s for name, time_s in recording.logged if name == "demo_3/actions"] == pytest.approx(list(times_s))
    assert len(recording.logged) == 6 * (1 + 3 * 12) and recording.path == str(tmp_path / "a.rrd")


def test_what_the_recorder_counted_is_summed_up(dataset, tmp_path):
    path = dataset()
    with h5py.File(path, "r+") as file:
        for name, drops, gap_s in (("demo_0", 2, 0.3), ("demo_4", 5, 0.2)):
            counts = {"asked_rate_hz": 30.0, "rate_hz": 28.0 + drops, "drops": drops, "overflowed": 1, "repeated": 0}
            file.create_group(f"data/{name}/streams/wrist").attrs.update({**counts, "worst_gap_s": gap_s})
    write_seal(path)
    assert quality_of(path).recorded == {"wrist": RecordedStream(30.0, 31.5, 7, 2, 0, 0.3)}
    summary = inspect(path)
    assert isinstance(summary, DemoFileSummary)
    write_demos_report(summary, quality_of(path), tmp_path / "report.html")
    assert "no room" in (tmp_path / "report.html").read_text()
