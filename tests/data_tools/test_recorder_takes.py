"""Takes become episodes, whole or not at all; what a crash leaves is recovered, and nothing sealed ever changes."""

import fcntl
import os
import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from data_tools import hdf5_recording, recorder_takes
from data_tools.atomic import file_sha256, partial_name
from data_tools.hdf5 import read_provenance, read_tasks
from data_tools.hdf5_recording import read_stream_counts, read_streams
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_takes import RecordError, Takes
from data_tools.recorder_watch import EndReason

from .sent_takes import ORIGIN, SPECS, STEPS, begin, send, value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demos.takes"


@pytest.fixture
def takes(folder: Path) -> Iterator[Takes]:
    with Takes(folder, ORIGIN) as opened:
        yield opened


def flushed(take: Take) -> Take:
    """A take of which everything has reached the disk, without an end."""
    deadline_s = time.monotonic() + 30.0
    while take.num_segments < 1 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert take.num_segments
    take.abandon()
    return take


def test_an_episode_holds_what_was_sent(takes: Takes) -> None:
    episode = takes.keep(send(begin(takes), 0), "success", "operator")
    assert (episode.number, episode.num_steps, episode.is_faulty) == (0, STEPS, False)
    assert episode.path is not None
    (task,) = read_tasks(episode.path)
    (demo,) = task.demos
    times_s = 7.0 + np.arange(STEPS) / 30
    for spec, found, found_s in (
        (SPECS[0], demo.video.frames, demo.video.capture_time_s),
        (SPECS[2], demo.states, demo.state_time_s),
        (SPECS[3], demo.actions, demo.action_time_s),
    ):
        np.testing.assert_array_equal(found, [value(spec, 0, step) for step in range(STEPS)])
        np.testing.assert_array_equal(found_s, times_s)
    assert (demo.task_id, demo.robot, demo.clock, demo.outcome) == ("some-task", "pr2", "counted", "success")
    assert read_provenance(episode.path).created_by == "a test"


def test_every_stream_comes_back_as_it_came(takes: Takes) -> None:
    path = takes.keep(send(begin(takes), 0), "success", "operator").path
    assert path is not None
    streams = read_streams(path, "demo_0")
    assert set(streams) == {spec.name for spec in SPECS}
    for spec in SPECS:
        steps = range(0, STEPS, 2) if spec.name == "wrist" else range(STEPS)
        np.testing.assert_array_equal(streams[spec.name].values, [value(spec, 0, step) for step in steps])
        np.testing.assert_array_equal(streams[spec.name].capture_time_s, [7.0 + step / 30 for step in steps])
        np.testing.assert_array_equal(streams[spec.name].receive_time_s, [1000.0 + step / 30 for step in steps])


def test_the_second_camera_also_stands_beside_the_first_step_by_step(takes: Takes) -> None:
    path = takes.keep(send(begin(takes), 0), "success", "operator").path
    assert path is not None
    with h5py.File(path) as file:
        obs = file["data/demo_0/obs"]
        assert len({len(obs[name]) for name in obs}) == 1, "robomimic wants one length"
        np.testing.assert_array_equal(obs["wrist"][5], value(SPECS[1], 0, 4))  # the nearest, the earlier in a tie
        assert obs["wrist_time_s"][5] == 7.0 + 4 / 30
        assert obs["image"] == file["data/demo_0/streams/image/values"], "stored once under two names"


def test_drops_and_repeats_are_counted_exactly(takes: Takes) -> None:
    take = begin(takes)
    for step in [0, 1, 2, 5, 6, 7, 7, 8, 9]:  # two missing, one sent twice
        for spec in SPECS:
            picture = value(spec, 0, 1 if step == 2 else step)  # a frozen picture with a new time
            take.put(spec.name, step / 30, picture, 1000.0 + step / 30)
    path = takes.keep(take, "success", "operator").path
    assert path is not None
    counts = read_stream_counts(path, "demo_0")["image"]
    assert (counts["count"], counts["drops"], counts["stale_repeats"], counts["repeated"]) == (8, 2, 1, 1)
    assert counts["worst_gap_s"] == pytest.approx(3 / 30) and counts["overflowed"] == 0


def test_a_frozen_picture_is_known_however_it_was_deflated() -> None:
    picture, other = value(SPECS[0], 0, 0).tobytes(), value(SPECS[0], 0, 1).tobytes()
    for first in range(3):
        for second in range(3):
            assert hdf5_recording._is_same_picture(zlib.compress(picture, first), zlib.compress(picture, second))
            assert not hdf5_recording._is_same_picture(zlib.compress(picture, first), zlib.compress(other, second))


def test_episodes_are_numbered_on_across_sessions(folder: Path) -> None:
    for expected in (0, 1, 2):
        with Takes(folder, ORIGIN) as takes:
            assert takes.next_number() == expected
            takes.keep(send(begin(takes), expected), "success", "operator")


def test_what_is_discarded_leaves_nothing_and_its_number_is_used_again(takes: Takes, folder: Path) -> None:
    takes.discard(send(begin(takes), 0))
    assert [path.name for path in folder.iterdir()] == [".lock"]
    assert takes.keep(send(begin(takes), 1), "success", "operator").number == 0


