"""`mil evaluate` for goal classifiers of shapes: shapes that training never met, every method in one table."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from data_tools.goal_figures import goal_sheet
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import Checkpoint
from mil_core.commands.goal_rivals import calibrated_rivals
from mil_core.commands.output import console
from mil_core.evaluate_ropes import ShapeTests, evaluate_shapes, probabilities_of, shape_tests, shown_goals
from mil_core.experiments.rope import RopeExperiment
from mil_core.rope_tasks import RopeSampler
from mil_core.scaling import to_frames
from sim.rope_collect import collect_ropes

NUM_CALIBRATION_TASKS = 10
"""Validation tasks that the distances are calibrated on."""
CALIBRATION_QUERIES, CALIBRATION_SMALL = 15, 12
NUM_DRAWN, NUM_JUDGED = 6, 6


def rope_results(
    checkpoint: Checkpoint[RopeExperiment], folder: Path, seed: int, num_tasks: int, workers: int | None
) -> tuple[dict[str, Any], ShapeTests]:
    """The content of the results file, and the test tasks.

    Args: folder: where the checkpoint was read from; those of the autoencoders lie beside it. workers: processes that
        take pictures.
    """
    made = collect_ropes("test", seed, num_tasks, workers)
    tests = shape_tests(list(track(made, "play with the rope", total=num_tasks, console=console)), seed)
    learners = {checkpoint.experiment.method: checkpoint.algorithm(), **rope_rivals(checkpoint, folder, seed, workers)}
    result = {
        **checkpoint.origin(),
        "seed": seed,
        "tasks": num_tasks,
        "shapes": num_tasks,
        "pictures": int(sum(len(queries) for queries in tests.queries)),
        "methods": evaluate_shapes(learners, tests, seed),
    }
    return result, tests


def rope_rivals(
    checkpoint: Checkpoint[RopeExperiment], folder: Path, seed: int, workers: int | None
) -> dict[str, GoalLearner]:
    """Distances, calibrated on validation tasks; the autoencoders where they lie beside the checkpoint."""
    tasks = list(collect_ropes("validation", seed, NUM_CALIBRATION_TASKS, workers))
    validation = RopeSampler(tasks, NUM_CALIBRATION_TASKS, CALIBRATION_QUERIES, CALIBRATION_SMALL, augment=False)
    return calibrated_rivals(checkpoint, folder, validation)


def draw_shapes(checkpoint: Checkpoint[RopeExperiment], tests: ShapeTests, out: Path) -> Path:
    """Goal pictures of some test tasks, and judged pictures with their probabilities. Returns: the picture."""
    path, chances = out.with_name(f"{out.stem}_tasks.png"), probabilities_of(checkpoint.algorithm(), tests)
    truths, rows = tests.truths(), []
    for number in range(min(NUM_DRAWN, len(tests.queries))):
        queries, count = tests.queries[number], len(tests.queries[number])
        drawn = np.linspace(0, count - 1, NUM_JUDGED).round().astype(int)
        rows.append((tests.task_ids[number], _pictures(tests, shown_goals(tests, number)),
                     _pictures(tests, queries[drawn]), chances[number][drawn], truths[number][drawn]))  # fmt: skip
    goal_sheet(rows, path)
    return path


def _pictures(tests: ShapeTests, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """As they were taken, (N, height, width, 3)."""
    return to_frames(tests.batch.pictures[0, numbers])
