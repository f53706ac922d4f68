"""The tabletop task: its layouts, what counts as touching, and the expert's way."""

from collections.abc import Iterator

import mujoco
import numpy as np
import pytest

from data_tools.demo import Demo, Video
from mil_core.planner import best_path
from sim.collect import layout_rng, task_at
from sim.env import Environment
from sim.errors import ExpertFailed, SimError
from sim.experts.tabletop import TabletopExpert
from sim.render import Renderer
from sim.robots.pr2 import PR2
from sim.spriteworld.task import HORIZON
from sim.tabletop_collect import collect_table_task
from sim.tabletop_path import ENTRY_CELLS, drive, entry_cells, shortest_path, shown_way, start_cell
from sim.tasks.tabletop import (
    CARRY_HEIGHT_M,
    FRAGILE,
    GAP_M,
    GRID,
    NUM_LOW,
    TABLE_HEIGHT_M,
    THINGS,
    TabletopTask,
    places_m,
)
from sim.tasks.task import TOOL_SITE


@pytest.fixture(scope="module")
def shared_env() -> Iterator[Environment]:
    with Environment(task_at("tabletop", "test", 0, 1), PR2()) as environment:
        yield environment


@pytest.fixture
def env(shared_env: Environment) -> Environment:
    shared_env.reset(layout_rng(0, "test", 1, 0))
    return shared_env


def task_of(env: Environment) -> TabletopTask:
    assert isinstance(env.task, TabletopTask)
    return env.task


def touched(env: Environment) -> bool:
    return task_of(env).has_touched(env.model, env.data)


def test_splits_share_no_colour_and_no_texture() -> None:
    looks: dict[str, set] = {}
    for split in ("train", "validation", "test"):
        things = [thing for index in range(40) for thing in task_at("tabletop", split, 0, index).things]
        looks[split] = {thing.rgb for thing in things} | {thing.texture_seed for thing in things}
    assert not looks["train"] & looks["test"] and not looks["train"] & looks["validation"]
    assert not looks["validation"] & looks["test"]


def test_the_picture_shows_each_cell_where_the_grid_says(env: Environment) -> None:
    view = env.data.camera("policy")
    cells = np.moveaxis(np.indices((GRID.cells, GRID.cells)), 0, -1).reshape(-1, 2)
    places_on_table_m = np.column_stack([GRID.to_xy_m(cells), np.full(len(cells), TABLE_HEIGHT_M)])
    right, up, _ = ((places_on_table_m - view.xpos) @ view.xmat.reshape(3, 3)).T
    # The camera is orthographic: its opening is the height of the picture in metres.
    found = 0.5 + np.stack([-up, right], axis=1) / env.model.camera("policy").fovy[0]
    np.testing.assert_allclose(found * GRID.cells, cells + 0.5, atol=1e-6)


@pytest.mark.parametrize("cell", [(4, 15), (15, 4), (10, 10)])
def test_a_glass_is_drawn_where_it_stands(env: Environment, cell: tuple[int, int]) -> None:
    def drawn(xy_m: np.ndarray) -> np.ndarray:
        env.data.joint(FRAGILE[0]).qpos[:3] = [*xy_m, TABLE_HEIGHT_M]
        mujoco.mj_forward(env.model, env.data)
        return env.render().astype(int)

    changed = np.abs(drawn(GRID.to_xy_m(np.array(cell))) - drawn(np.array([2.0, 2.0]))).max(-1) > 3
    np.testing.assert_allclose(np.argwhere(changed).mean(0) / 4 - 0.5, cell, atol=0.6)


@pytest.mark.parametrize("index", range(4))
def test_layouts_leave_room_and_a_way_from_everywhere(index: int) -> None:
    task = task_at("tabletop", "train", 1, index)
    assert isinstance(task, TabletopTask)
    radii_m = np.array([thing.footprint_m for thing in task.things])
    for seed in range(5):
        found_m = task.drawn_places_m(np.random.default_rng(seed))
        gaps_m = np.linalg.norm(found_m[:, None] - found_m[None], axis=-1) - radii_m - radii_m[:, None]
        assert gaps_m[np.triu_indices(len(radii_m), 1)].min() > GAP_M
        is_forbidden = task.is_forbidden(found_m)
        goal = tuple(GRID.to_cells(found_m[0]))
        for start in np.argwhere(~is_forbidden)[::37]:
            path = shortest_path(is_forbidden, tuple(start), goal)
            assert tuple(path[0]) == tuple(start) and tuple(path[-1]) == goal
            assert not is_forbidden[tuple(path.T)].any()
            assert (np.abs(np.diff(path, axis=0)).max(axis=1, initial=1) == 1).all()


