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

from mil_core.commands.checked import checkpoint_of, default_checkpoint, experiment_of
from mil_core.commands.output import console, num_cores, require_at_least, write_json
from mil_core.commands.reward_evaluation import draw_results, reward_results, reward_table
from mil_core.commands.trials import TrialPlan, run_task
from mil_core.evaluate import Criterion, Episode, Protocol, results
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.reward import RewardExperiment
from sim.collect import task_class

TASKS, REWARD_TASKS = 40, 100
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
    tasks: int | None = None
    """Test tasks; when left out 40, or 100 where rewards are learned."""
    trials: int = 3
    """Scenes of each task; where rewards are learned there is one to learn in and one to be judged in."""
    workers: int | None = None
    """Processes; one a core when left out, none but this one when 0. Results do not depend on it."""
    out: Path | None = None
    """Results file; results/EXPERIMENT.json when left out (out/quick/EXPERIMENT.json with --quick)."""
    quick: bool = False
    """Two tasks, one scene each, in seconds."""

    def run(self) -> int:
        """Evaluate, print a table, write the file."""
        require_at_least(1, {"tasks": self._num_tasks(1), "trials": self.trials})
        require_at_least(0, {"seed": self.seed, "workers": self.workers or 0})
        out = self.out or Path("out/quick" if self.quick else "results") / f"{self.experiment}.json"
        if isinstance(experiment_of(self.experiment), RewardExperiment):
            return self._evaluate_rewards(out)
        checkpoint = checkpoint_of(self.experiment, self.checkpoint, ImitationExperiment)
        folder = self.checkpoint or default_checkpoint(self.experiment)
        tasks, trials = self._num_tasks(TASKS), QUICK_TRIALS if self.quick else self.trials
        plan = TrialPlan(folder, checkpoint.sha256, self.seed, trials)
        criterion = task_class(checkpoint.experiment.task).criterion
        episodes = run_all(plan, tasks, num_cores() if self.workers is None else self.workers, criterion)
        result = results(checkpoint, Protocol(self.seed, tasks, trials, criterion), episodes)
        write_json(out, result)
        console.print(table_of(result))
        console.print(f"written to {out}")
        return 0

    def _evaluate_rewards(self, out: Path) -> int:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, RewardExperiment)
        num_tasks = self._num_tasks(REWARD_TASKS)
        result = reward_results(checkpoint, folder, self.seed, num_tasks, is_quick=self.quick)
        write_json(out, result)
        pictures = draw_results(result, checkpoint, out)
        console.print(reward_table(result))
        console.print(f"written to {out}, drawn in {', '.join(map(str, pictures))}")
        return 0

    def _num_tasks(self, ordinary: int) -> int:
        if self.tasks is not None and not self.quick:
            return self.tasks
        return QUICK_TASKS if self.quick else ordinary


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
