"""A take holds what was sent, bit by bit; whatever ends it is told, and never makes the sender wait."""

import errno
import io
import json
import os
import signal
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_tools import recorder_writer
from data_tools.errors import DemoShapeMismatch
from data_tools.journal import SAMPLE, StreamSpec, read_take
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_watch import EndReason, WatchLimits
from data_tools.recorder_writer import BEGIN, END, serve

IMAGE, STATE = StreamSpec("image", (6, 8, 3), "uint8", 30.0), StreamSpec("state", (3,), "float32", 30.0)
PATIENT = RecorderLimits(WatchLimits(silence_s=1e9), min_free_bytes=0)


def picture(step: int) -> np.ndarray:
    return np.random.default_rng(step).integers(0, 256, IMAGE.shape, dtype=np.uint8)


def state(step: int) -> np.ndarray:
    return np.full(STATE.shape, step, np.float32)


@pytest.fixture
def begin(tmp_path: Path):
    """Begins takes that are stopped at the end of the test."""
    takes: list[Take] = []

    def make(limits: RecorderLimits = PATIENT) -> Take:
        takes.append(Take(tmp_path / f"take-{len(takes)}", {"task_id": "t"}, (IMAGE, STATE), limits))
        return takes[-1]

    yield make
    for take in takes:
        take.abandon()


