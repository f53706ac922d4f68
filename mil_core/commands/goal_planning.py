"""`mil evaluate --planning`: blocks are arranged as five pictures show it, by planning with what each method makes of
them. Success is the true relation at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.progress import track
from rich.table import Table

from data_tools.goal_figures import goal_sheet
from data_tools.statistics import task_bootstrap95, wilson95
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.cem import CemConfig
from mil_core.checkpoint import Checkpoint
from mil_core.commands.goal_evaluation import goal_rivals
from mil_core.commands.goal_rivals import UNADAPTED
from mil_core.commands.output import console
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.goal_pursuit import PursuedGoal, Pursuit, PursuitConfig, pursue
from mil_core.learned_predictor import LearnedPredictor
from mil_core.move_predictor import MovePredictor
from sim.arrange_moves import ArrangeTable
from sim.arrange_trials import SETTINGS, Setting, ShownGoal, Trial, draw_trial, trial_env, trial_rng
from sim.env import Environment
from sim.parallel import in_order
from sim.relations import RELATIONS
from sim.tasks.arrange import ArrangeTask, relations

SPLIT = "test"
QUICK = PursuitConfig(looks_per_goal=2, cem=CemConfig(num_iterations=2, num_samples=20))
"""Hardly tried at all."""
NUM_SHOWN = 8
"""Pictures of each drawn trial."""
RIVALS = ("pixel",)
"""Who plans with a learned predictor beside FLO: the oracle looks at no picture, and latent distances get nowhere with
the simulator either."""
_STREAM = 0x83


class Outcome(NamedTuple):
    """How one method did in one trial."""

    group: int
    """Number of the group of blocks."""
    number: int
    """Of the trial in that group."""
    is_success: bool
    """All relations hold at the end."""
    believed: bool
    """Every classifier fired."""
    num_moves: int
    """Moves made."""


class Trials(NamedTuple):
    """What is tried."""

    seed: int
    """Of everything that is drawn."""
    num_groups: int
    """Groups of blocks, each with its own pair."""
    num_trials: int
    """Of each group, in each setting."""


Drawn = tuple[str, Trial, Pursuit, ArrangeTask]
Outcomes = dict[tuple[Setting, str], list[Outcome]]
"""By setting and method."""


def planning_results(
    checkpoint: Checkpoint[ClassifierExperiment],
    folder: Path,
    asked: Trials,
    predictor: Checkpoint[PredictorExperiment] | None,
    config: PursuitConfig,
    workers: int | None,
) -> tuple[dict[str, Any], list[Drawn]]:
    """The content of the results file, and what FLO did in the first trial of some groups.

    Args: folder: as for goal_results. predictor: a learned model of moves, with which FLO and RIVALS plan; the
        simulator predicts when None. config: how long and how hard each of them tries. workers: as for in_order.
    """
    method = checkpoint.experiment.method
    rivals = goal_rivals(checkpoint, folder, asked.seed, asked.num_groups, 0)
    learners = {method: checkpoint.algorithm()} | {m: rivals[m] for m in rivals if m not in UNADAPTED}
    model = None if predictor is None else predictor.algorithm()
    if model is not None:
        learners = {m: learner for m, learner in learners.items() if m in (method, *RIVALS)}
    drawn = []
    outcomes: Outcomes = {(s, m): [] for s in SETTINGS for m in learners}
    made = in_order(partial(_pursue_in_group, learners, model, asked, config), asked.num_groups, workers)
    for found, shown in track(made, "arrange", total=asked.num_groups, console=console):
        for key, more in found.items():
            outcomes[key] += more
        drawn += shown
        console.print(_standing(outcomes))
    result = {
        **checkpoint.origin(),
        "seed": asked.seed,
        "tasks": asked.num_groups,
        "trials": asked.num_trials,
        "planner": asdict(config),
        "settings": {s: {m: _summary(outcomes[s, m], asked.seed) for m in learners} for s in SETTINGS},
    }
    if predictor is not None:
        result |= {"predictor": predictor.experiment.method, "predictor_sha256": predictor.sha256}
    return result, drawn


def planning_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = f"{result['experiment']}: {result['tasks']} pairs x {result['trials']} tasks, seed {result['seed']}"
    table = Table("setting", "method", "success", "rate", "95% interval", "classifier", "planner", title=title)
    for setting, rows in result["settings"].items():
        for method, row in rows.items():
            low, high = row["wilson95"]
            failures = (str(row["failures"][kind]) for kind in ("classifier", "planner"))
            share = f"{row['successes']}/{row['n']}"
            table.add_row(setting, method, share, f"{row['rate']:.1%}", f"{low:.1%} to {high:.1%}", *failures)
    return table


def draw_pursuits(drawn: Sequence[Drawn], out: Path) -> Path:
    """Goal pictures and what was done, with probabilities, one trial a row. Returns: the picture."""
    path, rows = out.with_suffix(".png"), []
    for setting in SETTINGS:
        for _, trial, pursuit, task in [one for one in drawn if one[0] == setting][:2]:
            rows.append(_row(setting, trial, pursuit, task))
    goal_sheet(rows, path)
    return path


def pursued_goal(learner: GoalLearner, goal: ShownGoal, table: ArrangeTable) -> PursuedGoal:
    """A goal as a method sees it on this table."""
    apart_m = goal.places_m[:, goal.first] - goal.places_m[:, goal.second]
    return PursuedGoal(learner, goal.pictures, apart_m, (goal.first, goal.second), lambda: table.places_m)


def _pursue_in_group(
    learners: Mapping[str, GoalLearner], model: MovePredictor | None, asked: Trials, config: PursuitConfig, group: int
) -> tuple[Outcomes, list[Drawn]]:
    """Every trial of a group by every method, and what the first method did in one trial of each setting."""
    torch.set_num_threads(1)  # a process a core: more threads would only get in each other's way
    outcomes: Outcomes = {(setting, method): [] for setting in SETTINGS for method in learners}
    drawn = []
    with trial_env(SPLIT, asked.seed, group) as env:
        for setting in SETTINGS:
            for number in range(asked.num_trials):
                trial, pursuits = _run_trial(env, learners, model, setting, (asked.seed, group, number), config)
                for method, (outcome, _) in pursuits.items():
                    outcomes[setting, method].append(outcome)
                if number == group % asked.num_trials:
                    _, pursuit = pursuits[next(iter(learners))]
                    drawn.append((setting, trial, pursuit, env.task))
    return outcomes, drawn


def _run_trial(
    env: Environment,
    learners: Mapping[str, GoalLearner],
    model: MovePredictor | None,
    setting: Setting,
    where: tuple[int, int, int],
    config: PursuitConfig,
) -> tuple[Trial, dict[str, tuple[Outcome, Pursuit]]]:
    """All methods in the same trial, with the same errors.

    Args: model: predicts; the table itself does when None. where: seed, group and number of the trial.
    """
    seed, group, number = where
    task = env.task
    assert isinstance(task, ArrangeTask)
    rng = trial_rng(SPLIT, seed, group, SETTINGS.index(setting) * 10_000 + number)
    env.reset(rng)
    trial, noise_seed = draw_trial(env, setting, group + number, rng), int(rng.integers(2**32))
    done = {}
    for method, learner in learners.items():
        table = ArrangeTable(env, np.random.default_rng([noise_seed, _STREAM]))
        table.begin(trial.start_m)
        goals = [pursued_goal(learner, goal, table) for goal in trial.goals]
        predictor = table if model is None else LearnedPredictor(model, table)
        found = pursue(table, predictor, goals, config, np.random.default_rng(noise_seed))
        at_end = relations(table.places_m, task.blocks)
        is_success = all(goal.holds(at_end) for goal in trial.goals)
        done[method] = Outcome(group, number, is_success, found.believed, found.num_moves), found
    return trial, done


def _summary(outcomes: Sequence[Outcome], seed: int) -> dict[str, Any]:
    successes = sum(outcome.is_success for outcome in outcomes)
    failed = [outcome for outcome in outcomes if not outcome.is_success]
    groups = sorted({outcome.group for outcome in outcomes})
    per_group = [float(np.mean([o.is_success for o in outcomes if o.group == group])) for group in groups]
    return {
        "successes": successes,
        "n": len(outcomes),
        "rate": successes / len(outcomes),
        "wilson95": list(wilson95(successes, len(outcomes))),
        "pair_bootstrap95": list(task_bootstrap95(per_group, np.random.default_rng([seed, _STREAM]))),
        "failures": {
            "classifier": sum(outcome.believed for outcome in failed),
            "planner": sum(not outcome.believed for outcome in failed),
        },
        "believed": sum(outcome.believed for outcome in outcomes),
        "moves": float(np.mean([outcome.num_moves for outcome in outcomes])),
        "per_trial": [list(outcome) for outcome in outcomes],
    }


def _standing(outcomes: Outcomes) -> str:
    shares = (f"{s} {m} {sum(o.is_success for o in found)}/{len(found)}" for (s, m), found in outcomes.items())
    return ", ".join(shares)


def _row(setting: str, trial: Trial, pursuit: Pursuit, task: ArrangeTask) -> Any:
    """One row of goal_sheet: the first goal's pictures, then the first and the last pictures of the motion."""
    goal, count = trial.goals[0], len(pursuit.pictures)
    chosen = np.unique(np.linspace(0, count - 1, NUM_SHOWN).round().astype(int))
    chosen = np.append(chosen, np.full(NUM_SHOWN - len(chosen), count - 1))
    truths = [all(g.holds(relations(pursuit.places_m[k], task.blocks)) for g in trial.goals) for k in chosen]
    name = f"{setting}: {', then '.join(RELATIONS[g.relation] for g in trial.goals)}"
    pictures = np.stack([pursuit.pictures[k] for k in chosen])
    return name, goal.pictures, pictures, [pursuit.probabilities[k] for k in chosen], np.array(truths)