@pytest.mark.parametrize("index", range(4))
def test_the_true_reward_is_worth_every_way_round(index: int) -> None:
    task = task_at("tabletop", "validation", 0, 11 + index)
    assert isinstance(task, TabletopTask)
    for seed in range(6):
        found_m = task.drawn_places_m(np.random.default_rng(seed))
        is_forbidden = task.is_forbidden(found_m)
        for start in np.argwhere(~is_forbidden)[::53]:
            path = best_path(task.reward(found_m), tuple(start.tolist()), HORIZON)
            assert not is_forbidden[tuple(path.T)].any()
            assert tuple(path[-1]) == tuple(GRID.to_cells(found_m[0]))


def test_cells_behind_a_glass_are_those_whose_straight_way_is_not_clear() -> None:
    task = task_at("tabletop", "validation", 0, 11)
    assert isinstance(task, TabletopTask)
    for seed in range(4):
        found_m = task.drawn_places_m(np.random.default_rng(seed))
        is_forbidden, is_behind = task.is_forbidden(found_m), task.is_behind_glass(found_m)
        goal = GRID.to_cells(found_m[0])
        for cell in np.argwhere(~is_forbidden):
            along = np.rint(cell + np.linspace(0, 1, 39 * 8 + 1)[:, None] * (goal - cell)).astype(int)
            crosses = is_forbidden[tuple(along.T)].sum()
            assert crosses > 0 if is_behind[tuple(cell)] else crosses < 10  # a corner may be grazed unnoticed
        assert is_behind[is_forbidden].all() and not is_behind[tuple(goal)]


def test_a_goal_behind_a_wall_is_told() -> None:
    is_forbidden = np.zeros((5, 5), bool)
    is_forbidden[2] = True
    with pytest.raises(ExpertFailed, match="clear way"):
        shortest_path(is_forbidden, (0, 0), (4, 4))


def test_the_start_is_the_clear_cell_nearest_to_the_tool() -> None:
    is_forbidden = np.zeros((20, 20), bool)
    is_forbidden[19, 19] = True
    assert start_cell(np.zeros((20, 20), bool), np.array([0.3, -0.5])) == (19, 19)
    assert start_cell(is_forbidden, np.array([0.3, -0.5])) in {(19, 18), (18, 19)}


def test_things_rest_untouched_while_the_arm_is_away(env: Environment) -> None:
    for _ in range(20):
        env.advance(PR2.idle_action)
    assert not touched(env) and not env.success()


def test_a_pushed_glass_stays_touched_until_the_next_reset(env: Environment) -> None:
    home = env.data.joint(FRAGILE[1]).qpos.copy()
    env.data.joint(FRAGILE[1]).qpos[0] += 0.01
    mujoco.mj_forward(env.model, env.data)
    assert touched(env)
    env.data.joint(FRAGILE[1]).qpos[:] = home
    mujoco.mj_forward(env.model, env.data)
    assert touched(env)
    env.reset(layout_rng(0, "test", 1, 0))
    assert not touched(env)


def test_a_pushed_plate_is_no_harm(env: Environment) -> None:
    env.data.joint("thing_1").qpos[0] += 0.004
    mujoco.mj_forward(env.model, env.data)
    assert not touched(env)


def test_going_straight_through_a_glass_is_touching_it(env: Environment) -> None:
    glass = GRID.to_cells(places_m(env.data)[NUM_LOW])
    start = start_cell(task_of(env).is_forbidden(places_m(env.data)), env.data.site(TOOL_SITE).xpos[:2])
    straight = shortest_path(np.zeros((GRID.cells, GRID.cells), bool), start, tuple(glass))
    assert not drive(env, straight).success_at_end
    assert touched(env)


