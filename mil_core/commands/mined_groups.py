"""Groups of blocks with pictures that fooled a classifier while it was planned with, for it to learn from.

Offline negative mining: the classifier of a checkpoint pursues goals on tables of the split itself, and what it
believed in without reason is added to the group's pictures, with what really holds in them.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.goal_pictures import GoalGroup
from mil_core import checkpoint as checkpoints
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.commands.goal_planning import pursued_goal
from mil_core.errors import InvalidProblem
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.goal_mistakes import Believed, WatchedGoal, mistakes
from mil_core.goal_pursuit import Pictures, PursuitConfig, pursue
from sim.arrange_collect import collect_group
from sim.arrange_moves import ArrangeTable
from sim.arrange_trials import SETTINGS, Setting, ShownGoal, Trial, draw_trial, trial_env, trial_rng
from sim.env import Environment
from sim.parallel import in_order
from sim.tasks.arrange import ArrangeTask, are_present, relations
from sim.tasks.task import AbstractTask

MINED: tuple[Setting, ...] = ("single", "distractors")
"""Settings of the trials that are mined."""
PER_SETTING = 20
"""Pictures added to each group from each of them."""
MOST_TRIALS = 30
"""Trials of a group in one setting, at most."""
BRIEFLY = PursuitConfig(looks_per_goal=2)
"""The first moves of a trial already find what a classifier errs about."""


def collect_mined_groups(
    folder: Path, split: Split, seed: int, num_groups: int, workers: int | None = None
) -> Iterator[GoalGroup]:
    """As sim.arrange_collect.collect_groups, every group with PER_SETTING pictures more from each of MINED.

    Args: folder: of the classifier's checkpoint.
    Raises: MilError: the checkpoint cannot be used. InvalidProblem: its classifier believes in everything. SimError: as
        drawing layouts does.
    """
    yield from in_order(partial(_mined_group, folder, split, seed), num_groups, workers)


def _mined_group(folder: Path, split: Split, seed: int, index: int) -> GoalGroup:
    learner = checkpoints.load(folder, ClassifierExperiment).algorithm()
    group = collect_group(split, seed, index)
    with trial_env(split, seed, index) as env:
        found = [one for setting in MINED for one in _mined(env, learner, setting, (split, seed, index))]
        assert isinstance(env.task, ArrangeTask)
        tables = [relations(places_m, env.task.blocks) for _, places_m in found]
    places_m = np.stack([places_m for _, places_m in found])
    places_m = np.where(are_present(places_m)[..., None], places_m, np.nan).astype(np.float32)
    return GoalGroup(
        group.group_id,
        np.concatenate([group.pictures, [picture for picture, _ in found]]),
        np.concatenate([group.relations, np.stack(tables)]),
        np.concatenate([group.places_m, places_m]),
    )


def _mined(
    env: Environment, learner: GoalLearner, setting: Setting, where: tuple[Split, int, int]
) -> list[tuple[Pictures, NDArray[np.float64]]]:
    """PER_SETTING pictures with where the blocks are in them, from as many trials as it takes."""
    split, seed, group = where
    found: list[tuple[Pictures, NDArray[np.float64]]] = []
    for number in range(MOST_TRIALS):
        rng = trial_rng(split, seed, group, SETTINGS.index(setting) * 10_000 + number)
        env.reset(rng)
        trial = draw_trial(env, setting, group + number, rng)
        for goal, best in _looked_best(env, learner, trial, rng):
            chosen = mistakes(best, partial(_holds, env.task, goal), PER_SETTING, rng)
            found += [(best.pictures[k], best.places_m[k]) for k in chosen]
        if len(found) >= PER_SETTING:
            return found[:PER_SETTING]
    raise InvalidProblem(
        f"group {group} of {split}: expected a classifier that sees something left to do, found one that believed in "
        f"the start of {MOST_TRIALS} trials; train it for longer."
    )


def _looked_best(
    env: Environment, learner: GoalLearner, trial: Trial, rng: np.random.Generator
) -> Iterator[tuple[ShownGoal, Believed]]:
    """What looked best for each goal while the trial was planned, for goals that were searched for at all."""
    table = ArrangeTable(env, rng.spawn(1)[0])
    table.begin(trial.start_m)
    watched = [WatchedGoal(pursued_goal(learner, goal, table)) for goal in trial.goals]
    pursue(table, table, watched, BRIEFLY, rng)
    for goal, one in zip(trial.goals, watched, strict=True):
        if best := one.best():
            yield goal, best


def _holds(task: AbstractTask, goal: ShownGoal, places_m: NDArray[np.float64]) -> bool:
    assert isinstance(task, ArrangeTask)
    return goal.holds(relations(places_m, task.blocks))
