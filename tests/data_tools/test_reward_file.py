"""Ways and reward tasks come back from their files as they were, and damage is told, never believed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_tools.errors import DemoFileError
from data_tools.grid import GridDemo
from data_tools.grid_file import MAX_BYTES, read_grid_demo, write_grid_demo
from data_tools.reward_file import read_reward_tasks, write_reward_tasks
from data_tools.reward_task import RewardScene, RewardTask

SIZE = 5


def a_demo(rng: np.random.Generator, picture: np.ndarray | None = None) -> GridDemo:
    if picture is None:
        picture = rng.integers(0, 256, (4 * SIZE, 4 * SIZE, 3)).astype(np.uint8)
    moves = rng.integers(-1, 2, (int(rng.integers(1, 9)), 2))
    return GridDemo(picture, np.clip(np.cumsum(moves, axis=0), 0, SIZE - 1).astype(np.int64))


def a_scene(rng: np.random.Generator) -> RewardScene:
    picture = rng.integers(0, 256, (4 * SIZE, 4 * SIZE, 3)).astype(np.uint8)
    grids = [rng.random((SIZE, SIZE)).astype(np.float32) for _ in range(3)]
    grids[1] /= grids[1].sum()
    row, column = rng.integers(0, SIZE, 2).tolist()
    return RewardScene(picture, *grids, (row, column), tuple(a_demo(rng, picture) for _ in range(3)))


def some_tasks(seed: int, count: int) -> list[RewardTask]:
    rng = np.random.default_rng(seed)
    return [RewardTask(f"task-{index}", 8 + index, (a_scene(rng), a_scene(rng))) for index in range(count)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**20), st.integers(1, 4))
def test_tasks_are_a_round_trip(tmp_path: Path, seed: int, count: int) -> None:
    tasks = some_tasks(seed, count)
    write_reward_tasks(tmp_path / "tasks.npz", tasks)
    for task, same in zip(tasks, read_reward_tasks(tmp_path / "tasks.npz"), strict=True):
        assert (task.task_id, task.horizon) == (same.task_id, same.horizon)
        for scene, again in zip(task.scenes, same.scenes, strict=True):
            assert scene.goal == again.goal
            for name in ("picture", "true_reward", "start_probability", "visitation"):
                np.testing.assert_array_equal(getattr(scene, name), getattr(again, name))
            for demo, shown in zip(scene.demos, again.demos, strict=True):
                np.testing.assert_array_equal(demo.cells, shown.cells)
                np.testing.assert_array_equal(demo.picture, shown.picture)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**20))
def test_a_way_is_a_round_trip(tmp_path: Path, seed: int) -> None:
    demo = a_demo(np.random.default_rng(seed))
    write_grid_demo(tmp_path / "way.npz", demo)
    same = read_grid_demo(tmp_path / "way.npz")
    np.testing.assert_array_equal(demo.cells, same.cells)
    np.testing.assert_array_equal(demo.picture, same.picture)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_refused_or_still_whole(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "tasks.npz"
    write_reward_tasks(path, some_tasks(0, 1))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
            content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        tasks = read_reward_tasks(path)
    except DemoFileError as error:
        assert "make the file again" in str(error)
    else:
        assert len(tasks) == 1


def refused(path: Path, words: str) -> None:
    with pytest.raises(DemoFileError, match=words):
        read_grid_demo(path)


def test_what_is_no_way_is_refused(tmp_path: Path) -> None:
    path, picture = tmp_path / "way.npz", np.zeros((20, 20, 3), np.uint8)
    refused(path, "expected a file, found none")
    np.savez(path, picture=picture, cells=np.array([[0, 0], [3, 3]]))
    refused(path, "jump at step 0")
    np.savez(path, picture=picture)
    refused(path, "nothing else, found arrays")
    np.savez(path, picture=picture, cells=np.array([[0, 0]]), more=picture)
    refused(path, "nothing else, found arrays")
    np.savez(path, picture=np.array([object()]), cells=np.array([[0, 0]]))
    refused(path, "allow_pickle")
    np.savez_compressed(path, picture=np.zeros(MAX_BYTES, np.uint8), cells=np.array([[0, 0]]))
    refused(path, f"of at most {MAX_BYTES} bytes")


def test_tasks_whose_arrays_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tasks.npz"
    write_reward_tasks(path, some_tasks(0, 2))
    with np.load(path) as file:
        arrays = dict(file)
    for name, value in {
        "cells": arrays["cells"][:-1],
        "goal": arrays["goal"][:1],
        "length": arrays["length"][0],
    }.items():
        np.savez(path, **{**arrays, name: value})
        with pytest.raises(DemoFileError, match="expected whole reward tasks"):
            read_reward_tasks(path)