def test_the_expert_arrives_without_touching_and_shows_its_way(env: Environment) -> None:
    expert = TabletopExpert()
    expert.reset(env, np.random.default_rng(0))
    tool_xy_m = [env.data.site(TOOL_SITE).xpos[:2].copy()]
    for _ in range(env.task.horizon_steps):
        env.advance(expert.act(env))
        tool_xy_m.append(env.data.site(TOOL_SITE).xpos[:2].copy())
        assert not touched(env)
    assert env.success() and env.chosen() == 0
    reward = task_of(env).reward(places_m(env.data))
    assert reward[tuple(expert.cells[-1])] == reward.max()
    shown = GRID.demo(np.zeros((80, 80, 3), np.uint8), np.array(tool_xy_m))
    apart = np.abs(shown.cells[:, None] - expert.cells[None]).max(-1).min(1)
    assert apart.max() <= 1 and np.abs(shown.cells[-1] - expert.cells[-1]).max() <= 1


def test_standing_over_another_low_thing_is_no_success(env: Environment) -> None:
    other = tuple(GRID.to_cells(places_m(env.data)[1]))
    is_forbidden = task_of(env).is_forbidden(places_m(env.data))
    start = start_cell(is_forbidden, env.data.site(TOOL_SITE).xpos[:2])
    assert not drive(env, shortest_path(is_forbidden, start, other)).success_at_end
    assert env.chosen() == 1 and not touched(env)


def test_rewards_to_learn_are_repeatable_and_hold_together() -> None:
    tasks = [collect_table_task("validation", 3, 2, num_demos=3) for _ in range(2)]
    for one, same in zip(tasks[0].scenes, tasks[1].scenes, strict=True):
        np.testing.assert_array_equal(one.picture, same.picture)
        assert one.true_reward[one.goal] == one.true_reward.max()
        assert one.visitation.sum() == pytest.approx(tasks[0].horizon, rel=1e-5)
        for demo, again in zip(one.demos, same.demos, strict=True):
            np.testing.assert_array_equal(demo.cells, again.cells)
            assert tuple(demo.cells[-1]) == one.goal
    assert (tasks[0].scenes[0].picture != tasks[0].scenes[1].picture).any()


def test_the_robot_at_home_does_not_show_in_the_picture(env: Environment) -> None:
    spec = mujoco.MjSpec()
    env.task.add_to(spec)
    model = spec.compile()
    renderer = Renderer(model)
    for seed in range(3):
        seen = env.reset(np.random.default_rng(seed)).image
        data = mujoco.MjData(model)
        for name in THINGS:
            data.joint(name).qpos[:] = env.data.joint(name).qpos
        mujoco.mj_forward(model, data)
        np.testing.assert_allclose(renderer.render(data, "policy", 80, 80).astype(int), seen, atol=2)
    renderer.close()


def test_the_tool_comes_down_on_the_border_near_where_it_hangs() -> None:
    cells = entry_cells(np.array([0.3, -0.5]))
    assert tuple(cells[0]) == (19, 19) and len(cells) == 2 * ENTRY_CELLS + 1
    assert (cells.max(axis=1) == 19).all() and len({tuple(cell) for cell in cells}) == len(cells)
    assert (np.diff(np.abs(cells - cells[0]).max(axis=1)) >= 0).all()


def test_a_recording_shows_the_way_from_where_the_tool_came_down() -> None:
    cells = np.array([[19, 19], [18, 19], [17, 18]])
    low_m = np.column_stack([GRID.to_xy_m(cells), np.full(3, CARRY_HEIGHT_M)])
    high_m = np.array([[0.3, -0.5, CARRY_HEIGHT_M + 0.2], [*GRID.to_xy_m(np.array([15, 15])), CARRY_HEIGHT_M + 0.2]])

    def recorded(tool_m: np.ndarray) -> Demo:
        times = np.arange(len(tool_m)) / 10
        frames = np.zeros((len(tool_m), 80, 80, 3), np.uint8)
        actions = np.zeros((len(tool_m), 7), np.float32)
        return Demo(Video(frames, times), tool_m.astype(np.float32), actions, times, times, "tabletop", "pr2")

    for tool_m in (low_m, np.vstack([high_m, low_m]), np.vstack([low_m[1:], high_m, low_m])):
        np.testing.assert_array_equal(shown_way(recorded(tool_m)).cells, cells)
    with pytest.raises(SimError, match="just above the table"):
        shown_way(recorded(np.vstack([low_m, high_m])))
