"""Demonstrations come back from a file bit by bit, and a file is whole or absent."""

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.demo import Demo, Film, TaskDemos, Video, VideoSource
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks, write_tasks
from data_tools.hdf5_writer import DemoWriter
from data_tools.provenance import Provenance, code_version
from data_tools.video import read_video

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def times(length: int) -> st.SearchStrategy[np.ndarray]:
    gaps = st.lists(st.floats(1e-6, 1e3), min_size=length, max_size=length)
    return st.builds(lambda start, values: start + np.cumsum(values), st.floats(-1e3, 1e3), gaps)


@st.composite
def demos(draw, task_id: str, sizes: tuple[int, int, int, int]) -> Demo:
    height, width, state_size, action_size = sizes
    length = draw(st.integers(1, 12))
    return Demo(
        video=Video(draw(hnp.arrays(np.uint8, (length, height, width, 3))), draw(times(length))),
        states=draw(hnp.arrays(np.float32, (length, state_size), elements=finite)),
        actions=draw(hnp.arrays(np.float32, (length, action_size), elements=finite)),
        state_time_s=draw(times(length)),
        action_time_s=draw(times(length)),
        task_id=task_id,
        robot=draw(st.sampled_from(["pr2", "planar_arm", "Roboter Ä"])),
        outcome=draw(st.sampled_from(["success", "failure", "unknown"])),
        clock=draw(st.sampled_from(["simulated", "steady"])),
    )


@st.composite
def collections(draw) -> list[TaskDemos]:
    sizes = draw(st.tuples(*[st.integers(1, 4)] * 2, *[st.integers(0, 4)] * 2))
    ids = draw(st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True), unique=True, max_size=4))
    return [TaskDemos(i, tuple(draw(st.lists(demos(i, sizes), max_size=2)))) for i in ids]


