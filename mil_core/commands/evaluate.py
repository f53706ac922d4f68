"""`mil evaluate`: success on tasks whose objects and colours training never met, against the baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from data_tools.demo import Split
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import checkpoint_of, default_checkpoint, experiment_of
from mil_core.commands.goal_evaluation import draw_goals, goal_results, goal_table
from mil_core.commands.goal_planning import QUICK, Trials, draw_pursuits, planning_results, planning_table
from mil_core.commands.output import BadArgument, console, num_cores, require_at_least, write_json
from mil_core.commands.prediction_evaluation import draw_predictions, prediction_results, prediction_table
from mil_core.commands.retry_evaluation import retry_plan, retry_results
from mil_core.commands.retry_trials import run_retry_task
from mil_core.commands.reward_evaluation import draw_results, reward_results, reward_table
from mil_core.commands.rivals import rivals_of
from mil_core.commands.rope_evaluation import draw_shapes, rope_results
from mil_core.commands.table_evaluation import TABLE_TASKS, TABLE_TRIALS, draw_table_tasks
from mil_core.commands.table_trials import run_table_task
from mil_core.commands.trials import SPLIT, TrialPlan, key_of, run_task
from mil_core.evaluate import Criterion, Episode, Protocol, results
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.experiments.reward import RewardExperiment
from mil_core.experiments.rope import RopeExperiment
from mil_core.goal_pursuit import PursuitConfig
from mil_core.results_text import retry_sentence
from mil_core.retry import FAILURE_BELOW
from sim.collect import task_class
from sim.parallel import in_order

TASKS, TRIALS = 40, 3
REWARD_TASKS = 100
GOAL_TASKS = 90
PLANNING_PAIRS, PLANNING_TASKS = 10, 20
ROPE_TASKS = 10
PLAY_GROUPS, MOVES, QUICK_MOVES = 10, 80, 10
QUICK_TASKS, QUICK_TRIALS = 2, 1
LINES = 10
"""How often a table that is being measured says in a log how it stands."""
RunTask = Callable[[TrialPlan, int], list[Episode]]
"""Every episode of one test task."""


@dataclass(frozen=True)
class Evaluate:
    """Adapt to every task once, act in new scenes of it, and write counts, rates and intervals."""

    experiment: str
    """Name of the experiment."""
    checkpoint: Path | None = None
    """Folder of the checkpoint; checkpoints/EXPERIMENT when left out."""
    seed: int = 7
    """Seed of test tasks and scenes."""
    tasks: int | None = None
    """Test tasks; when left out 40, 100 where rewards are learned, 50 where a robot moves by them, 90 where goals are
    judged, 10 where they are shapes, or 10 pairs of blocks where they are pursued or moves predicted."""
    trials: int | None = None
    """Scenes of each task; when left out 3, or 1 where rewards are learned: one to learn in, one to be judged
    in, or 20 tasks of each pair of blocks, or 80 moves of each group."""
    shots: int = 1
    """Demonstrations or films that policies adapt from; their gradients are averaged."""
    split: Split = SPLIT
    """Where policies act: whose tasks. Report what they do in tests; choose by validation. The results file of another
    one than test has its name behind the experiment's."""
    workers: int | None = None
    """Processes; one a core when left out, none but this one when 0. Results do not depend on it."""
    out: Path | None = None
    """Results file; results/EXPERIMENT.json when left out (out/quick/EXPERIMENT.json with --quick)."""
    planning: bool = False
    """Where goals are learned: pursue them by planning instead of judging pictures; the results file is then
    results/EXPERIMENT_planning.json."""
    predictor: Literal["simulator", "learned"] = "simulator"
    """With --planning: who says what a move would lead to. The learned one is the checkpoint beside the classifier's,
    with _predictor behind its name; the results file is then results/EXPERIMENT_planning_learned.json."""
    retry: bool = False
    """Where policies act: without and with a second attempt that a goal classifier asks for, see docs/goals.md; the
    results file is then results/EXPERIMENT_retry.json."""
    goal_checkpoint: Path | None = None
    """With --retry: folder of the classifiers' checkpoint; that of the task when left out."""
    second_checkpoint: Path | None = None
    """With --retry: folder of another policy of the same task, which acts in a second attempt; when left out, the same
    policy adapts anew to a second look at its film."""
    retry_below: float = FAILURE_BELOW
    """With --retry: calibrated probability below which a failure is sure."""
    quick: bool = False
    """Two tasks, one scene each, in seconds."""

    def run(self) -> int:
        """Evaluate, print a table, write the file."""
        require_at_least(1, {"tasks": self._num_tasks(1), "trials": 1 if self.trials is None else self.trials})
        require_at_least(1, {"shots": self.shots})
        require_at_least(0, {"seed": self.seed, "workers": self.workers or 0})
        name = f"{self.experiment}{self._suffix()}.json"
        out = self.out or Path("out/quick" if self.quick else "results") / name
        experiment = experiment_of(self.experiment)
        self._refuse_what_does_not_fit(experiment)
        if self.retry:
            self._evaluate_retry(out)
        elif isinstance(experiment, RopeExperiment):
            self._evaluate_ropes(out)
        elif isinstance(experiment, PredictorExperiment):
            self._evaluate_predictions(out)
        elif isinstance(experiment, ClassifierExperiment):
            (self._pursue_goals if self.planning else self._evaluate_goals)(out)
        elif not isinstance(experiment, RewardExperiment):
            checkpoint = checkpoint_of(self.experiment, self.checkpoint, ImitationExperiment)
            self._evaluate_success(run_task, checkpoint, checkpoint.experiment.task, TASKS, TRIALS, out)
        elif experiment.world == "tabletop":
            table_checkpoint = checkpoint_of(self.experiment, self.checkpoint, RewardExperiment)
            asked = self._evaluate_success(run_table_task, table_checkpoint, "tabletop", TABLE_TASKS, TABLE_TRIALS, out)
            console.print(f"drawn in {draw_table_tasks(table_checkpoint, asked.seed, asked.tasks, out)}")
        else:
            self._evaluate_rewards(out)
        return 0

    def _refuse_what_does_not_fit(self, experiment: Experiment) -> None:
        """Raises: BadArgument: a flag is of no meaning for this experiment."""
        if self.shots > 1 and not isinstance(experiment, ImitationExperiment):
            raise BadArgument(f"--shots: expected 1 for {self.experiment}, found {self.shots}; leave it out.")
        if self.split != SPLIT and (self.retry or not isinstance(experiment, ImitationExperiment)):
            raise BadArgument(f"--split: expected a policy without --retry, found {self.experiment}; leave it out.")
        if self.planning and not (isinstance(experiment, ClassifierExperiment) and experiment.data.source == "arrange"):
            raise BadArgument(
                f"--planning: expected a goal classifier of blocks, found {self.experiment}; leave it out."
            )
        if self.predictor != "simulator" and not self.planning:
            raise BadArgument(f"--predictor: expected --planning beside it, found {self.predictor} alone; add it.")
        if self.second_checkpoint is not None and not self.retry:
            raise BadArgument(f"--second-checkpoint {self.second_checkpoint}: expected --retry beside it; add it.")
        if self.retry and (self.shots > 1 or not isinstance(experiment, ImitationExperiment)):
            raise BadArgument(f"--retry: expected a policy and one shot, found {self.experiment}; leave it out.")

    def _evaluate_success(
        self, run: RunTask, checkpoint: Checkpoint[Any], task: str, tasks: int, trials: int, out: Path
    ) -> Protocol:
        """Count successes. Args: tasks, trials: how many when the user does not say. Returns: what was asked for."""
        trials = QUICK_TRIALS if self.quick else self.trials or trials
        asked = Protocol(self.seed, self._num_tasks(tasks), trials, task_class(task).criterion)
        folder = self.checkpoint or default_checkpoint(self.experiment)
        rivals = rivals_of(checkpoint.experiment, folder)
        plan = TrialPlan(folder, checkpoint.sha256, asked.seed, asked.trials, self.shots, rivals, self.split)
        run_one = partial(run, plan)
        workers = num_cores() if self.workers is None else self.workers
        result = results(checkpoint, asked, run_all(run_one, asked.tasks, workers, asked.criterion))
        result |= {"shots": self.shots} if self.shots > 1 else {}
        result |= {"split": self.split} if self.split != SPLIT else {}
        hashes = {key_of(rival.method, self.shots): rival.sha256 for rival in rivals}
        result |= {"rivals_sha256": hashes} if hashes else {}
        write_json(out, result)
        console.print(table_of(result))
        console.print(f"written to {out}")
        return asked

    def _evaluate_retry(self, out: Path) -> None:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, ImitationExperiment)
        trials = QUICK_TRIALS if self.quick else self.trials or TRIALS
        asked = Protocol(self.seed, self._num_tasks(TASKS), trials, task_class(checkpoint.experiment.task).criterion)
        plan = retry_plan(checkpoint, folder, self.goal_checkpoint, self.second_checkpoint, asked, self.retry_below)
        workers = num_cores() if self.workers is None else self.workers
        episodes = run_all(partial(run_retry_task, plan), asked.tasks, workers, asked.criterion)
        result = retry_results(checkpoint, plan, asked, episodes)
        write_json(out, result)
        console.print(table_of(result))
        console.print(f"{retry_sentence(result)}\nwritten to {out}")

    def _evaluate_rewards(self, out: Path) -> None:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, RewardExperiment)
        num_tasks = self._num_tasks(REWARD_TASKS)
        result = reward_results(checkpoint, folder, self.seed, num_tasks, is_quick=self.quick)
        write_json(out, result)
        pictures = draw_results(result, checkpoint, out)
        console.print(reward_table(result))
        console.print(f"written to {out}, drawn in {', '.join(map(str, pictures))}")

    def _evaluate_goals(self, out: Path) -> None:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, ClassifierExperiment)
        workers = 0 if self.quick else self.workers
        result, tasks = goal_results(checkpoint, folder, self.seed, self._num_tasks(GOAL_TASKS), workers)
        write_json(out, result)
        console.print(goal_table(result))
        console.print(f"written to {out}, drawn in {draw_goals(checkpoint, tasks, out)}")

    def _evaluate_ropes(self, out: Path) -> None:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, RopeExperiment)
        workers = 0 if self.quick else self.workers
        result, tests = rope_results(checkpoint, folder, self.seed, self._num_tasks(ROPE_TASKS), workers)
        write_json(out, result)
        console.print(goal_table(result))
        console.print(f"written to {out}, drawn in {draw_shapes(checkpoint, tests, out)}")

    def _evaluate_predictions(self, out: Path) -> None:
        checkpoint = checkpoint_of(self.experiment, self.checkpoint, PredictorExperiment)
        num_moves = QUICK_MOVES if self.quick else self.trials or MOVES
        workers = 0 if self.quick else self.workers
        result, found = prediction_results(checkpoint, self.seed, self._num_tasks(PLAY_GROUPS), num_moves, workers)
        write_json(out, result)
        console.print(prediction_table(result))
        console.print(f"written to {out}, drawn in {draw_predictions(found, out)}")

    def _pursue_goals(self, out: Path) -> None:
        folder = self.checkpoint or default_checkpoint(self.experiment)
        checkpoint = checkpoint_of(self.experiment, folder, ClassifierExperiment)
        trials = QUICK_TRIALS if self.quick else self.trials or PLANNING_TASKS
        asked, predictor = Trials(self.seed, self._num_tasks(PLANNING_PAIRS), trials), None
        if self.predictor == "learned":
            name, beside = f"{checkpoint.experiment.data_label}_predictor", folder.with_name(f"{folder.name}_predictor")
            predictor = checkpoint_of(name, beside, PredictorExperiment)
        config, workers = (QUICK, 0) if self.quick else (PursuitConfig(), self.workers)
        result, drawn = planning_results(checkpoint, folder, asked, predictor, config, workers)
        write_json(out, result)
        console.print(planning_table(result))
        console.print(f"written to {out}, drawn in {draw_pursuits(drawn, out)}")

    def _suffix(self) -> str:
        """What the results file's name says beside the experiment."""
        split = "" if self.split == SPLIT else f"_{self.split}"
        if self.shots > 1:
            return f"_{self.shots}_shots{split}"
        if self.planning:
            return "_planning" if self.predictor == "simulator" else "_planning_learned"
        return "_retry" if self.retry else split

    def _num_tasks(self, ordinary: int) -> int:
        if self.tasks is not None and not self.quick:
            return self.tasks
        return QUICK_TASKS if self.quick else ordinary


