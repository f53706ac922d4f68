"""Laws of the pushing task: layouts, the two successes, and the picture."""

import mujoco
import numpy as np
import pytest

from sim.cameras import project
from sim.env import Environment
from sim.push_objects import RADIUS_M
from sim.robots.pr2_torque_arm import JOINTS, Pr2TorqueArm
from sim.rollout import rollout
from sim.tasks.push import (
    AREA_HIGH_M,
    AREA_LOW_M,
    CLEAR_M,
    ENTRY_M,
    GOAL_RADIUS_M,
    NEAREST_M,
    NEEDED_STEPS,
    OBJECTS,
    RELEASED_RADIUS_M,
    PushTask,
    draw_places,
    is_clear,
)


@pytest.fixture
def env():
    with Environment(PushTask.sample(np.random.default_rng(0), "test"), Pr2TorqueArm()) as environment:
        environment.reset(np.random.default_rng(1))
        yield environment


def put(env, name, x_m, y_m=0.0):
    """Move a thing and stop it."""
    for axis, value in (("x", x_m), ("y", y_m)):
        env.data.joint(f"{name}_{axis}").qpos[0] = value
    mujoco.mj_forward(env.model, env.data)


def wait(env, steps):
    for _ in range(steps):
        env.advance(env.robot.idle_action)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_identity_repeats_and_its_name_says_all(split):
    one, again, other = (PushTask.sample(np.random.default_rng(seed), split) for seed in (3, 3, 4))
    assert one.objects == again.objects and one.task_id == again.task_id != other.task_id
    assert one.task_id.startswith(f"push-{split}-")
    assert PushTask(split, one.objects[::-1]).task_id != one.task_id


@pytest.mark.parametrize("seed", range(20))
def test_layouts_are_the_released_ones_with_clear_ways(seed):
    places_m = draw_places(np.random.default_rng(seed))
    assert (places_m >= AREA_LOW_M).all() and (places_m <= AREA_HIGH_M).all()
    assert np.linalg.norm(places_m, axis=1).min() > NEAREST_M
    assert places_m[0, 1] * places_m[1, 1] < 0.0
    assert np.linalg.norm(places_m[0] - places_m[1]) >= CLEAR_M > 0.1
    assert is_clear(places_m[::-1]), "a layout does not tell which of the two is the target"
    on_the_way_m = places_m[0] * 0.5
    assert not is_clear(np.array([places_m[0], on_the_way_m]))


def test_a_layout_puts_the_things_there_turned_at_random(env):
    env.task.reset(env.model, env.data, np.random.default_rng(7))
    places_m = draw_places(np.random.default_rng(7))
    for name, place_m in zip(OBJECTS, places_m, strict=True):
        assert [env.data.joint(f"{name}_{axis}").qpos[0] for axis in ("x", "y")] == place_m.tolist()
    turns = [env.data.joint(f"{name}_yaw").qpos[0] for name in OBJECTS]
    assert len({0.0, *turns}) == 3


def test_the_tool_starts_behind_everything(env):
    np.testing.assert_allclose(env.data.site("tool").xpos[:2], ENTRY_M, atol=0.05)


@pytest.mark.parametrize(
    ("distance_m", "released", "disc"),
    [(0.0, True, 1.0), (0.079, True, 1.0), (0.081, True, 0.0), (0.129, True, 0.0), (0.131, False, 0.0)],
)
def test_both_radii_count_steps(env, distance_m, released, disc):
    assert (GOAL_RADIUS_M, RELEASED_RADIUS_M) == (0.08, 0.130)
    put(env, "target", -distance_m)
    wait(env, NEEDED_STEPS - 1)
    assert not env.success() and env.measures()["success_disc"] == 0.0
    wait(env, 1)
    assert env.success() is released
    assert env.measures() == {"success_disc": disc, "distance_m": pytest.approx(distance_m)}


def test_steps_count_in_all_and_not_one_after_another_and_success_stays(env):
    for _ in range(NEEDED_STEPS):
        assert not env.success()
        put(env, "target", 0.0)
        wait(env, 1)
        put(env, "target", -0.25)
        wait(env, 2)
    assert env.success() and env.success()  # asking does not count
    env.reset(np.random.default_rng(0))
    wait(env, 1)
    assert not env.success()


