"""`mil evaluate` for goal classifiers: things and rooms that training never met, every method in one table."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track
from rich.table import Table

from data_tools.goal_figures import goal_sheet
from data_tools.goal_pictures import GoalGroup
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import Checkpoint
from mil_core.commands.goal_rivals import calibrated_rivals
from mil_core.commands.goal_sources import GOAL_SOURCES, GoalSource
from mil_core.commands.output import console
from mil_core.evaluate_goals import METRICS, HeldOutTask, evaluate_goals, held_out_tasks
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.goal_tasks import GoalSampler
from mil_core.novelty import Novelty

NUM_CALIBRATION_GROUPS = 4
"""Validation groups that the distances are calibrated on, at most; no more than test groups."""
NUM_DRAWN = 4


def goal_results(
    checkpoint: Checkpoint[ClassifierExperiment], folder: Path, seed: int, num_tasks: int, workers: int | None
) -> tuple[dict[str, Any], list[HeldOutTask]]:
    """The content of the results file, and the test tasks.

    Args: folder: where the checkpoint was read from; those of the autoencoders lie beside it. workers: processes that
        take pictures.
    """
    source = GOAL_SOURCES[checkpoint.experiment.data.source]
    num_groups = -(-num_tasks // source.tasks_per_group)
    made = source.collect("test", seed, num_groups, workers)
    groups = list(track(made, "take pictures", total=num_groups, console=console))
    tasks = held_out_tasks(groups, num_tasks, seed)
    learners = {
        checkpoint.experiment.method: checkpoint.algorithm(),
        **goal_rivals(checkpoint, folder, seed, num_groups, workers),
    }
    result = {
        **checkpoint.origin(),
        "seed": seed,
        "tasks": num_tasks,
        "groups": num_groups,
        "pictures": int(sum(len(test.queries) for test in tasks)),
        "novel_cameras": _novelty(source, checkpoint.statistics, groups, seed),
        "methods": evaluate_goals(learners, tasks, seed),
    }
    return result, tasks


def draw_goals(checkpoint: Checkpoint[ClassifierExperiment], tasks: list[HeldOutTask], out: Path) -> Path:
    """Goal pictures of some test tasks, and judged pictures with their probabilities. Returns: the picture."""
    path, learner = out.with_name(f"{out.stem}_tasks.png"), checkpoint.algorithm()
    names = GOAL_SOURCES[checkpoint.experiment.data.source].relations
    rows = []
    for test in tasks[:: max(1, len(tasks) // NUM_DRAWN)][:NUM_DRAWN]:
        judged = learner.adapt(list(test.group.pictures[test.goals]))
        shown = np.concatenate([test.queries[:3], test.queries[-3:]])
        chances = [judged.probability(test.group.pictures[k]) for k in shown]
        rows.append((names[test.task.relation], test.group.pictures[test.goals], test.group.pictures[shown],
                     chances, test.group.is_positive(test.task)[shown]))  # fmt: skip
    goal_sheet(rows, path)
    return path


def goal_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = (
        f"{result['experiment']}: {result['tasks']} test tasks, {result['pictures']} pictures, seed {result['seed']}"
    )
    table = Table("method", "balanced accuracy", "AUROC", "calibration error", "threshold", title=title)
    for method, row in result["methods"].items():
        cells = [f"{row[name]['mean']:.3f} ({row[name]['interval95'][0]:.3f} to {row[name]['interval95'][1]:.3f})"
                 for name in METRICS]  # fmt: skip
        table.add_row(method, *cells, f"{row['threshold']:.2f}")
    return table


def goal_rivals(
    checkpoint: Checkpoint[ClassifierExperiment], folder: Path, seed: int, num_groups: int, workers: int | None
) -> dict[str, GoalLearner]:
    """Distances, calibrated on validation groups, and what lies trained beside the checkpoint.

    Args: num_groups: that are tested. Others: as for goal_results.
    """
    data = checkpoint.experiment.data
    count = min(num_groups, NUM_CALIBRATION_GROUPS)
    groups = list(GOAL_SOURCES[data.source].collect("validation", seed, count, workers))
    validation = GoalSampler(groups, 1, data.tasks_per_group, data.queries_per_task, augment=False)
    return calibrated_rivals(checkpoint, folder, validation)


def _novelty(source: GoalSource, novelty: Novelty, groups: list[GoalGroup], seed: int) -> dict[str, float]:
    """Share of pictures that are flagged, by camera; the policy's own should not be."""
    shares = {"policy": float((novelty.distance(np.concatenate([g.pictures for g in groups])) > 1.0).mean())}
    for camera in source.cameras:
        seen = source.seen_by(seed, camera)
        shares[camera] = float((novelty.distance(seen) > 1.0).mean())
    return shares
