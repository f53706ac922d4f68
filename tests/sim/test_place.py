"""Physics and meaning of the place task."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cameras import project
from sim.collect import task_at
from sim.env import Environment
from sim.errors import LayoutFailed
from sim.experts.place import PlaceExpert
from sim.robots.pr2 import HOME_JITTER_M, PR2
from sim.tasks.place import AREA_HIGH_M, AREA_LOW_M, CONTAINERS, ITEM, MIN_GAP_M, TABLE_HEIGHT_M, PlaceTask, spread
from sim.tasks.task import GRASP_EQUALITY, POLICY_CAMERA, TOOL_SITE

HOLD = PR2.idle_action
LET_GO = np.zeros(7)


@pytest.fixture(scope="module", params=range(3))
def shared_env(request: pytest.FixtureRequest) -> Iterator[Environment]:
    with Environment(task_at("place", "test", 1, request.param), PR2()) as environment:
        yield environment


@pytest.fixture
def env(shared_env: Environment) -> Environment:
    shared_env.reset(np.random.default_rng(0))
    return shared_env


def item_m(env: Environment) -> np.ndarray:
    return env.data.body(ITEM).xpos.copy()


def put_item(env: Environment, position_m: np.ndarray, *, released: bool = True) -> None:
    env.data.joint(ITEM).qpos[:3] = position_m
    env.data.joint(ITEM).qvel[:] = 0.0
    env.data.eq_active[env.model.equality(GRASP_EQUALITY).id] = not released


@given(st.integers(0, 2**32 - 1), st.lists(st.floats(0.04, 0.075), min_size=3, max_size=3))
def test_spread_keeps_containers_apart_and_inside_the_area(seed: int, radii_m: list[float]) -> None:
    centres_m = spread(np.random.default_rng(seed), np.array(radii_m))
    assert ((centres_m >= AREA_LOW_M) & (centres_m <= AREA_HIGH_M)).all()
    for one in range(3):
        for other in range(one):
            gap_m = np.linalg.norm(centres_m[one] - centres_m[other]) - radii_m[one] - radii_m[other]
            assert gap_m > MIN_GAP_M


def test_spread_without_room_is_refused() -> None:
    with pytest.raises(LayoutFailed, match="room"):
        spread(np.random.default_rng(0), np.array([0.5, 0.5, 0.5]))


def test_containers_rest_and_do_not_sink(env: Environment) -> None:
    before_m = np.array([env.data.body(name).xpos for name in CONTAINERS])
    for _ in range(20):
        env.advance(HOLD)
    after_m = np.array([env.data.body(name).xpos for name in CONTAINERS])
    np.testing.assert_allclose(after_m, before_m, atol=1e-3)
    assert (np.abs(after_m[:, 2] - TABLE_HEIGHT_M) < 2e-3).all()
    upright = [env.data.body(name).xmat.reshape(3, 3)[2, 2] for name in CONTAINERS]
    assert min(upright) > 0.999


def test_item_stays_in_the_moving_gripper(env: Environment) -> None:
    offset_m = item_m(env) - env.data.site("tool").xpos
    for velocity in ([0.3, 0.2, 0.0], [-0.2, 0.3, 0.1], [0.0, -0.4, -0.1]):
        for _ in range(5):
            env.advance(np.array([*velocity, 0, 0, 0, 1.0]))
    assert np.linalg.norm(item_m(env) - env.data.site("tool").xpos - offset_m) < 5e-3


def test_item_falls_when_released_and_rests_on_the_table(env: Environment) -> None:
    start_m = item_m(env)
    for _ in range(20):
        env.advance(LET_GO)
    half_m = env.task.item.half_size_m  # type: ignore[attr-defined]
    assert start_m[2] - item_m(env)[2] > 0.1
    assert min(half_m) - 2e-3 < item_m(env)[2] - TABLE_HEIGHT_M < max(half_m) + 2e-3


def test_closing_again_does_not_bring_the_item_back(env: Environment) -> None:
    for _ in range(10):
        env.advance(LET_GO)
    fallen_m = item_m(env)
    for _ in range(10):
        env.advance(HOLD)
    np.testing.assert_allclose(item_m(env), fallen_m, atol=0.02)


def test_reset_puts_the_item_back_into_the_gripper(env: Environment) -> None:
    for _ in range(5):
        env.advance(LET_GO)
    env.reset(np.random.default_rng(1))
    assert np.linalg.norm(item_m(env) - env.data.site("tool").xpos) < 5e-3
    assert not env.success()


@pytest.mark.parametrize("index", range(3))
def test_item_dropped_into_a_container_means_that_container(env: Environment, index: int) -> None:
    put_item(env, env.data.body(CONTAINERS[index]).xpos + [0.0, 0.0, 0.115])
    for _ in range(10):
        env.advance(LET_GO)
    assert env.chosen() == index
    assert env.success() == (index == 0)


def test_held_item_over_the_target_is_no_success(env: Environment) -> None:
    import mujoco

    put_item(env, env.data.body(CONTAINERS[0]).xpos + [0.0, 0.0, 0.02], released=False)
    mujoco.mj_kinematics(env.model, env.data)
    assert not env.success()
    put_item(env, env.data.body(CONTAINERS[0]).xpos + [0.0, 0.0, 0.02])
    mujoco.mj_kinematics(env.model, env.data)
    assert env.success()


@given(st.integers(0, 2**32 - 1))
def test_success_needs_the_footprint_and_the_height(env_for_law: Environment, seed: int) -> None:
    import mujoco

    env, rng = env_for_law, np.random.default_rng(seed)
    task = env.task
    assert isinstance(task, PlaceTask)
    offset_m = rng.uniform(-0.15, 0.15, 3)
    put_item(env, env.data.body(CONTAINERS[0]).xpos + offset_m)
    mujoco.mj_kinematics(env.model, env.data)
    target = task.containers[0]
    is_over = np.hypot(*offset_m[:2]) < target.radius_m
    is_low = offset_m[2] < target.height_m + max(task.item.half_size_m) + 0.01
    assert env.success() == (is_over and is_low)


@pytest.fixture(scope="module")
def env_for_law() -> Iterator[Environment]:
    with Environment(task_at("place", "train", 1, 0), PR2()) as environment:
        environment.reset(np.random.default_rng(0))
        yield environment


def test_every_container_is_wholly_in_the_first_picture(env: Environment) -> None:
    aspect = env.task.image_width / env.task.image_height
    for seed in range(5):
        env.reset(np.random.default_rng(seed))
        for name in CONTAINERS:
            xy = project(env.model, env.data, POLICY_CAMERA, env.data.body(name).xpos, aspect)
            assert (np.abs(xy) < 0.48).all()


def test_arm_at_home_hides_no_container(env: Environment) -> None:
    import mujoco

    eye_m, hit = env.data.camera(POLICY_CAMERA).xpos, np.zeros(1, np.int32)
    visible_groups = np.array([1, 1, 1, 0, 0, 0], np.uint8)
    for seed in range(5):
        env.reset(np.random.default_rng(seed))
        for name in CONTAINERS:
            ray_m = env.data.body(name).xpos - eye_m
            mujoco.mj_ray(env.model, env.data, eye_m, ray_m, visible_groups, 1, -1, hit)
            assert not env.model.body(env.model.geom_bodyid[hit[0]]).name.startswith("r_")


def test_identities_of_the_splits_are_disjoint() -> None:
    seen: dict[str, set[str]] = {}
    for split in ("train", "validation", "test"):
        tasks = [task_at("place", split, 0, index) for index in range(40)]
        seen[split] = {c.object_id for task in tasks for c in task.containers}  # type: ignore[attr-defined]
        seen[split] |= {task.item.object_id for task in tasks}  # type: ignore[attr-defined]
    assert not seen["train"] & seen["validation"] and not seen["train"] & seen["test"]
    assert not seen["validation"] & seen["test"]


@pytest.mark.parametrize("seed", range(2))
def test_going_home_moves_robot_and_item_alone_and_the_expert_can_do_it_again(seed: int) -> None:
    with Environment(task_at("place", "test", 1, seed), PR2()) as env:
        first = env.reset(np.random.default_rng(seed))
        expert = PlaceExpert()
        for _ in range(2):
            for _ in range(env.task.horizon_steps):
                env.advance(expert.act(env))
            assert env.success()
            before_m, time_s = np.array([env.data.body(name).xpos for name in CONTAINERS]), env.time_s
            observation = env.go_home(np.random.default_rng(seed + 1))
            np.testing.assert_allclose([env.data.body(name).xpos for name in CONTAINERS], before_m, atol=1e-3)
            assert observation.time_s > time_s
            assert env.data.eq_active[env.model.equality(GRASP_EQUALITY).id] and not env.success()
            assert np.abs(observation.state - first.state).max() < 2 * np.max(HOME_JITTER_M) + 0.005
            tool_m = env.data.site(TOOL_SITE).xpos
            assert np.linalg.norm(item_m(env) - tool_m) < 0.005
