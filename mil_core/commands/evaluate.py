"""`mil evaluate`: success on tasks whose objects and colours training never met, against the baselines."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from mil_core.commands.checked import checkpoint_of, default_checkpoint
from mil_core.commands.output import console, num_cores, require_at_least, write_json
from mil_core.commands.trials import TrialPlan, run_task
from mil_core.evaluate import Criterion, Episode, Protocol, results
from sim.collect import task_class

QUICK_TASKS, QUICK_TRIALS = 2, 1


@dataclass(frozen=True)
class Evaluate:
    """Adapt to every test task once, act in new scenes of it, and write counts, rates and intervals."""

    experiment: str
    """Name of the experiment."""
    checkpoint: Path | None = None
    """Folder of the checkpoint; checkpoints/EXPERIMENT when left out."""
    seed: int = 7
    """Seed of test tasks and scenes."""
    tasks: int = 40
    """Test tasks."""
    trials: int = 3
    """Scenes of each task."""
    workers: int | None = None
    """Processes; one a core when left out, none but this one when 0. Results do not depend on it."""
    out: Path | None = None
    """Results file; results/EXPERIMENT.json when left out (out/quick/EXPERIMENT.json with --quick)."""
    quick: bool = False
    """Two tasks, one scene each, in seconds."""

    def run(self) -> int:
        """Evaluate, print a table, write the file."""
        require_at_least(1, {"tasks": self.tasks, "trials": self.trials})
        require_at_least(0, {"seed": self.seed, "workers": self.workers or 0})
        checkpoint = checkpoint_of(self.experiment, self.checkpoint)
        folder = self.checkpoint or default_checkpoint(self.experiment)
        tasks, trials = (QUICK_TASKS, QUICK_TRIALS) if self.quick else (self.tasks, self.trials)
        plan = TrialPlan(folder, checkpoint.sha256, self.seed, trials)
        criterion = task_class(checkpoint.experiment.task).criterion
        episodes = run_all(plan, tasks, num_cores() if self.workers is None else self.workers, criterion)
        result = results(checkpoint, Protocol(self.seed, tasks, trials, criterion), episodes)
        out = self.out or Path("out/quick" if self.quick else "results") / f"{self.experiment}.json"
        write_json(out, result)
        console.print(table_of(result))
        console.print(f"written to {out}")
        return 0


def run_all(plan: TrialPlan, num_tasks: int, workers: int, criterion: Criterion) -> list[Episode]:
    """Every episode of every task, in the order of the tasks whatever the number of workers, with a progress bar."""
    episodes: list[Episode] = []
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*shown, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task("evaluate", total=num_tasks)
        for group in _groups(plan, num_tasks, workers):
            episodes += group
            progress.update(bar, advance=1, description=_standing(episodes, criterion))
    return episodes


def table_of(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = f"{result['experiment']}: {result['tasks']} test tasks x {result['trials']} scenes, seed {result['seed']}"
    table = Table("method", "success", "rate", "95% interval", "by tasks", "other object", "control", title=title)
    table.columns[0].no_wrap = True
    for method, row in result["methods"].items():
        failures = row["failures"]
        table.add_row(
            method,
            f"{row['successes']}/{row['n']}",
            f"{row['rate']:.1%}",
            _percent(row["wilson95"]),
            _percent(row["task_bootstrap95"]),
            str(failures["task_identification"]),
            str(failures["control"]),
        )
    return table


def _groups(plan: TrialPlan, num_tasks: int, workers: int) -> Iterator[list[Episode]]:
    run = partial(run_task, plan)
    if workers == 0:
        yield from map(run, range(num_tasks))
        return
    # Spawned, not forked: an OpenGL context does not survive a fork.
    pool = ProcessPoolExecutor(min(workers, num_tasks), multiprocessing.get_context("spawn"))
    try:
        yield from pool.map(run, range(num_tasks))
    finally:
        pool.shutdown(cancel_futures=True)


def _standing(episodes: Sequence[Episode], criterion: Criterion) -> str:
    methods = dict.fromkeys(episode.method for episode in episodes)
    counts = {m: [getattr(episode, criterion) for episode in episodes if episode.method == m] for m in methods}
    return "  ".join(f"{method} {sum(done)}/{len(done)}" for method, done in counts.items())


def _percent(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"
