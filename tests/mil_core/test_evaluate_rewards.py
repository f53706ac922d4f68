"""Figure 38's experiment on small worlds whose answers are known."""

import dataclasses
import json
from collections.abc import Sequence

import numpy as np
import pytest

from data_tools.grid import GridDemo
from data_tools.reward_pictures import PANELS, value_difference_curves
from data_tools.reward_task import RewardScene, RewardTask
from mil_core.errors import InvalidProblem
from mil_core.evaluate_rewards import evaluate_rewards

SIZE, HORIZON = 6, 8


def a_scene(rng: np.random.Generator) -> RewardScene:
    picture = rng.integers(0, 256, (4 * SIZE, 4 * SIZE, 3)).astype(np.uint8)
    reward = rng.normal(size=(SIZE, SIZE)).astype(np.float32)
    even = np.full((SIZE, SIZE), 1 / SIZE**2, np.float32)
    demos = tuple(GridDemo(picture, np.array([[0, 0], [1, index % 2]])) for index in range(4))
    return RewardScene(picture, reward, even, HORIZON * even, (1, 1), demos)


def some_tasks(seed: int, count: int) -> list[RewardTask]:
    rng = np.random.default_rng(seed)
    return [RewardTask(f"task-{index}", HORIZON, (a_scene(rng), a_scene(rng))) for index in range(count)]


@pytest.fixture(scope="module")
def results() -> dict:
    tasks, unseen = some_tasks(0, 6), some_tasks(1, 4)
    scenes = [scene for task in tasks + unseen for scene in task.scenes]
    truth = {scene.picture.tobytes(): scene.true_reward for scene in scenes}

    def oracle(supports: Sequence[Sequence[GridDemo]]):
        return [lambda picture: truth[picture.tobytes()] for _ in supports]

    def memory(supports: Sequence[Sequence[GridDemo]]):
        """Knows the scene of the demonstrations and no other; wrong everywhere until it has seen two."""

        def of_one(demos: Sequence[GridDemo]):
            known = demos[0].picture.tobytes() if len(demos) > 1 else b""
            return lambda picture: truth[picture.tobytes()] * (1 if picture.tobytes() == known else -1)

        return [of_one(demos) for demos in supports]

    asked: list[tuple[str, int]] = []
    found = evaluate_rewards({"oracle": oracle, "memory": memory}, tasks, unseen, 3, (1, 2), lambda *x: asked.append(x))
    assert asked == [("oracle", 1), ("oracle", 2), ("memory", 1), ("memory", 2)]
    return found


def mean(results: dict, method: str, panel: str, count: int) -> float:
    return results["methods"][method][panel]["value_difference"][str(count)]["mean"]


def test_the_truth_misses_nothing_anywhere(results: dict) -> None:
    assert all(mean(results, "oracle", panel, count) < 1e-6 for panel in PANELS for count in (1, 2))


def test_who_only_remembers_does_well_only_where_it_has_been(results: dict) -> None:
    assert mean(results, "memory", "adaptation_scene", 1) > 1.0
    assert mean(results, "memory", "adaptation_scene", 2) < 1e-6
    assert mean(results, "memory", "test_scene", 2) > 1.0
    assert mean(results, "memory", "unseen_sprites", 2) > 1.0


def test_the_file_says_what_was_asked_and_how_sure_it_is(results: dict) -> None:
    assert json.loads(json.dumps(results)) == results
    assert (results["seed"], results["tasks"], results["num_demos"], results["horizon"]) == (3, 6, [1, 2], HORIZON)
    for panels in results["methods"].values():
        for panel, count in (("adaptation_scene", 6), ("test_scene", 6), ("unseen_sprites", 4)):
            for cell in panels[panel]["value_difference"].values():
                low, high = cell["interval95"]
                assert low <= cell["mean"] <= high and cell["n"] == count and cell["seed"] == 3


def test_the_figure_is_drawn(results: dict, tmp_path) -> None:
    import cv2

    value_difference_curves(results, tmp_path / "figure.png")
    picture = cv2.imread(str(tmp_path / "figure.png"))
    assert picture.shape[1] > 2 * picture.shape[0] and picture.std() > 5


def test_a_goal_that_cannot_be_reached_in_time_is_refused_before_any_work() -> None:
    tasks, asked = some_tasks(0, 2), []
    far = dataclasses.replace(tasks[1].scenes[1], goal=(5, 5))
    short = RewardTask("task-1", 5, (tasks[1].scenes[0], far))
    message = "task task-1, scene 1: expected to reach goal state 35 from state 0 by step 4, found that step 5"
    with pytest.raises(InvalidProblem, match=message):
        evaluate_rewards({"any": lambda supports: []}, tasks, [short], 3, (1,), lambda *asking: asked.append(asking))
    assert not asked