def test_a_take_without_a_step_leaves_nothing(takes: Takes, folder: Path) -> None:
    episode = takes.keep(begin(takes), "success", "operator")
    assert (episode.path, episode.num_steps) == (None, 0)
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_sealed_episodes_can_be_read_while_the_next_one_is_recorded(takes: Takes) -> None:
    path = takes.keep(send(begin(takes), 0), "success", "operator").path
    take = send(begin(takes), 1)
    assert path is not None and len(next(read_tasks(path)).demos[0]) == STEPS
    takes.discard(take)


def test_a_take_that_nobody_ended_is_recovered_and_says_so(folder: Path) -> None:
    with Takes(folder, ORIGIN) as takes:
        sealed = takes.keep(send(begin(takes), 0), "success", "operator").path
        flushed(send(begin(takes), 1))
    assert sealed is not None
    before = file_sha256(sealed)
    with Takes(folder, ORIGIN) as takes:
        (episode,) = takes.recovered
        assert (episode.number, episode.end["recovered"], episode.end["outcome"]) == (1, True, "unknown")
        assert episode.path is not None and episode.is_faulty and 0 < episode.num_steps <= STEPS
        (task,) = read_tasks(episode.path)
        expected = [value(SPECS[0], 1, step) for step in range(episode.num_steps)]
        np.testing.assert_array_equal(task.demos[0].video.frames, expected)
        with h5py.File(episode.path) as file:
            attributes = file["data/demo_0"].attrs
            assert attributes["recovered"] and attributes["end_reason"] == EndReason.OWNER_GONE.value
        assert not list(folder.glob(".take-*"))
    assert file_sha256(sealed) == before
    with Takes(folder, ORIGIN) as takes:
        assert takes.recovered == ()


@pytest.mark.parametrize("place", ["write_episode", "_delete"])
def test_a_kill_at_either_side_of_the_rename_costs_nothing(folder: Path, monkeypatch, place: str) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with Takes(folder, ORIGIN) as takes, monkeypatch.context() as patch:
        patch.setattr(recorder_takes, place, dies)
        with pytest.raises(KeyboardInterrupt):
            takes.keep(send(begin(takes), 0), "success", "operator")
    assert len(list(folder.glob(".take-*"))) == 1
    with Takes(folder, ORIGIN) as takes:
        (path,) = takes.episodes()
        (task,) = read_tasks(path)
        assert (len(task.demos[0]), task.demos[0].outcome) == (STEPS, "success")
        # The take knew its end, so that nothing had to be guessed.
        assert all(not episode.end["recovered"] for episode in takes.recovered)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("can't write, errno = 28")])
def test_a_full_disk_while_sealing_keeps_the_take_for_the_next_start(folder: Path, monkeypatch, error) -> None:
    def full(path: Path, *_: object) -> None:
        partial_name(path).write_bytes(b"as far as there was room")
        raise error

    with Takes(folder, ORIGIN, recover_by="do it again") as takes:
        with monkeypatch.context() as patch:
            patch.setattr(recorder_takes, "write_episode", full)
            with pytest.raises(RecordError, match=r"found none .*, then do it again\."):
                takes.keep(send(begin(takes), 0), "success", "operator")
        assert sorted(path.name for path in folder.iterdir()) == [".lock", ".take-000000"]
        assert takes.keep(send(begin(takes), 1), "success", "operator").number == 1, "the next one has another number"
    with Takes(folder, ORIGIN) as takes:
        assert [(episode.number, episode.num_steps) for episode in takes.recovered] == [(0, STEPS)]
        assert len(takes.episodes()) == 2


def test_who_records_with_mil_is_told_to_resume(takes: Takes, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder_takes, "write_episode", full)
    with pytest.raises(RecordError, match="record with --resume"):
        takes.keep(send(begin(takes), 0), "success", "operator")


@pytest.mark.parametrize(("label_by", "kept"), [("task", ("unknown", "nobody")), ("operator", ("success", "operator"))])
def test_a_fault_overrules_what_the_task_says_of_a_take(takes: Takes, label_by: str, kept: tuple[str, str]) -> None:
    take = send(begin(takes), 0)
    take.put("state", 8.0, np.full(3, np.nan, np.float32), 1001.0)
    episode = takes.keep(take, "success", label_by, EndReason.COMPLETE)
    assert (episode.end["outcome"], episode.end["label_by"]) == kept and episode.path is not None
    assert next(read_tasks(episode.path)).demos[0].outcome == kept[0]


def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_recorded(takes: Takes) -> None:
    info = {"task_id": "t", "robot": "pr2", "clock": "c", "device": "d"}
    with pytest.raises(RecordError, match="free space"):
        takes.begin(info, SPECS, RecorderLimits(min_free_bytes=1 << 60))


def test_two_sessions_do_not_share_a_folder(takes: Takes, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(recorder_takes, "LOCK_PATIENCE_S", 0.1)
    with pytest.raises(RecordError, match="nobody else"):
        Takes(folder, ORIGIN)


def test_a_writer_that_outlives_its_owner_still_holds_the_folder(folder: Path) -> None:
    takes = Takes(folder, ORIGIN)
    take = begin(takes)
    os.kill(take.writer_pid, signal.SIGSTOP)
    takes.__exit__()
    with (folder / ".lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    take.abandon()
    with (folder / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
