"""A wish that cannot be one is refused where it is written down."""

from dataclasses import replace

import numpy as np
import pytest

from data_tools.errors import GridPathError
from data_tools.reward_task import RewardScene, RewardTask

EVEN = np.full((2, 2), 0.25, np.float32)
SCENE = RewardScene(np.zeros((8, 8, 3), np.uint8), EVEN, EVEN, 4 * EVEN, (1, 1), ())


@pytest.mark.parametrize("goal", [(2, 0), (0, -1)])
def test_a_goal_off_the_grid_is_refused(goal: tuple[int, int]) -> None:
    with pytest.raises(GridPathError, match=rf"cell of a \(2, 2\) grid, found \({goal[0]}, {goal[1]}\)"):
        replace(SCENE, goal=goal)


@pytest.mark.parametrize(
    ("start", "found"), [([[0.5, 0.5], [0.5, 0]], "sum 1.5"), ([[0.6, 0.7], [-0.3, 0]], r"cell \[1, 0\] with -0.3")]
)
def test_starts_that_are_no_distribution_are_refused(start: list[list[float]], found: str) -> None:
    with pytest.raises(GridPathError, match=f"of step 0 that sum to 1, found.*{found}"):
        replace(SCENE, start_probability=np.array(start, np.float32))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_an_infinite_reward_is_refused(value: float) -> None:
    with pytest.raises(GridPathError, match="true_reward: expected finite"):
        replace(SCENE, true_reward=np.where(EVEN > 0, value, EVEN).astype(np.float32))


def test_a_task_without_steps_or_scenes_is_refused() -> None:
    RewardTask("some", 1, (SCENE,))
    for horizon, scenes in ((0, (SCENE,)), (1, ())):
        with pytest.raises(GridPathError, match=f"RewardTask some: .* found {horizon} and {len(scenes)}"):
            RewardTask("some", horizon, scenes)
