"""ML10 is the suite's own: its tasks, its boxes, its flag; what is tried was never shown, and no layout comes twice."""

from collections.abc import Iterator

import mujoco
import numpy as np
import pytest
from metaworld.env_dict import ML10_V3

from sim.collect import collect_demo, layout_rng, task_at
from sim.environments import open_environment
from sim.metaworld_env import MetaworldEnvironment
from sim.metaworld_goals import OBJECT_TO_GOAL_M
from sim.metaworld_suite import MAX_STEPS, WORLD
from sim.robots.sawyer import Sawyer
from sim.tasks.metaworld_ml10 import TESTING, TRAINING, MetaworldMl10

NAMES = TRAINING + TESTING


@pytest.fixture(scope="module", params=NAMES)
def env(request: pytest.FixtureRequest) -> Iterator[MetaworldEnvironment]:
    with open_environment(MetaworldMl10("train", request.param, 0), Sawyer()) as made:
        assert isinstance(made, MetaworldEnvironment)
        yield made


def test_the_tasks_are_those_of_the_suites_benchmark() -> None:
    assert set(TRAINING) == set(ML10_V3["train"]) and set(TESTING) == set(ML10_V3["test"])
    assert not set(TRAINING) & set(TESTING)


def drawn(split: str, count: int) -> list[MetaworldMl10]:
    tasks = [task_at("metaworld_ml10", split, 0, index) for index in range(count)]
    assert all(isinstance(task, MetaworldMl10) for task in tasks)
    return tasks


@pytest.mark.parametrize(("split", "names"), [("train", TRAINING), ("validation", TRAINING), ("test", TESTING)])
def test_every_split_draws_its_own_tasks_and_all_of_them(split: str, names: tuple[str, ...]) -> None:
    found = drawn(split, 120)
    assert {task.suite_name for task in found} == set(names)
    assert len({task.task_id for task in found}) == len(found)
    assert [task.task_id for task in drawn(split, 120)] == [task.task_id for task in found]


def test_layouts_lie_in_the_suites_box_and_differ(env: MetaworldEnvironment) -> None:
    low, high = env.suite.random_box
    layouts = [env.task.draw_layout(np.random.default_rng(seed), low, high) for seed in range(20)]
    assert all((low <= layout).all() and (layout <= high).all() for layout in layouts)
    assert len({layout.tobytes() for layout in layouts}) == len(layouts)
    for layout in layouts:
        assert len(layout) == 3 or np.linalg.norm(layout[:2] - layout[3:5]) >= OBJECT_TO_GOAL_M


def test_the_expert_shows_it_and_what_came_before_does_not_matter(env: MetaworldEnvironment) -> None:
    """A drawer that was opened, a door, a peg that lies elsewhere: the next episode begins as if it were the first."""
    first = env.reset(np.random.default_rng(1))
    demo = collect_demo(env.task, Sawyer(), layout_rng(0, "train", 0, 0))
    assert demo.outcome == "success" and set(np.unique(demo.actions[:, 3])) <= {0.0, 1.0}
    assert env.task.horizon_steps * env.held_steps <= MAX_STEPS
    for action in demo.actions[:20]:
        env.step(action)
    again = env.reset(np.random.default_rng(1))
    np.testing.assert_array_equal(again.state, first.state)
    assert np.abs(again.image.astype(int) - first.image).max() <= 2
    assert not env.success()


def test_a_goal_is_drawn_first_where_it_is_drawn_later(env: MetaworldEnvironment) -> None:
    """That is where the model has it, or at its body where MuJoCo leaves it, as in sweep; arms are still settling."""
    env.reset(np.random.default_rng(1))
    first_m = env.data.site_xpos.copy()
    mujoco.mj_kinematics(env.model, env.data)
    np.testing.assert_allclose(first_m, env.data.site_xpos, atol=1e-3)
    stands = env.model.site_bodyid == WORLD
    np.testing.assert_array_equal(first_m[stands], env.data.site_xpos[stands])