def run_all(run: Callable[[int], list[Episode]], num_tasks: int, workers: int, criterion: Criterion) -> list[Episode]:
    """Every episode of every task, in the order of the tasks whatever the number of workers, with a progress bar; where
    there is no terminal to draw it in, a line at every tenth.

    Args: run: from the number of a task to its episodes; can travel to worker processes.
    """
    episodes: list[Episode] = []
    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*shown, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task("evaluate", total=num_tasks)
        for number, group in enumerate(in_order(run, num_tasks, workers), start=1):
            episodes += group
            progress.update(bar, advance=1, description=_standing(episodes, criterion))
            if not console.is_terminal and number * LINES // num_tasks > (number - 1) * LINES // num_tasks:
                console.print(f"task {number}/{num_tasks}  {_standing(episodes, criterion)}")
    return episodes


def table_of(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    whose = result.get("split", SPLIT)
    title = (
        f"{result['experiment']}: {result['tasks']} {whose} tasks x {result['trials']} scenes, seed {result['seed']}"
    )
    rows: dict[str, dict[str, Any]] = result["methods"]
    kinds = [*next(iter(rows.values())).get("causes", ("task_identification", "control"))]
    heads = [kind.replace("_", " ") for kind in kinds]
    table = Table("method", "success", "rate", "95% interval", "by tasks", *heads, title=title)
    table.columns[0].no_wrap = True
    for method, row in rows.items():
        failures = row["failures"] | row.get("causes", {})
        table.add_row(
            method,
            f"{row['successes']}/{row['n']}",
            f"{row['rate']:.1%}",
            _percent(row["wilson95"]),
            _percent(row["task_bootstrap95"]),
            *(str(failures[kind]) for kind in kinds),
        )
    return table


def _standing(episodes: Sequence[Episode], criterion: Criterion) -> str:
    methods = dict.fromkeys(episode.method for episode in episodes)
    counts = {m: [getattr(episode, criterion) for episode in episodes if episode.method == m] for m in methods}
    return "  ".join(f"{method} {sum(done)}/{len(done)}" for method, done in counts.items())


def _percent(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"
