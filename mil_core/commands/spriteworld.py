"""SpriteWorld's experiment as plain functions: the numbers of Figure 38, and pictures of single tasks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.grid import eight_connected
from data_tools.reward_pictures import RewardView, reward_sheet
from data_tools.reward_task import RewardScene
from mil_core.evaluate_rewards import NUM_DEMOS, Adapt, evaluate_rewards
from mil_core.maxent import state_visitation
from mil_core.planner import best_path
from mil_core.transitions import Transitions
from sim.spriteworld.collect import SpriteOrder, collect_tasks
from sim.spriteworld.task import Cast, scenes_at

NUM_TASKS = 100
"""Test tasks with seen sprites, and as many with novel ones (Figure 38)."""
WAYS = 3
"""Starts from which a picture shows the way by the learned reward."""
_TITLES = ("scene of the demonstrations", "rearranged scene")


def evaluate_spriteworld(
    adapters: Mapping[str, Adapt],
    seed: int,
    num_tasks: int = NUM_TASKS,
    num_demos: Sequence[int] = NUM_DEMOS,
    tell: Callable[[str, int], None] = lambda method, count: None,
) -> dict[str, Any]:
    """Value differences on test tasks; see `mil_core.evaluate_rewards.evaluate_rewards` for the arguments and result.

    Raises: SimError: as making the tasks does.
    """
    orders = [SpriteOrder("test", cast, seed, demos_per_scene=max(num_demos)) for cast in ("seen", "novel")]
    known, novel = (collect_tasks(order, num_tasks) for order in orders)
    return evaluate_rewards(adapters, known, novel, seed, num_demos, tell)


def draw_test_task(adapt: Adapt, out: Path, seed: int, index: int, cast: Cast = "seen", num_demos: int = 1) -> None:
    """Draw what one method makes of one test task: map with ways, true and learned reward, expected visits.

    Args:
        adapt: the method.
        out: ends in .png.
        seed, index, cast: which test task, as in the evaluation.
        num_demos: how many demonstrations to learn from.
    """
    order = SpriteOrder("test", cast, seed, demos_per_scene=max(num_demos, WAYS))
    (task,) = collect_tasks(order, 1, index)
    (reward_of,) = adapt([task.scenes[0].demos[:num_demos]])
    views = []
    for k, (title, scene) in enumerate(zip(_TITLES, task.scenes, strict=True)):
        (drawn,) = scenes_at("test", seed, range(index, index + 1), k, cast)
        learned = np.asarray(reward_of(scene.picture))
        starts = [tuple(demo.cells[0].tolist()) for demo in scene.demos[:WAYS]]
        views.append(
            RewardView(
                title=title,
                picture=drawn.large_picture(),
                true_reward=scene.true_reward,
                learned_reward=learned,
                visitation=_visitation(learned, scene, task.horizon),
                paths=tuple(best_path(learned, start, task.horizon) for start in starts) if k else (),
                demos=() if k else tuple(demo.cells for demo in scene.demos[:num_demos]),
            )
        )
    reward_sheet(views, out)


def _visitation(reward: NDArray[np.floating], scene: RewardScene, horizon: int) -> NDArray[np.float64]:
    flat = [torch.from_numpy(np.asarray(grid, np.float64).reshape(1, -1)) for grid in (reward, scene.start_probability)]
    moves = Transitions.certain(eight_connected(*reward.shape))
    return state_visitation(*flat, moves, horizon).numpy().reshape(reward.shape)
