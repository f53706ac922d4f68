"""A second look at a film: mostly other frames than at first, in a mirror where training had mirrors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_tools.demo import TaskDemos, Video
from mil_core.experiments import EXPERIMENTS
from mil_core.scaling import spread_frames
from mil_core.second_look import second_look

LEARNING = EXPERIMENTS["daml_place"]().learning
COUNT = LEARNING.num_inner_frames


def numbered_film(length: int) -> Video:
    """Each frame tells its number and its columns."""
    frames = np.arange(length, dtype=np.uint8)[:, None, None, None] + np.zeros((2, 4, 3), np.uint8)
    frames[:, 0, :, 0] = np.arange(4)
    return Video(frames, np.arange(length) / 10.0)


@pytest.mark.parametrize("length", [30, 40, 100, 250])
def test_most_frames_are_others_than_at_first(length: int) -> None:
    film = numbered_film(length)
    again = second_look(film, LEARNING)
    first = film.frames[spread_frames(length, COUNT), 1, 0, 0]
    second = again.frames[spread_frames(len(again), COUNT), 1, 0, 0]
    assert len(set(first.tolist()) & set(second.tolist())) < COUNT / 2


@pytest.mark.parametrize("is_mirrored", [True, False])
def test_it_is_mirrored_exactly_where_training_was(is_mirrored: bool) -> None:
    film = numbered_film(40)
    again = second_look(film, replace(LEARNING, augment=is_mirrored))
    kept = slice(3, 37)
    columns = film.frames[kept, :, ::-1] if is_mirrored else film.frames[kept]
    np.testing.assert_array_equal(again.frames, columns)
    np.testing.assert_array_equal(again.capture_time_s, film.capture_time_s[kept])


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_film_of_any_length_keeps_a_frame(length: int, num_frames: int) -> None:
    again = second_look(numbered_film(length), replace(LEARNING, num_inner_frames=num_frames))
    assert 1 <= len(again) <= length


def test_a_demonstration_stays_as_it_is(tasks: list[TaskDemos]) -> None:
    demo = tasks[0].demos[0]
    assert second_look(demo, LEARNING) is demo
