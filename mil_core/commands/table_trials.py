"""Tabletop scenes to judge learned rewards in: one shown way, then the robot in a new arrangement by its own plan."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.grid import GridDemo
from mil_core import checkpoint as checkpoints
from mil_core.adapted_reward import AdaptedReward
from mil_core.algorithms.mandril import Mandril
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.commands.table_way import planned_way
from mil_core.commands.trials import TrialPlan
from mil_core.errors import CheckpointCorrupt
from mil_core.evaluate import Episode
from mil_core.experiments.reward import RewardExperiment
from sim.collect import TRIAL_LAYOUT, collect_demo, layout_rng, task_at
from sim.env import Environment
from sim.errors import PhysicsDiverged
from sim.robots.pr2 import PR2
from sim.tabletop_path import drive, entry_cells, shortest_path, shown_way
from sim.tasks.tabletop import GRID, TabletopTask, places_m
from sim.tasks.task import TOOL_SITE

SPLIT: Split = "test"
Planner = Callable[[Environment, NDArray[np.uint8]], NDArray[np.int64]]
"""From a reset environment and its camera picture to cells, shape (T, 2)."""


def run_table_task(plan: TrialPlan, index: int) -> list[Episode]:
    """Adapt to one way over the table of test task number `index`, then let every method move in the same new scenes.

    Raises: MilError, SimError; CheckpointCorrupt also when the checkpoint changed since the evaluation began.
    """
    torch.set_num_threads(1)  # a process a core: more threads would only get in each other's way
    checkpoint = checkpoints.load(plan.checkpoint, RewardExperiment)
    if checkpoint.sha256 != plan.sha256:
        raise CheckpointCorrupt(f"{plan.checkpoint}: expected it to stay as it was, found a change; evaluate a copy.")
    learner: RewardLearner = checkpoint.algorithm()
    task = table_task(plan.seed, index)
    adapted = learner.adapt([table_support(task, plan.seed, index)])
    planners: dict[str, Planner] = {checkpoint.experiment.method: by_reward(adapted)}
    if isinstance(learner, Mandril):
        planners["unadapted"] = by_reward(learner.unadapted())
    planners |= {"oracle": _by_truth, "straight": _straight}
    with Environment(task, PR2()) as env:
        return [
            _episode(env, planner, method, plan.seed, index, trial)
            for trial in range(plan.trials)
            for method, planner in planners.items()
        ]


def table_task(seed: int, index: int) -> TabletopTask:
    """Test task number `index`."""
    task = task_at("tabletop", SPLIT, seed, index)
    assert isinstance(task, TabletopTask)
    return task


def table_support(task: TabletopTask, seed: int, index: int) -> GridDemo:
    """The one way that is shown, by the robot's tool under the expert's hand, in a scene that no trial meets."""
    return shown_way(collect_demo(task, PR2(), layout_rng(seed, SPLIT, index, 0), noise_m_s=0.0))


def table_scene(env: Environment, seed: int, index: int, trial: int) -> NDArray[np.uint8]:
    """Begin a trial. Returns: the camera picture, from which the robot is still absent."""
    return env.reset(layout_rng(seed, SPLIT, index, TRIAL_LAYOUT + trial)).image


def by_reward(adapted: AdaptedReward) -> Planner:
    """Look once, plan by the reward of what is seen, go."""
    return lambda env, picture: planned_way(adapted.reward(picture), _tool_xy_m(env))


def _by_truth(env: Environment, picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    del picture
    assert isinstance(env.task, TabletopTask)
    return planned_way(env.task.reward(places_m(env.data)), _tool_xy_m(env))


def _straight(env: Environment, picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Knows the goal and no glass."""
    del picture
    row, column = GRID.to_cells(places_m(env.data)[0]).tolist()
    first = entry_cells(_tool_xy_m(env))[0].tolist()
    return shortest_path(np.zeros((GRID.cells, GRID.cells), bool), (first[0], first[1]), (row, column))


def _episode(env: Environment, planner: Planner, method: str, seed: int, index: int, trial: int) -> Episode:
    picture = table_scene(env, seed, index, trial)
    assert isinstance(env.task, TabletopTask)
    try:
        carried = drive(env, planner(env, picture))
        outcome = (carried.success_once, carried.success_at_end, env.chosen())
        has_touched = env.task.has_touched(env.model, env.data)
    except PhysicsDiverged:  # a way that breaks the physics has failed; the next reset starts afresh
        outcome, has_touched = (False, False, -1), False
    return Episode(method, index, env.task.task_id, trial, *outcome, has_touched=has_touched)


def _tool_xy_m(env: Environment) -> NDArray[np.float64]:
    return env.data.site(TOOL_SITE).xpos[:2].copy()
