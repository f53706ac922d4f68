"""The rope on its table: links that hold, play that comes to rest, jaws that drag, shapes that are measured."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.demo import Split
from data_tools.errors import DemoFileError, DemoShapeMismatch
from data_tools.rope_pictures import RopePictures, read_ropes, write_ropes
from data_tools.rope_shapes import DIFFERENT_M, centred, shape_distance_m
from sim.collect import task_at
from sim.env import Environment
from sim.robots.table_gripper import OPEN_M, REACH_M, UP_M, TableGripper
from sim.rope import LINK_M, MOST_BENT_RAD, NUM_BEADS, beads_m, bends_of, bent, lay, straight
from sim.rope_collect import NUM_POSITIVES, NUM_SMALL, changed, collect_rope, somewhere
from sim.rope_gym import ACTION_REPEAT, RopeGym, beads_of
from sim.rope_misses import misses
from sim.rope_play import FREEZE_M, LEAST_CHANGE_M, explore, farthest_m, play
from sim.tasks.rope import SUCCESS_M, VIEW_M, RopeTask

MIDDLE = NUM_BEADS // 2
DOWN, UP = 1.0, -1.0
LAID = Environment(RopeTask("train", straight()), TableGripper())
LAID.begin(np.random.default_rng(0))


@pytest.fixture(scope="module")
def env():
    with Environment(RopeTask("train", straight()), TableGripper()) as environment:
        yield environment


def begin(env: Environment, seed: int = 0) -> None:
    env.begin(np.random.default_rng(seed))


def hold(env: Environment, bead: int) -> None:
    """Put the gripper over a bead and close it."""
    env.robot.place(env.model, env.data, beads_m(env.data)[bead])
    env.advance(np.array([0.0, 0.0, DOWN]))


def bends_rad(places_m: np.ndarray) -> np.ndarray:
    ways = np.diff(places_m, axis=0)
    return np.diff(np.unwrap(np.arctan2(ways[:, 1], ways[:, 0])))


def test_links_hold_whatever_the_gripper_does(env: Environment) -> None:
    for seed in range(3):
        begin(env, seed)
        rng = np.random.default_rng(seed)
        for _ in range(40):
            env.advance(rng.uniform(-1, 1, 3))
            places_m = beads_m(env.data)
            np.testing.assert_allclose(np.linalg.norm(np.diff(places_m, axis=0), axis=1), LINK_M, atol=1e-9)
            assert (np.abs(bends_rad(places_m)) < MOST_BENT_RAD + 0.2).all()
            assert np.abs(places_m).max() < REACH_M + NUM_BEADS * LINK_M


def test_a_rope_that_is_let_go_comes_to_rest(env: Environment) -> None:
    begin(env)
    env.data.qvel[:] = np.random.default_rng(0).normal(0, 0.5, env.model.nv)
    energies = []
    for _ in range(6):
        env.advance(env.robot.idle_action)
        energies.append(float(np.square(env.data.qvel).sum()))
    assert energies[-1] < 1e-6 < energies[0]
    before_m = beads_m(env.data)
    env.advance(env.robot.idle_action)
    np.testing.assert_allclose(beads_m(env.data), before_m, atol=1e-5)


@pytest.mark.parametrize("bead", [0, MIDDLE, NUM_BEADS - 1])
@pytest.mark.parametrize("way", [(0.0, 1.0), (0.0, -1.0), (0.7, 0.7)])
def test_closed_jaws_drag_the_bead_between_them(env: Environment, bead: int, way: tuple[float, float]) -> None:
    begin(env)
    hold(env, bead)
    start_m, from_m = beads_m(env.data)[bead], env.robot.state(env.model, env.data)[:2]
    for _ in range(4):
        env.advance(np.array([*way, DOWN]))
    moved_m = beads_m(env.data)[bead] - start_m
    np.testing.assert_allclose(moved_m, env.robot.state(env.model, env.data)[:2] - from_m, atol=0.02)
    assert np.linalg.norm(moved_m) > 0.1


def test_open_jaws_go_over_the_rope_and_leave_it(env: Environment) -> None:
    begin(env)
    start_m = beads_m(env.data)
    for turn in range(12):
        env.advance(np.array([1.0 if turn % 4 < 2 else -1.0, 1.0 if turn % 2 else -1.0, UP]))
    np.testing.assert_allclose(beads_m(env.data), start_m, atol=1e-6)
    x_m, y_m, height_m, width_m = env.robot.state(env.model, env.data)
    assert abs(x_m) <= REACH_M + 0.01 and abs(y_m) <= REACH_M + 0.01
    assert (height_m, width_m) == (pytest.approx(UP_M, abs=2e-3), pytest.approx(2 * OPEN_M, abs=2e-3))


@given(
    places=st.tuples(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)),
    turned=st.floats(-3.0, 3.0),
    bends=st.lists(st.floats(-1.0, 1.0), min_size=NUM_BEADS - 2, max_size=NUM_BEADS - 2),
)
@settings(max_examples=25)
def test_what_is_laid_is_where_it_was_laid(places, turned, bends) -> None:
    wanted_m = bent(straight() + np.array(places), turned, np.array(bends))
    np.testing.assert_allclose(bends_rad(wanted_m), bends, atol=1e-9)
    lay(LAID.data, wanted_m)
    LAID.advance(LAID.robot.idle_action)
    np.testing.assert_allclose(beads_m(LAID.data), wanted_m, atol=2e-3)


@given(st.integers(0, 1000), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_distance_of_shapes_is_a_distance_and_forgets_the_place(seed: int, x_m: float, y_m: float) -> None:
    one, two, three = np.random.default_rng(seed).normal(0, 0.1, (3, NUM_BEADS, 2))
    far_m = shape_distance_m(one, two)
    assert far_m == pytest.approx(shape_distance_m(two + [x_m, y_m], one)) and far_m > 0
    assert shape_distance_m(one + [x_m, y_m], one) == pytest.approx(0.0, abs=1e-12)
    assert far_m <= shape_distance_m(one, three) + shape_distance_m(three, two) + 1e-12
    np.testing.assert_allclose(centred(one).mean(0), 0.0, atol=1e-12)


def test_play_ends_with_the_first_bead_that_is_far_from_its_start(env: Environment) -> None:
    rng, num_far = np.random.default_rng(1), 0
    for _ in range(20):
        start_m, *shapes = play(env, rng)
        ways_m = [farthest_m(shape, start_m) for shape in shapes]
        assert max(ways_m[:-1], default=0.0) <= FREEZE_M and len(shapes) <= env.task.horizon_steps
        num_far += ways_m[-1] > FREEZE_M
        assert ways_m[-1] > FREEZE_M or len(shapes) == env.task.horizon_steps
    assert 0 < num_far < 20


def test_a_goal_does_not_depend_on_how_many_small_moves_are_asked_for() -> None:
    task = RopeTask("train", straight())
    alone, more = (explore(task, np.random.default_rng(3), count) for count in (0, 8))
    np.testing.assert_array_equal(alone.goal_m, more.goal_m)
    assert alone.small_m.shape[0] == 0 and len({shape.tobytes() for shape in more.small_m}) == 8
    assert shape_distance_m(alone.goal_m, straight()) > LEAST_CHANGE_M / 2


def test_the_identities_of_the_splits_differ_and_repeat() -> None:
    splits: tuple[Split, ...] = ("train", "validation", "test")
    ids = {(split, index): task_at("rope", split, 0, index).task_id for split in splits for index in range(3)}
    goals = {task_at("rope", split, 0, index).goal_m.tobytes() for split in splits for index in range(3)}
    assert len(set(ids.values())) == len(goals) == 9
    assert task_at("rope", "test", 0, 1).task_id == ids["test", 1]


def test_success_is_the_shape_and_not_the_place(env: Environment) -> None:
    task = task_at("rope", "train", 0, 0)
    assert isinstance(task, RopeTask)
    begin(env)
    assert not task.success(env.model, env.data)
    for place in ((0.1, 0.05), (-0.08, 0.1)):
        lay(env.data, task.goal_m + np.array(place))
        env.advance(env.robot.idle_action)
        assert task.success(env.model, env.data) and task.measures(env.model, env.data)["bead_distance_m"] < SUCCESS_M


def test_pictures_show_the_goal_all_over_the_table_and_small_moves_that_are_not_it() -> None:
    found, again = collect_rope("train", 0, 0), collect_rope("train", 0, 0)
    assert found.task_id == task_at("rope", "train", 0, 0).task_id
    np.testing.assert_array_equal(found.pictures, again.pictures)
    assert found.is_goal.sum() == NUM_POSITIVES and (~found.is_goal).sum() == NUM_SMALL
    assert np.abs(found.beads_m).max() <= VIEW_M / 2
    distance_m = shape_distance_m(found.beads_m, found.goal_m)
    assert distance_m[found.is_goal].mean() < 0.01 and distance_m[~found.is_goal].mean() > DIFFERENT_M
    for is_goal in (True, False):  # neither the place nor the gripper tells them apart
        middles_m = found.beads_m[found.is_goal == is_goal].mean(1)
        assert (middles_m.std(0) > 0.03).all()
    # Beads are red: where they are in the picture is where they are on the table.
    red = (found.pictures[..., 0].astype(int) - found.pictures[..., 1]) > 60
    for picture, places_m in zip(red, found.beads_m, strict=True):
        rows, cols = np.nonzero(picture)
        seen_m = VIEW_M * (np.stack([cols + 0.5, 64 - (rows + 0.5)], 1) / 64 - 0.5)
        gaps_m = np.linalg.norm(seen_m[:, None] - places_m, axis=-1).min(1)
        assert gaps_m.max() < LINK_M / 2 + 0.02
        np.testing.assert_allclose(seen_m.mean(0), places_m.mean(0), atol=0.03)


def test_misses_are_clearly_not_the_goal_and_change_nothing_else() -> None:
    plain, more = collect_rope("train", 0, 1), collect_rope("train", 0, 1, num_misses=9)
    count = len(plain.pictures)
    assert len(more.pictures) == count + 9 and not more.is_goal[count:].any()
    np.testing.assert_array_equal(more.pictures[:count], plain.pictures)
    task = task_at("rope", "train", 0, 1)
    assert isinstance(task, RopeTask)
    missed_m = np.stack(misses(task, 9, np.random.default_rng(0)))
    distance_m = shape_distance_m(missed_m, task.goal_m)
    assert (distance_m >= DIFFERENT_M).all() and np.ptp(distance_m) > 0.01
    np.testing.assert_allclose(np.linalg.norm(np.diff(missed_m, axis=1), axis=2), LINK_M, atol=1e-6)


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_bends_tell_how_a_rope_was_bent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turned_rad, wanted_rad = rng.uniform(-3.0, 3.0), rng.uniform(-1.2, 1.2, NUM_BEADS - 2)
    found_rad, bends_rad = bends_of(bent(straight(), turned_rad, wanted_rad))
    np.testing.assert_allclose([found_rad, *bends_rad], [turned_rad, *wanted_rad], atol=1e-9)


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_a_shape_somewhere_is_the_same_shape_but_for_small_changes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape_m = bent(straight(), 0.0, rng.uniform(-0.5, 0.5, NUM_BEADS - 2))
    laid_m = somewhere(changed(shape_m, rng), rng)
    assert np.abs(laid_m).max() <= VIEW_M / 2 and shape_distance_m(laid_m, shape_m) < 0.03
    np.testing.assert_allclose(np.linalg.norm(np.diff(laid_m, axis=0), axis=1), LINK_M, atol=1e-9)


def test_files_of_pictures_return_what_was_written_and_refuse_what_does_not_fit(tmp_path) -> None:
    rng, path = np.random.default_rng(0), tmp_path / "ropes.npz"
    tasks = [
        RopePictures(
            f"task-{k}",
            rng.integers(0, 255, (4, 8, 8, 3)).astype(np.uint8),
            rng.normal(size=(4, 5, 2)).astype(np.float32),
            rng.normal(size=(5, 2)).astype(np.float32),
            np.array([True, True, False, False]),
        )
        for k in range(3)
    ]
    write_ropes(path, tasks)
    for one, two in zip(tasks, read_ropes(path), strict=True):
        assert one.task_id == two.task_id
        for name in ("pictures", "beads_m", "goal_m", "is_goal"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DemoFileError, match="make the file again"):
        read_ropes(path)
    with pytest.raises(DemoShapeMismatch, match="beads_m"):
        RopePictures("x", tasks[0].pictures, tasks[0].beads_m[:, :3], tasks[0].goal_m, tasks[0].is_goal)


@pytest.mark.filterwarnings("ignore:.*WARN")  # of spaces without limits
@pytest.mark.parametrize("with_pictures", [False, True])
def test_the_gymnasium_interface_is_one_and_tells_where_the_beads_are_and_how_late_it_is(with_pictures: bool) -> None:
    gym = RopeGym(RopeTask("train", straight()), with_pictures=with_pictures)
    check_env(gym, skip_render_check=True)
    observation, _ = gym.reset(seed=3)
    elapsed, is_over = [], False
    while not is_over:
        elapsed.append(observation["elapsed"].item())
        observation, reward, _, is_over, info = gym.step(np.array([1.0, 0.0, DOWN], np.float32))
        assert reward == -info["distance_m"]
    assert elapsed == pytest.approx(np.arange(len(elapsed)) * ACTION_REPEAT / RopeTask.horizon_steps)
    assert observation["elapsed"] == 1.0
    beads = beads_of(observation["state"])
    assert shape_distance_m(beads, straight()) == pytest.approx(info["distance_m"], abs=1e-6)
    gym.close()
