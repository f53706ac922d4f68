"""`mil evaluate` for experiments that learn rewards: Figure 38 with every method that has been trained."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from data_tools.grid import GridDemo
from data_tools.reward_pictures import value_difference_curves
from mil_core import checkpoint as checkpoints
from mil_core.algorithms.reward_learner import RewardLearner
from mil_core.commands.output import console
from mil_core.commands.spriteworld import draw_test_task, evaluate_spriteworld
from mil_core.evaluate_rewards import NUM_DEMOS, Adapt, RewardFunction
from mil_core.experiments.reward import NoStatistics, RewardExperiment

BASELINES = ("fine_tuned", "conditional", "recurrent")
"""Methods that are trained on the same tasks, each into the folder of its own experiment beside the checkpoint."""
QUICK_DEMOS = (1, 2)
SIDE_BY_SIDE = 25
"""Tasks that are adapted to at once; bounds the memory."""


def reward_results(
    checkpoint: checkpoints.Checkpoint[RewardExperiment], folder: Path, seed: int, num_tasks: int, *, is_quick: bool
) -> dict[str, Any]:
    """The content of the results file: value difference by method, panel and number of demonstrations.

    Args: folder: where the checkpoint was read from; those of the baselines are looked for beside it.
    """
    learners = {checkpoint.experiment.method: checkpoint.algorithm(), **_baselines(checkpoint.experiment, folder)}
    counts = QUICK_DEMOS if is_quick else NUM_DEMOS
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("evaluate", total=len(learners) * len(counts))

        def tell(method: str, count: int) -> None:
            progress.update(bar, advance=1, description=f"{method}, {count} demonstrations")

        adapters = {method: _adapter(learner) for method, learner in learners.items()}
        table = evaluate_spriteworld(adapters, seed, num_tasks, counts, tell)
    return checkpoint.origin() | {"trials": 1} | table


def draw_results(result: dict[str, Any], checkpoint: checkpoints.Checkpoint[RewardExperiment], out: Path) -> list[Path]:
    """Figure 38 and two test tasks as pictures beside the results file. Returns: the pictures."""
    figure, seen, novel = (out.with_name(f"{out.stem}_{name}.png") for name in ("figure", "task", "unseen_task"))
    value_difference_curves(result, figure)
    adapt = _adapter(checkpoint.algorithm())
    draw_test_task(adapt, seen, result["seed"], 0)
    draw_test_task(adapt, novel, result["seed"], 0, "novel")
    return [figure, seen, novel]


def reward_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people: means at the least and at the most demonstrations."""
    few, *_, many = (str(count) for count in result["num_demos"])
    title = f"{result['experiment']}: expected value difference, {result['tasks']} test tasks, seed {result['seed']}"
    columns = [
        f"{place}, {count}" for place in ("same scene", "other scene", "unseen sprites") for count in (few, many)
    ]
    table = Table("method, demonstrations", *columns, title=title)
    for method, panels in result["methods"].items():
        cells = [panel["value_difference"][count]["mean"] for panel in panels.values() for count in (few, many)]
        table.add_row(method, *(f"{mean:.1f}" for mean in cells))
    return table


def _baselines(experiment: RewardExperiment, folder: Path) -> dict[str, RewardLearner]:
    """From-scratch IRL, and every trained baseline that lies beside the checkpoint; a missing one is named."""
    torch.manual_seed(0)  # the untrained network's weights come from torch's own generator
    learners: dict[str, RewardLearner] = {
        "scratch": replace(experiment, algorithm="fine_tuned").build(NoStatistics()),
    }
    for name in BASELINES:
        beside = folder.with_name(f"{folder.name}_{name}")
        if beside.is_dir():
            learners[name] = checkpoints.load(beside, RewardExperiment).algorithm()
        else:
            again = f"mil train --experiment {experiment.name}_{name} --out {beside}"
            console.print(f"without {name}, as there is no {beside}; train it with: {again}")
    return learners


def _adapter(learner: RewardLearner) -> Adapt:
    def adapt(supports: Sequence[Sequence[GridDemo]]) -> list[RewardFunction]:
        parts = [supports[begin : begin + SIDE_BY_SIDE] for begin in range(0, len(supports), SIDE_BY_SIDE)]
        return [adapted.reward for part in parts for adapted in learner.adapt_all(part)]

    return adapt