def test_the_distractor_on_the_goal_is_no_success_and_an_idle_arm_neither(env):
    put(env, "distractor", 0.0)
    wait(env, 2 * NEEDED_STEPS)
    assert not env.success()
    result = rollout(env, lambda _: env.robot.idle_action, np.random.default_rng(0), record=False)
    assert not result.success_once and result.measures["success_disc"] == 0.0
    assert result.measures["distance_m"] > NEAREST_M


def test_going_home_puts_the_things_back_and_counts_anew(env):
    before, time_s = env.data.qpos.copy(), env.time_s
    things = [env.model.joint(f"{name}_{axis}").qposadr[0] for name in OBJECTS for axis in ("x", "y", "yaw")]
    for _ in range(2):
        put(env, "target", 0.0)
        put(env, "distractor", 0.1, 0.1)
        wait(env, NEEDED_STEPS)
        assert env.success()
        env.go_home(np.random.default_rng(3))
        np.testing.assert_array_equal(env.data.qpos[things], before[things])
        assert not env.success() and env.measures()["success_disc"] == 0.0 and env.time_s > time_s
        wait(env, NEEDED_STEPS)
        assert not env.success()


@pytest.mark.parametrize("index", range(2))
def test_chosen_is_the_thing_in_the_fork(env, index):
    put(env, OBJECTS[index], *env.data.site("tool").xpos[:2])
    assert env.chosen() == index


def test_things_rest_and_neither_goal_nor_table_hinders_them(env):
    env.reset(np.random.default_rng(2))
    before = env.data.qpos.copy()
    wait(env, 20)
    np.testing.assert_array_equal(env.data.qpos, before)
    for name in OBJECTS:
        put(env, name, 0.0, 0.01)
    mujoco.mj_forward(env.model, env.data)
    assert env.data.ncon == 0
    assert [env.data.body(name).xpos[2] for name in OBJECTS] == [0.0, 0.0]


def test_the_fork_cannot_be_pressed_through_the_table(env):
    down = np.zeros((3, env.model.nv))
    for _ in range(40):
        mujoco.mj_jacSite(env.model, env.data, down, None, env.model.site("tool").id)
        env.advance(-4.0 * down[2, :7] / [joint.gear_nm for joint in JOINTS])  # 4 N on the fork
    touched = {env.model.geom(geom).name for pair in env.data.contact.geom for geom in pair}
    assert "table" in touched and any(name.startswith("fork") for name in touched)
    assert env.data.contact.dist.min() > -0.01


def test_the_picture_shows_the_goal_and_both_things_where_they_are(env):
    with_all = env.render().astype(int)
    assert with_all.shape == (125, 125, 3)
    column, row = (project(env.model, env.data, "policy", np.zeros(3), 1.0) + 0.5) * 125
    red, green, blue = with_all[int(row), int(column)]
    assert red > 150 and max(green, blue) < 60
    for name in OBJECTS:
        middle_m = env.data.body(name).xpos + (0.0, 0.0, 0.02)
        column, row = (project(env.model, env.data, "policy", middle_m, 1.0) + 0.5) * 125
        kept = env.data.joint(f"{name}_x").qpos[0]
        put(env, name, 9.0, env.data.joint(f"{name}_y").qpos[0])
        differing = np.argwhere((env.render() != with_all).any(axis=2))
        put(env, name, kept, env.data.joint(f"{name}_y").qpos[0])
        assert len(differing) > 40
        assert np.linalg.norm(differing.mean(axis=0) - (row, column)) < 8


def test_every_layout_is_wholly_in_the_picture(env):
    corners = [(x, y, z) for x in (-0.3, 0.0) for y in (-0.2, 0.2) for z in (0.0, 2.4 * RADIUS_M[1])]
    corners += [(x, y, 0.0) for x in (-GOAL_RADIUS_M, GOAL_RADIUS_M) for y in (-GOAL_RADIUS_M, GOAL_RADIUS_M)]
    for corner_m in corners:
        for side_m in (-RADIUS_M[1], RADIUS_M[1]):
            point_m = np.array(corner_m) + (side_m if corner_m[1] in (-0.2, 0.2) else 0.0, 0.0, 0.0)
            assert np.abs(project(env.model, env.data, "policy", point_m, 1.0)).max() < 0.5


def test_smaller_pictures_are_one_attribute(monkeypatch):
    monkeypatch.setattr(PushTask, "image_height", 64)
    monkeypatch.setattr(PushTask, "image_width", 64)
    with Environment(PushTask.sample(np.random.default_rng(0), "train"), Pr2TorqueArm()) as small:
        assert small.reset(np.random.default_rng(0)).image.shape == (64, 64, 3)
