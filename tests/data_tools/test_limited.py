"""Limits that really limit: each rule of the child is broken on purpose, by a job made for it."""

import os
import resource
import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools import limited
from data_tools.demo import Demo, TaskDemos, Video
from data_tools.errors import DataError, DemoFileError, LimitReached, VideoError
from data_tools.hdf5 import read_tasks, write_tasks
from data_tools.limited import LimitedReader, Limits, open_limited, stream_limited
from data_tools.limited_wire import LENGTH_BYTES, packed, unpacked

JOBS = """
import ctypes, os, signal, socket, subprocess, time
from pathlib import Path
import numpy as np
from data_tools.errors import VideoError

def large(path, request):
    yield np.ones(request["bytes"], np.uint8)

def hungry(path, request):
    yield np.ones(request["bytes"], np.uint8).sum().item()

def sleepy(path, request):
    yield 1
    time.sleep(600)

def busy(path, request):
    while True:
        pass

def crash(path, request):
    ctypes.string_at(0)
    yield 1

def gone(path, request):
    os._exit(7)
    yield 1

def silent(path, request):
    return iter(())

def refuses(path, request):
    raise VideoError("Film x: expected y; found z. Next: w.")
    yield 1

def faulty(path, request):
    yield {}["key"]

def tries(path, request):
    other = Path(request["other"])
    attempts = {
        "read the file": lambda: path.read_bytes(),
        "read another file": lambda: other.read_bytes(),
        "list a folder": lambda: os.listdir(other.parent),
        "write the file": lambda: path.write_bytes(b"1"),
        "write another file": lambda: other.write_bytes(b"1"),
        "make a file": lambda: (path.parent / "new").write_bytes(b"1"),
        "make an empty file": lambda: (path.parent / "new").touch(),
        "delete the file": lambda: path.unlink(),
        "rename the file": lambda: path.rename(path.parent / "new"),
        "open a socket": lambda: socket.socket(),
        "open a local socket": lambda: socket.socketpair(),
        "start a program": lambda: subprocess.run(["/bin/true"], check=True),
        "ask for more memory": lambda: __import__("resource").setrlimit(9, (-1, -1)),
        "see a secret": lambda: os.environ["SECRET"],
    }
    done = []
    for name, attempt in attempts.items():
        try:
            attempt()
            done.append(name)
        except Exception:
            pass
    yield done
"""


@pytest.fixture(scope="session", autouse=True)
def jobs(tmp_path_factory):
    """Jobs that misbehave, where children find them."""
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "misbehaving.py").write_text(JOBS)
    names = [line.split("(")[0].removeprefix("def ") for line in JOBS.splitlines() if line.startswith("def ")]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(limited, "_code_folders", lambda real=limited._code_folders: [*real(), folder])
        for name in names:
            patch.setitem(limited.JOBS, name, f"misbehaving:{name}")
        yield


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "film.mp4").write_text("content")
    return tmp_path / "mine" / "film.mp4"


def one_line(caught) -> str:
    message = str(caught.value)
    assert "expected" in message and "found" in message and "Next: " in message and "\n" not in message
    return message


def test_only_the_named_path_can_be_read_and_nothing_else_be_done(path, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "password")
    (tmp_path / "secret.txt").write_text("password")
    done = open_limited("tries", path, {"other": str(tmp_path / "secret.txt")})
    assert done == ["read the file"]
    assert path.read_text() == "content" and sorted(os.listdir(path.parent)) == ["film.mp4"]
    socket.socket().close()  # the parent keeps its rights


def test_memory_is_limited(path):
    assert open_limited("hungry", path, {"bytes": 1 << 29}) == 1 << 29
    with pytest.raises(LimitReached) as caught:
        open_limited("hungry", path, {"bytes": 1 << 31})
    assert "at most 1024 MB of memory" in one_line(caught)


def test_what_a_child_took_is_known(path):
    with LimitedReader("hungry", path, {"bytes": 1 << 28}, Limits()) as reader:
        assert list(reader) == [1 << 28]
    assert 1 << 28 < reader.peak_bytes < 1 << 29  # whatever this process has itself


def test_what_this_process_takes_while_the_child_starts_is_not_the_childs(path, monkeypatch):
    def peak_bytes() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def start(*args: object, **options: object) -> subprocess.Popen:
        before_bytes, ballast = peak_bytes(), []
        while peak_bytes() < before_bytes + (1 << 28):  # as another thread might, at the worst moment
            ballast.append(np.ones(1 << 22))
        return popen(*args, **options)

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", start)
    with LimitedReader("hungry", path, {"bytes": 1 << 20}, Limits()) as reader:
        assert list(reader) == [1 << 20]
    assert 1 << 20 < reader.peak_bytes < 1 << 27