def wait(is_done: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 30.0
    while not is_done():
        assert time.monotonic() < deadline_s, "expected it within 30 s"
        time.sleep(0.01)


def sent(take: Take, steps: int, start_s: float = 0.0) -> None:
    for step in range(steps):
        take.put("image", start_s + step / 30, picture(step), 1000.0 + step / 30)
        take.put("state", start_s + step / 30 + 0.001, state(step), 1000.0 + step / 30 + 0.002)


def test_what_was_sent_is_there_with_both_of_its_times(begin) -> None:
    take = begin()
    sent(take, 40, start_s=5.0)
    end = take.finish({"reason": "done"})
    assert end["overflowed"] == end["repeated"] == {"image": 0, "state": 0}
    record = read_take(take.folder)
    assert (record.info, record.end) == ({"task_id": "t"}, end)
    images = [place for place in record.samples if place.stream == 0]
    states = [place for place in record.samples if place.stream == 1]
    assert [place.capture_time_s for place in images] == [5.0 + step / 30 for step in range(40)]
    assert [place.receive_time_s for place in states] == [1000.0 + step / 30 + 0.002 for step in range(40)]
    for step, place in enumerate(images):
        assert zlib.decompress(record.payload(place)) == picture(step).tobytes()


def test_the_sender_may_use_its_memory_again(begin) -> None:
    take, value = begin(), state(0)
    for step in range(5):
        value[:] = step
        take.put("state", step / 10, value)
    value[:] = -1.0
    take.finish({})
    record = read_take(take.folder)
    found = [zlib.decompress(record.payload(place)) for place in record.samples]
    assert found == [state(step).tobytes() for step in range(5)]


@pytest.mark.parametrize(("shape", "dtype"), [((8, 6, 3), np.uint8), ((6, 8, 3), np.float32), ((6, 8), np.uint8)])
def test_another_shape_or_type_is_refused(begin, shape, dtype) -> None:
    with pytest.raises(DemoShapeMismatch, match=r"expected uint8 \(6, 8, 3\), found"):
        begin().put("image", 0.0, np.zeros(shape, dtype))


def test_a_full_queue_drops_counts_and_never_waits(begin) -> None:
    room = 10
    take = begin(RecorderLimits(WatchLimits(silence_s=1e9), queue_bytes=room * picture(0).nbytes, min_free_bytes=0))
    os.kill(take.writer_pid, signal.SIGSTOP)
    big = 1 << 20  # the pipe's own room: fill it first
    filler = big // picture(0).nbytes + 2 * room
    slowest_s = 0.0
    for step in range(filler + 50):
        started_s = time.monotonic()
        take.put("image", step / 30, picture(0), 1000.0 + step / 30)
        slowest_s = max(slowest_s, time.monotonic() - started_s)
    count = take.counts["image"]
    assert count.taken + count.overflowed == filler + 50 and count.overflowed >= 50
    assert slowest_s < 1.0 and take.fault() is None
    os.kill(take.writer_pid, signal.SIGCONT)
    end = take.finish({})
    assert end["overflowed"]["image"] == count.overflowed
    assert len(read_take(take.folder).samples) == count.taken


def test_a_killed_writer_is_a_fault_and_what_was_flushed_is_there(begin) -> None:
    take = begin()
    sent(take, 10)
    wait(lambda: take.num_segments >= 1)
    os.kill(take.writer_pid, signal.SIGKILL)
    wait(lambda: take.fault() is not None)
    take.put("state", 99.0, state(1))  # after a fault nothing is recorded, and nothing fails
    end = take.finish({"reason": "done"})
    assert end["reason"] == EndReason.WRITER_GONE and str(-signal.SIGKILL) in end["message"]
    assert len(read_take(take.folder).samples) >= 1


def test_a_camera_that_falls_silent_ends_the_take(begin) -> None:
    take = begin(RecorderLimits(WatchLimits(silence_s=2.0), min_free_bytes=0))
    now_s = time.monotonic()
    take.put("image", 0.0, picture(0), now_s), take.put("state", 0.0, state(0), now_s)
    assert take.fault(now_s + 1.9) is None
    fault = take.fault(now_s + 2.1)
    assert fault is not None and fault.reason is EndReason.STREAM_LOST
    assert take.finish({"reason": "done"})["reason"] == EndReason.STREAM_LOST


@pytest.mark.parametrize("second_s", [4.9, 50.0, -5.0])
def test_a_clock_that_steps_ends_the_take_and_keeps_what_came_before(begin, second_s) -> None:
    take = begin()
    take.put("image", 5.0, picture(0), 1000.0)
    take.put("image", second_s, picture(1), 1000.1)
    take.put("image", second_s + 0.1, picture(2), 1000.2)
    assert take.finish({})["reason"] == EndReason.CLOCK_STEP
    assert [place.capture_time_s for place in read_take(take.folder).samples] == [5.0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_number_that_is_none_ends_the_take(begin, value) -> None:
    take = begin()
    take.put("state", 0.0, np.array([0.0, value, 0.0], np.float32))
    end = take.finish({})
    assert end["reason"] == EndReason.BAD_VALUE and "finite" in end["message"]


def test_a_take_ends_before_it_is_longer_than_a_file_can_hold(begin) -> None:
    limits = RecorderLimits(WatchLimits(silence_s=1e9), min_free_bytes=0, max_stream_bytes=5 * picture(0).nbytes)
    take = begin(limits)
    sent(take, 8)
    assert take.finish({})["reason"] == EndReason.TOO_LONG
    assert sum(place.stream == 0 for place in read_take(take.folder).samples) == 5


def test_too_little_space_ends_the_take(begin) -> None:
    take = begin(RecorderLimits(WatchLimits(silence_s=1e9), min_free_bytes=1 << 60))
    take.put("state", 0.0, state(0))
    wait(lambda: take.fault() is not None)
    end = take.finish({})
    assert end["reason"] == EndReason.DISK_FULL and "free bytes" in end["message"]


# ---------------------------------------------------------------- the writer, within this process


def records(*samples: tuple[int, float, float, bytes]) -> bytes:
    spec = {"name": "state", "shape": [3], "dtype": "float32", "rate_hz": 30.0}
    begin = json.dumps({"info": {}, "streams": [spec], "min_free_bytes": 0}).encode()
    parts = [(BEGIN, 0.0, 0.0, begin), *samples]
    return b"".join(SAMPLE.pack(index, len(p), capture, receive) + p for index, capture, receive, p in parts)


def served(content: bytes, folder: Path) -> dict:
    """Let the writer read bytes from a file, as from a pipe whose other end has said all of it."""
    (folder.parent / "input").write_bytes(content)
    folder.mkdir()
    with io.FileIO(folder.parent / "input") as source:
        return serve(source, folder)


SAMPLES = [(0, step / 30, 1000.0 + step / 30, state(step).tobytes()) for step in range(6)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_an_input_cut_anywhere_leaves_the_whole_samples_and_no_end(tmp_path_factory, data) -> None:
    content = records(*SAMPLES, (END, 0.0, 0.0, b'{"reason": "done"}'))
    length = data.draw(st.integers(0, len(content) - 1))
    folder = tmp_path_factory.mktemp("cut") / "take"
    assert served(content[:length], folder) == {"end": None, "error": ""}
    heads = len(records())
    size = (len(records(*SAMPLES)) - heads) // len(SAMPLES)
    if length < heads:
        assert not list(folder.iterdir())
        return
    record = read_take(folder)
    assert len(record.samples) == min(len(SAMPLES), (length - heads) // size) and record.end is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("after", range(1, 14, 3))
def test_a_full_disk_at_any_write_is_told_and_leaves_a_readable_take(tmp_path, monkeypatch, number, after) -> None:
    writes = 0
    write = recorder_writer._write

    def failing(file: io.FileIO, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes > after:
            raise OSError(number, os.strerror(number))
        write(file, content)

    monkeypatch.setattr(recorder_writer, "_write", failing)
    done = served(records(*SAMPLES, (END, 0.0, 0.0, b"{}")), tmp_path / "take")
    assert done["error"].startswith("the disk is full")
    assert len(read_take(tmp_path / "take").samples) <= len(SAMPLES)


def test_a_writer_that_lags_stores_samples_plainly_and_nothing_is_lost(tmp_path) -> None:
    value = np.zeros(3000, np.float32).tobytes()
    now_s = time.monotonic()
    late, fresh = (0, 0.0, now_s - 10.0, value), (0, 1.0, now_s + 100.0, value)
    served(records(late, fresh, (END, 0.0, 0.0, b"{}")), tmp_path / "take")
    record = read_take(tmp_path / "take")
    assert [zlib.decompress(record.payload(place)) for place in record.samples] == [value, value]
    plain, deflated = record.samples
    assert plain.length > len(value) > 20 * deflated.length


def test_another_trouble_with_the_disk_is_not_called_full(tmp_path, monkeypatch) -> None:
    write = recorder_writer._write

    def failing(file: io.FileIO, content: bytes) -> None:
        if str(file.name).endswith(".bin"):
            raise OSError(errno.EIO, "broken")
        write(file, content)

    monkeypatch.setattr(recorder_writer, "_write", failing)
    with pytest.raises(OSError, match="broken"):
        served(records(*SAMPLES), tmp_path / "take")
