"""Figure 38's experiment: how good are rewards that were learned from a few demonstrations, here and elsewhere?

Knows no method and no world: methods come as functions, worlds as tasks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.grid import GridDemo
from data_tools.reward_task import RewardTask
from data_tools.statistics import task_bootstrap95
from mil_core.goals import check_goals
from mil_core.value_difference import value_difference

RewardFunction = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""From a picture, shape (height, width, 3), to the reward of each cell, shape (rows, cols)."""
Adapt = Callable[[Sequence[Sequence[GridDemo]]], Sequence[RewardFunction]]
"""From demonstrations of several wishes to the reward that each shows."""

Panel = Literal["adaptation_scene", "test_scene", "unseen_sprites"]
NUM_DEMOS = (1, 2, 3, 5, 10, 15, 20)
"""Numbers of demonstrations on the horizontal axis of Figure 38."""
ADAPTATION, REARRANGED = 0, 1
"""Places of the two scenes in a task."""
_BOOTSTRAP_STREAM = 0x38


def evaluate_rewards(
    adapters: Mapping[str, Adapt],
    tasks: Sequence[RewardTask],
    unseen: Sequence[RewardTask],
    seed: int,
    num_demos: Sequence[int] = NUM_DEMOS,
    tell: Callable[[str, int], None] = lambda method, count: None,
) -> dict[str, Any]:
    """Expected value difference of each method in the three panels of Figure 38.

    Args:
        adapters: method -> how it finds a reward.
        tasks: held-out tasks with things known from training; two scenes each.
        unseen: tasks with things of no training task; two scenes each.
        seed: of the intervals, and what the tasks were drawn with.
        num_demos: how many demonstrations of the first scene to learn from.
        tell: called with a method and a number of demonstrations before the work on them begins.

    Returns: `methods` -> method -> panel -> `value_difference` -> number of demonstrations -> `mean`, `interval95`
        (whole tasks drawn anew), `n`, `seed`; beside it what was asked for.

    Raises: InvalidProblem: the goal of a scene cannot be reached in time, or a learned reward is not finite.
    """
    check_goals([*tasks, *unseen])
    methods: dict[str, dict[Panel, dict[str, dict[str, Any]]]] = {}
    for method, adapt in adapters.items():
        panels: dict[Panel, dict[str, Any]] = {"adaptation_scene": {}, "test_scene": {}, "unseen_sprites": {}}
        for count in num_demos:
            tell(method, count)
            known, novel = (_differences(group, adapt, count) for group in (tasks, unseen))
            panels["adaptation_scene"][str(count)] = _summary(known[:, ADAPTATION], seed)
            panels["test_scene"][str(count)] = _summary(known[:, REARRANGED], seed)
            panels["unseen_sprites"][str(count)] = _summary(novel[:, REARRANGED], seed)
        methods[method] = {panel: {"value_difference": cells} for panel, cells in panels.items()}
    asked = {"seed": seed, "tasks": len(tasks), "num_demos": list(num_demos), "horizon": tasks[0].horizon}
    return {**asked, "methods": methods}


def _differences(tasks: Sequence[RewardTask], adapt: Adapt, count: int) -> NDArray[np.float64]:
    """Value difference in both scenes of each task after learning in the first one, shape (len(tasks), 2)."""
    scenes = [task.scenes[place] for task in tasks for place in (ADAPTATION, REARRANGED)]
    learned: list[NDArray[np.floating]] = []
    rewards = adapt([task.scenes[ADAPTATION].demos[:count] for task in tasks])
    for task, reward_of in zip(tasks, rewards, strict=True):
        learned += [np.asarray(reward_of(task.scenes[place].picture)) for place in (ADAPTATION, REARRANGED)]
    true, start = ([getattr(scene, name) for scene in scenes] for name in ("true_reward", "start_probability"))
    tensors = (torch.from_numpy(np.stack(values)) for values in (true, learned, start))
    return value_difference(*tensors, tasks[0].horizon).numpy().reshape(len(tasks), 2)


def _summary(differences: NDArray[np.float64], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, _BOOTSTRAP_STREAM])
    interval = task_bootstrap95(differences.tolist(), rng)
    return {"mean": float(differences.mean()), "interval95": list(interval), "n": len(differences), "seed": seed}