@pytest.mark.parametrize("job", ["sleepy", "busy"])
def test_time_is_limited_and_the_child_is_gone(path, job):
    reader = LimitedReader(job, path, {}, Limits(time_s=2.0))
    with pytest.raises(LimitReached) as caught, reader:
        list(reader)
    assert "within 2 s" in one_line(caught)
    with pytest.raises(ProcessLookupError):
        os.kill(reader._child.pid, 0)


@pytest.mark.parametrize(("job", "found"), [("crash", "SIGSEGV"), ("gone", "exit code 7")])
def test_a_crash_is_told_in_one_line(path, job, found):
    with pytest.raises(LimitReached) as caught:
        open_limited(job, path)
    assert found in one_line(caught)


def test_errors_keep_their_class_and_words(path):
    with pytest.raises(VideoError, match=r"^Film x: expected y; found z\. Next: w\.$"):
        open_limited("refuses", path)
    with pytest.raises(LimitReached) as caught:
        open_limited("faulty", path)
    assert "a fault of its reader (Fault: KeyError: 'key')" in one_line(caught)
    with pytest.raises(DataError, match="found none"):
        open_limited("silent", path)


def test_a_reader_that_is_left_early_ends_its_child(path):
    values = stream_limited("sleepy", path)
    assert next(values) == 1
    values.close()


def test_an_answer_larger_than_allowed_is_refused(path):
    assert len(open_limited("large", path, {"bytes": 1000}, Limits(answer_bytes=1000))) == 1000
    with pytest.raises(DataError, match="expected at most 999 bytes, found 1000"):
        open_limited("large", path, {"bytes": 1000}, Limits(answer_bytes=999))


def iter_read(parts):
    content = b"".join(map(bytes, parts))
    place = 0

    def read(count: int) -> bytearray:
        nonlocal place
        place += count
        if place > len(content):
            raise EOFError
        return bytearray(content[place - count : place])

    return read


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_plain_values_come_back_as_they_were(value):
    assert unpacked(iter_read(packed(value)), 0) == value


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (5, 0)])
def test_arrays_come_back_bit_by_bit(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    (back,) = unpacked(iter_read(packed([array])), 1 << 20)
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype and back.shape == array.shape


def test_demonstrations_come_back_whole(task):
    back = unpacked(iter_read(packed(task)), 1 << 20)
    assert isinstance(back, TaskDemos) and isinstance(back.demos[1], Demo)
    np.testing.assert_array_equal(back.demos[1].video.frames, task.demos[1].video.frames)
    np.testing.assert_array_equal(back.films[0].hand_xy, task.films[0].hand_xy)


@pytest.mark.parametrize(
    "header",
    [
        b"", b"no json", b"[]", b"{}", b'{"value": 1}', b"[" * 5000,
        b'{"value": {"array": 0}, "arrays": []}',
        b'{"value": 1, "arrays": [["object", [1]]]}',
        b'{"value": 1, "arrays": [["uint8", [-1]]]}',
        b'{"value": 1, "arrays": [["uint8", [1.5]]]}',
        b'{"value": 1, "arrays": [["uint8", [99999999999]]]}',
        b'{"value": {"object": "Path", "fields": {}}, "arrays": []}',
        b'{"value": {"object": "Video", "fields": {"frames": 1}}, "arrays": []}',
        b'{"value": {"object": "Video", "fields": {"frames": {"array": 0}}}, "arrays": [["uint8", [0]]]}',
        b'{"value": {"strange": 1}, "arrays": []}',
    ],
)  # fmt: skip
def test_a_message_that_lies_is_refused(header):
    with pytest.raises(DataError, match="limited reader"):
        unpacked(iter_read([len(header).to_bytes(LENGTH_BYTES, "big"), header]), 1 << 20)


def test_a_message_that_claims_too_much_is_refused_before_memory_is_given():
    with pytest.raises(DataError, match="found 4294967295"):
        unpacked(iter_read([b"\xff\xff\xff\xff"]), 1 << 20)


@given(st.binary(max_size=300))
def test_noise_is_refused(content):
    try:
        unpacked(iter_read([content]), 1 << 10)
    except (DataError, EOFError):
        return
    raise AssertionError("noise was taken for a message")


def test_demo_files_are_read_as_without_limits(tmp_path, task):
    write_tasks(tmp_path / "a.hdf5", [task])
    (expected,) = read_tasks(tmp_path / "a.hdf5")
    (found,) = stream_limited("tasks", tmp_path / "a.hdf5", {"with_films": True})
    assert isinstance(found.films[0].video, Video) and found.task_id == expected.task_id
    for ours, theirs in zip(found.demos, expected.demos, strict=True):
        np.testing.assert_array_equal(ours.video.frames, theirs.video.frames)
    with pytest.raises(DemoFileError, match="expected a demonstration 'demo_7', found"):
        open_limited("demo", tmp_path / "a.hdf5", {"name": "demo_7"})
