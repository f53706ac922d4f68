"""What cannot be a demonstration cannot be built."""

import dataclasses

import numpy as np
import pytest

from data_tools.demo import Film, Observation, TaskDemos, Video
from data_tools.errors import DemoShapeMismatch

PICTURES = np.zeros((3, 4, 5, 3), np.uint8)
TIMES = np.arange(3.0)


@pytest.mark.parametrize(
    "frames",
    [PICTURES.astype(np.float32), PICTURES[..., :1], PICTURES[0], PICTURES[:0], PICTURES[:, :0]],
    ids=["float", "grey", "one picture", "no frame", "no row"],
)
def test_pictures_of_another_kind_are_refused(frames):
    with pytest.raises(DemoShapeMismatch, match=r"Video.frames: expected uint8 \(T, height, width, 3\)"):
        Video(frames, TIMES)


@pytest.mark.parametrize("times", [[0, 0, 1], [0, 2, 1], [0, 1], [0, 1, np.nan], [0, 1, np.inf]])
def test_times_that_do_not_pass_are_refused(times):
    with pytest.raises(DemoShapeMismatch, match="Video.capture_time_s"):
        Video(PICTURES, np.array(times, np.float64))


@pytest.mark.parametrize("name", ["states", "actions", "state_time_s", "action_time_s"])
def test_every_array_of_a_demo_has_its_length_and_is_finite(task, name):
    demo = task.demos[0]
    value = getattr(demo, name)
    with pytest.raises(DemoShapeMismatch):
        dataclasses.replace(demo, **{name: value[:-1]})
    broken = value.copy()
    broken[2] = np.nan
    with pytest.raises(DemoShapeMismatch, match=name):
        dataclasses.replace(demo, **{name: broken})


def test_an_observation_is_what_was_seen_before_its_action(task):
    demo = task.demos[0]
    seen = demo.observation(4)
    np.testing.assert_array_equal(seen.image, demo.video.frames[4])
    np.testing.assert_array_equal(seen.state, demo.states[4])
    assert seen.time_s == demo.state_time_s[4]


def test_an_observation_with_a_missing_number_is_refused():
    with pytest.raises(DemoShapeMismatch, match="finite"):
        Observation(PICTURES[0], np.array([np.nan], np.float32), 0.0)


def test_hand_positions_need_one_row_a_frame():
    with pytest.raises(DemoShapeMismatch, match=r"expected \(3, 2\), found \(2, 2\)"):
        Film(Video(PICTURES, TIMES), np.zeros((2, 2), np.float32))
    with pytest.raises(DemoShapeMismatch, match=r"goal_xy.*expected \(2,\)"):
        Film(Video(PICTURES, TIMES), None, np.zeros(3, np.float32))


def test_a_task_holds_no_demo_of_another(task):
    with pytest.raises(DemoShapeMismatch, match="place-train-7"):
        TaskDemos("other", task.demos)


def test_nothing_can_be_changed_afterwards(task):
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.demos[0].outcome = "failure"
