"""What is collected can be collected again, number for number."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.hdf5 import read_tasks
from sim.collect import Order, collect, collect_demo, collect_task, layout_rng, task_at
from sim.env import Environment
from sim.errors import ExpertFailed, SimError, UnknownRobot, UnknownSplit, UnknownTask
from sim.experts.place import PlaceExpert
from sim.robots.pr2 import PR2

REACH = Order("reach", "planar_arm", "train", 3, demos_per_task=2)


def test_task_at_is_repeatable_and_depends_on_every_argument() -> None:
    first = task_at("place", "train", 5, 2)
    assert first == task_at("place", "train", 5, 2)
    others = [task_at("place", "train", 5, 3), task_at("place", "train", 6, 2), task_at("place", "test", 5, 2)]
    assert first.task_id not in [task.task_id for task in others]


@given(st.tuples(*[st.integers(0, 50)] * 3), st.tuples(*[st.integers(0, 50)] * 3))
def test_layouts_differ_when_anything_differs(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    draws = [layout_rng(seed, "train", index, k).random(4) for seed, index, k in (one, other)]
    assert np.array_equal(*draws) == (one == other)


def test_a_layout_never_repeats_the_draws_of_the_identity() -> None:
    identity = np.random.default_rng([0, 0, 4]).random(4)
    assert not np.array_equal(layout_rng(0, "train", 4, 0).random(4), identity)


def test_collected_task_is_the_same_on_every_run() -> None:
    first, second = collect_task(REACH, 1), collect_task(REACH, 1)
    assert first.task_id == second.task_id == task_at("reach", "train", 3, 1).task_id
    for one, other in zip(first.demos, second.demos, strict=True):
        np.testing.assert_array_equal(one.actions, other.actions)
        np.testing.assert_array_equal(one.video.frames, other.video.frames)
    assert not np.array_equal(first.demos[0].states, first.demos[1].states)


def test_place_demo_has_the_sizes_and_times_of_the_contract() -> None:
    demo = collect_demo(task_at("place", "validation", 0, 0), PR2(), np.random.default_rng(0))
    assert demo.video.frames.shape == (40, 90, 100, 3)
    assert demo.states.shape == (40, 9) and demo.actions.shape == (40, 7)
    np.testing.assert_allclose(demo.video.capture_time_s, np.arange(40) / 10.0, atol=1e-9)
    assert demo.outcome == "success" and demo.actions[0, 6] == 1.0 and demo.actions[-1, 6] == 0.0


@pytest.mark.parametrize("workers", [0, 2])
def test_collected_file_holds_the_tasks_in_order_whatever_the_workers(tmp_path: Path, workers: int) -> None:
    collect(REACH, 3, tmp_path / "reach.hdf5", workers=workers)
    stored = list(read_tasks(tmp_path / "reach.hdf5"))
    assert [task.task_id for task in stored] == [task_at("reach", "train", 3, index).task_id for index in range(3)]
    np.testing.assert_array_equal(stored[2].demos[1].actions, collect_task(REACH, 2).demos[1].actions)


def test_films_are_written_beside_the_demos(tmp_path: Path) -> None:
    order = Order("place", "pr2", "test", 0, demos_per_task=1, films_per_task=1)
    collect(order, 1, tmp_path / "place.hdf5", workers=0)
    (stored,) = read_tasks(tmp_path / "place.hdf5")
    assert len(stored.films) == 1 and stored.films[0].video.frames.shape == (40, 90, 100, 3)
    assert len(list(tmp_path.rglob("*.mp4"))) == 1


@pytest.mark.parametrize(
    "task, robot, split, error",
    [
        ("fly", "pr2", "train", UnknownTask),
        ("place", "r2d2", "train", UnknownRobot),
        ("place", "pr2", "exam", UnknownSplit),
    ],
)
def test_unknown_names_are_refused_with_the_known_ones(task: str, robot: str, split: str, error: type) -> None:
    with pytest.raises(error, match="use one of: "):
        Order(task, robot, split)  # type: ignore[arg-type]


def test_films_of_a_task_that_no_human_does_are_refused() -> None:
    with pytest.raises(SimError, match="--human"):
        Order("reach", "planar_arm", films_per_task=1)


def test_no_tasks_are_refused_and_leave_no_file(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="at least one"):
        collect(REACH, 0, tmp_path / "none.hdf5")
    assert not list(tmp_path.iterdir())


def test_expert_that_never_succeeds_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlaceExpert, "act", lambda self, env: env.robot.idle_action)
    monkeypatch.setattr(Environment, "render", lambda self, *_: np.zeros((90, 100, 3), np.uint8))
    with pytest.raises(ExpertFailed, match="another seed"):
        collect_demo(task_at("place", "train", 0, 0), PR2(), np.random.default_rng(0))
