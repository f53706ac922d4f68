"""Laws of films: the same objects seen whole, another everything else, the item lands, and nothing leaks."""

import gc
import os
from pathlib import Path

import mujoco
import numpy as np
import pytest

import sim.human
from data_tools.demo import Film
from sim.cameras import project
from sim.crockery import shell_mesh
from sim.errors import FilmFailed
from sim.film_scene import CONTAINERS, compile_scene, draw_scene
from sim.human import HEIGHT, RATE_HZ, WIDTH, Take, _staged, film, shoot
from sim.render import Renderer
from sim.tasks.place import PlaceTask


def _task(seed, split="test"):
    return PlaceTask.sample(np.random.default_rng([seed, 77]), split)


@pytest.fixture(scope="module")
def takes():
    return [shoot(_task(seed), np.random.default_rng(seed)) for seed in range(6)]


def test_a_film_has_the_promised_size_and_true_times(takes):
    for take in takes:
        video = take.film.video
        assert video.frames.shape[1:] == (HEIGHT, WIDTH, 3)
        assert 3 * RATE_HZ <= len(video) <= 6 * RATE_HZ + 1
        np.testing.assert_allclose(np.diff(video.capture_time_s), 1 / RATE_HZ)


def test_pictures_are_neither_black_nor_blown_out_and_move(takes):
    for take in takes:
        frames = take.film.video.frames
        assert 50 < frames.mean() < 215
        assert (frames == 255).all(axis=-1).mean() < 0.02
        assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 0.3


def test_the_hand_is_in_the_picture_for_most_of_the_film(takes):
    for take in takes:
        hand_xy = take.film.hand_xy
        assert hand_xy.dtype == np.float32
        shown = hand_xy[np.isfinite(hand_xy).all(axis=1)]
        assert len(shown) > 0.5 * len(hand_xy)
        assert shown.min() >= -0.5 and shown.max() < 0.5


def test_where_the_item_came_to_rest_is_the_target_and_no_other_container(takes):
    for number, take in enumerate(takes):
        scene, _, _ = _staged(_task(number), np.random.default_rng(number))
        places_m = np.column_stack((scene.places_m[:, :2], np.zeros(len(CONTAINERS))))
        apart = np.linalg.norm(scene.camera.picture_xy(places_m) - take.film.goal_xy, axis=1)
        if take.landed and np.isfinite(apart).all():
            assert apart.argmin() == 0 and apart[0] < 0.12


def test_the_item_lands_almost_always(takes):
    assert sum(take.landed for take in takes) >= len(takes) - 1


def test_same_chance_same_film():
    task = _task(3)
    one, again = (film(task, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(one.video.frames, again.video.frames)
    np.testing.assert_array_equal(one.hand_xy, again.hand_xy)


def test_two_films_of_a_task_differ_in_all_but_the_objects():
    task = _task(4)
    one, other = (draw_scene(task.containers, task.item, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.containers == other.containers and one.item == other.item
    assert not np.allclose(one.places_m, other.places_m)
    assert not np.allclose(one.camera.position_m, other.camera.position_m)
    assert one.gesture.duration_s != other.gesture.duration_s
    assert one.room != other.room


@pytest.mark.parametrize("seed", range(30))
def test_all_containers_are_inside_the_picture(seed):
    task = _task(seed)
    scene = draw_scene(task.containers, task.item, np.random.default_rng(seed))
    model = compile_scene(scene)
    data = mujoco.MjData(model)
    scene.reset(model, data)
    mujoco.mj_forward(model, data)
    for index, name in enumerate(CONTAINERS):
        body = data.body(name)
        np.testing.assert_allclose(body.xpos[:2], scene.places_m[index])
        # The compiled body and camera, not the scene's own arithmetic, say where each corner is seen.
        for vertex_m in shell_mesh(task.containers[index].form).vertices_m:
            point_m = body.xpos + body.xmat.reshape(3, 3) @ vertex_m
            assert np.abs(project(model, data, "film", point_m, WIDTH / HEIGHT)).max() < 0.5


@pytest.mark.parametrize("seed", range(4))
def test_the_target_is_seen_in_the_first_third(seed):
    scene, model, data = sim.human._staged(_task(seed), np.random.default_rng(seed))
    for share in np.linspace(0.0, 1 / 3, 7):
        sim.human._move(scene, model, data, share * scene.gesture.duration_s)
        assert sim.human.seen(scene, model, data, 0) > 0.5


def test_something_in_the_way_is_noticed():
    scene, model, data = sim.human._staged(_task(0), np.random.default_rng(0))
    above_m = np.append(scene.places_m[0], 0.03)
    grip_m = above_m + 0.5 * (scene.camera.position_m - above_m)
    sim.human.pose_hand(model, data, scene.person, grip_m + (0, 0, -0.05), scene.camera.position_m, 0.0, 0.02)
    mujoco.mj_forward(model, data)
    assert sim.human.seen(scene, model, data, 0) < 0.7


@pytest.mark.parametrize("split", ("train", "validation", "test"))
def test_person_and_room_come_from_the_split_of_the_objects(split):
    task = _task(1, split)
    scene = draw_scene(task.containers, task.item, np.random.default_rng(1))
    assert split in scene.person.demonstrator_id and split in scene.room.room_id


def test_a_missed_item_is_filmed_again_and_then_given_up(monkeypatch):
    task = _task(5)
    good = shoot(task, np.random.default_rng(0)).film
    outcomes = iter([False, False, True])
    monkeypatch.setattr(sim.human, "shoot", lambda *_: Take(good, next(outcomes)))
    assert isinstance(film(task, np.random.default_rng(0)), Film)
    assert next(outcomes, None) is None
    monkeypatch.setattr(sim.human, "shoot", lambda *_: Take(good, False))
    with pytest.raises(FilmFailed, match=task.task_id):
        film(task, np.random.default_rng(0))


def _resident_mb():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _draw_first_pictures(count):
    for seed in range(count):
        _, model, data = sim.human._staged(_task(2), np.random.default_rng(seed))
        renderer = Renderer(model)
        renderer.render(data, "film", HEIGHT, WIDTH)
        renderer.close()


def test_many_films_leave_no_memory_behind():
    # The graphics driver fills its pools at first: about 100 MB, reached after some twenty films or more.
    _draw_first_pictures(50)
    before_mb = _resident_mb()
    _draw_first_pictures(25)
    assert _resident_mb() - before_mb < 20
