import numpy as np
import pytest

from data_tools.demo import TaskDemos
from data_tools.errors import DataError, DemoFileError
from data_tools.hdf5 import write_tasks
from data_tools.video import write_video
from mil_core.support import FILM_FRAMES, load_support_demo, load_support_film


@pytest.fixture
def film(tmp_path, rng):
    level = np.linspace(0, 250, 70).astype(np.uint8)
    frames = np.broadcast_to(level[:, None, None, None], (70, 96, 128, 3))
    write_video(tmp_path / "film.mp4", frames, 12.0)
    return tmp_path / "film.mp4"


def test_a_film_comes_at_even_times_and_in_the_size_of_the_policy(film):
    video = load_support_film(film, 30, 36)
    assert video.frames.shape == (FILM_FRAMES, 30, 36, 3)
    assert np.ptp(np.diff(video.capture_time_s)) < 1e-9


def test_a_film_is_kept_from_its_first_to_its_last_frame_in_order(film):
    brightness = load_support_film(film, 30, 36).frames.mean(axis=(1, 2, 3))
    assert brightness[0] < 10 and brightness[-1] > 240 and (np.diff(brightness) >= -1).all()


def test_loading_a_film_twice_gives_the_same(film):
    first, second = (load_support_film(film, 30, 36) for _ in range(2))
    assert np.array_equal(first.frames, second.frames)


@pytest.mark.parametrize("content", [b"", b"no film at all" * 100])
def test_what_is_no_film_is_refused(tmp_path, content):
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(DataError):
        load_support_film(tmp_path / "film.mp4", 30, 36)


def test_a_demonstration_is_found_by_its_name_and_the_first_one_without(tmp_path, tasks):
    write_tasks(tmp_path / "d.hdf5", [TaskDemos(task.task_id, task.demos) for task in tasks[:2]])
    second_of_second = load_support_demo(tmp_path / "d.hdf5", "demo_3")
    assert np.array_equal(second_of_second.actions, tasks[1].demos[1].actions)
    assert np.array_equal(load_support_demo(tmp_path / "d.hdf5").actions, tasks[0].demos[0].actions)


def test_an_unknown_demonstration_lists_the_known_ones(tmp_path, tasks):
    write_tasks(tmp_path / "d.hdf5", [TaskDemos(tasks[0].task_id, tasks[0].demos)])
    with pytest.raises(DemoFileError, match="demo_0.*demo_1"):
        load_support_demo(tmp_path / "d.hdf5", "demo_7")