def same(first: object, second: object) -> bool:
    """Equality of dataclasses that hold arrays, bit by bit."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.dtype == second.dtype and first.shape == second.shape and first.tobytes() == second.tobytes()
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if dataclasses.is_dataclass(first) and dataclasses.is_dataclass(second):
        names = [field.name for field in dataclasses.fields(first)]
        return type(first) is type(second) and all(same(getattr(first, n), getattr(second, n)) for n in names)
    return first == second


@settings(max_examples=40, deadline=None)
@given(collections())
def test_what_is_written_is_read_bit_by_bit(tmp_path_factory, tasks):
    path = tmp_path_factory.mktemp("demos") / "a.hdf5"
    write_tasks(path, tasks)
    assert same(tuple(read_tasks(path)), tuple(tasks))
    entries = list_tasks(path)
    assert [entry.task_id for entry in entries] == [task.task_id for task in tasks]
    assert [len(entry.demo_names) for entry in entries] == [len(task.demos) for task in tasks]
    assert [entry.num_samples for entry in entries] == [sum(map(len, task.demos)) for task in tasks]


def test_films_come_back_with_their_true_times_and_hands(tmp_path, task):
    write_tasks(tmp_path / "a.hdf5", [task])
    (back,) = read_tasks(tmp_path / "a.hdf5", film_frames=None)
    film, original = back.films[0], task.films[0]
    assert same(film.video.capture_time_s, original.video.capture_time_s)
    assert same(film.hand_xy, original.hand_xy) and same(film.goal_xy, original.goal_xy)
    assert np.abs(film.video.frames.astype(int) - original.video.frames).mean() < 10
    assert film.video.source.path == str(tmp_path / "a_films" / "place-train-7.mp4")


def test_films_are_read_at_the_length_and_size_that_a_policy_takes(tmp_path, task):
    write_tasks(tmp_path / "a.hdf5", [task])
    (back,) = read_tasks(tmp_path / "a.hdf5")
    assert back.films[0].video.frames.shape == (40, 8, 10, 3)
    assert back.films[0].hand_xy is not None and back.films[0].hand_xy.shape == (40, 2)
    assert same(back.films[0].goal_xy, task.films[0].goal_xy)
    assert not next(read_tasks(tmp_path / "a.hdf5", with_films=False)).films


def test_a_film_from_a_file_is_copied_bit_by_bit(tmp_path, frames, encode):
    encode(tmp_path / "phone.gif", frames, "gif", "rgb8")
    phone = read_video(tmp_path / "phone.gif")
    written = Film(Video(frames, phone.capture_time_s, VideoSource()))
    write_tasks(tmp_path / "a.hdf5", [TaskDemos("t", (), (Film(phone), written))])
    folder = tmp_path / "a_films"
    assert (folder / "t.gif").read_bytes() == (tmp_path / "phone.gif").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["t.gif", "t_film1.mp4"]
    (back,) = read_tasks(tmp_path / "a.hdf5", film_frames=None)
    assert same(back.films[0].video.frames, phone.frames)


def test_robomimic_finds_what_it_looks_for(tmp_path, task):
    write_tasks(tmp_path / "a.hdf5", [task], Provenance("place", "validation", seed=3))
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert file["data"].attrs["total"] == 15
        env_args = json.loads(file["data"].attrs["env_args"])
        assert (env_args["env_name"], env_args["type"], env_args["env_kwargs"]) == ("place", 2, {})
        assert file["mask/validation"][()].tolist() == [b"demo_0", b"demo_1"]
        for index, demo in enumerate(task.demos):
            group = file[f"data/demo_{index}"]
            assert group.attrs["num_samples"] == len(demo)
            assert group.attrs["success"] and group.attrs["seed"] == 3
            np.testing.assert_array_equal(group["states"][()], demo.states)
            assert group["rewards"][()].tolist() == group["dones"][()].tolist() == [0] * (len(demo) - 1) + [1]
            assert len({len(group[name]) for name in ("actions", "states", "obs/image", "obs/state")}) == 1


def test_provenance_comes_back_with_the_version_of_the_code(tmp_path):
    origin = Provenance("place", "test", 7, licence="CC-BY-4.0", consent="signed", created_by="mil collect")
    write_tasks(tmp_path / "a.hdf5", [], origin)
    assert read_provenance(tmp_path / "a.hdf5") == dataclasses.replace(origin, code_version=code_version())


def test_chosen_tasks_only(tmp_path, task):
    others = [TaskDemos(name, ()) for name in "cab"]
    write_tasks(tmp_path / "a.hdf5", [*others, task])
    assert [found.task_id for found in read_tasks(tmp_path / "a.hdf5", task_ids={"b", "c"})] == ["c", "b"]
    with pytest.raises(DemoFileError, match=r"found \['d'\].*mil inspect"):
        read_tasks(tmp_path / "a.hdf5", task_ids=["a", "d"])


def test_tasks_are_written_and_read_one_at_a_time(tmp_path):
    taken = []

    def tasks():
        for name in "abc":
            taken.append(name)
            yield TaskDemos(name, ())

    with DemoWriter(tmp_path / "a.hdf5") as writer:
        for task in tasks():
            writer.append(task)
            assert taken[-1] == task.task_id
    reader = read_tasks(tmp_path / "a.hdf5")
    assert next(reader).task_id == "a"
    assert next(reader).task_id == "b"


def test_an_existing_file_needs_a_word_to_be_replaced(tmp_path, task):
    path = tmp_path / "a.hdf5"
    write_tasks(path, [task])
    before = path.read_bytes()
    with pytest.raises(DemoFileError, match="free name.*--overwrite"):
        write_tasks(path, [])
    assert path.read_bytes() == before and (tmp_path / "a_films").exists()
    write_tasks(path, [dataclasses.replace(task, films=())], overwrite=True)
    assert same(tuple(read_tasks(path)), (dataclasses.replace(task, films=()),))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.hdf5"]
    write_tasks(path, [task], overwrite=True)
    assert len(next(read_tasks(path)).films) == 1


def test_a_failed_collection_leaves_what_was_there(tmp_path, task):
    path = tmp_path / "a.hdf5"
    write_tasks(path, [task])

    def broken():
        yield dataclasses.replace(task, films=task.films * 2)
        raise RuntimeError("the expert gave up")

    with pytest.raises(RuntimeError, match="gave up"):
        write_tasks(path, broken(), overwrite=True)
    assert len(next(read_tasks(path)).films) == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.hdf5", "a_films"]


def test_a_killed_collection_leaves_no_file_of_that_name(tmp_path):
    code = (
        "import os, signal, sys; from data_tools.demo import TaskDemos; from data_tools.hdf5_writer import DemoWriter\n"
        "writer = DemoWriter(sys.argv[1]); writer.append(TaskDemos('a', ())); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.hdf5")], cwd=root, check=False)
    assert child.returncode == -signal.SIGKILL
    assert not (tmp_path / "a.hdf5").exists()
    write_tasks(tmp_path / "a.hdf5", [])


@pytest.mark.parametrize(("name", "message"), [("a.h5", "ends in .hdf5"), ("a", "ends in .hdf5")])
def test_a_wrong_name_is_refused(tmp_path, name, message):
    with pytest.raises(DemoFileError, match=message):
        DemoWriter(tmp_path / name)


@pytest.mark.parametrize("task_id", ["", "../a", "a/b", ".hidden", "a b", "x" * 129])
def test_a_task_id_that_is_no_name_is_refused(tmp_path, task_id):
    with pytest.raises(DemoFileError, match="a task id like"):
        write_tasks(tmp_path / "a.hdf5", [TaskDemos(task_id, ())])
    assert not list(tmp_path.iterdir())


def test_a_task_comes_once(tmp_path):
    with pytest.raises(DemoFileError, match="each task once"):
        write_tasks(tmp_path / "a.hdf5", [TaskDemos("a", ()), TaskDemos("a", ())])


def test_demos_of_one_file_have_steps_of_one_shape(tmp_path, task):
    demo = task.demos[0]
    other = dataclasses.replace(demo, actions=np.zeros((len(demo), 5), np.float32))
    with pytest.raises(DemoFileError, match=r"found \(\(8, 10, 3\), \(3,\), \(5,\)\)"):
        write_tasks(tmp_path / "a.hdf5", [dataclasses.replace(task, demos=(demo, other))])


def test_overwriting_leaves_films_alone_that_the_old_file_does_not_refer_to(tmp_path, task):
    path, foreign = tmp_path / "a.hdf5", tmp_path / "a_films" / "my_phone_film.mp4"
    without_films = dataclasses.replace(task, films=())
    foreign.parent.mkdir()
    foreign.write_bytes(b"a film")
    write_tasks(path, [without_films], overwrite=True)
    write_tasks(path, [without_films], overwrite=True)
    assert foreign.exists()
    with pytest.raises(DemoFileError, match=r"films of an old demo file; found .*a_films"):
        write_tasks(path, [task], overwrite=True)
    assert foreign.exists() and same(tuple(read_tasks(path)), (without_films,))


def test_what_is_left_of_a_file_goes_away_even_when_it_cannot_be_closed(tmp_path, task, monkeypatch):
    close = h5py.File.close

    def failing(self) -> None:
        close(self)
        raise RuntimeError("Can't decrement id ref count (No space left on device)")

    monkeypatch.setattr(h5py.File, "close", failing)
    with pytest.raises(KeyError, match="mine"), DemoWriter(tmp_path / "a.hdf5"):
        raise KeyError("mine")
    with pytest.raises(RuntimeError, match="No space left"), DemoWriter(tmp_path / "a.hdf5") as writer:
        writer.append(dataclasses.replace(task, films=()))
    assert not list(tmp_path.iterdir())
