"""`mil train`: meta-train an experiment into a checkpoint folder, with its log and learning curve beside it."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from data_tools.pictures import learning_curve
from mil_core import checkpoint as checkpoints
from mil_core.algorithms.algorithm import MetaLearner
from mil_core.commands import earlier_run
from mil_core.commands.checked import experiment_of
from mil_core.commands.output import BadArgument, console, require_at_least
from mil_core.commands.training_set import Source, training_set
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.team import join_team
from mil_core.training import LOG, train
from mil_core.warm_start import start_from

PICTURE = "learning_curve.png"


@dataclass(frozen=True)
class Train:
    """Meta-train an experiment; its demonstrations are collected first if they are not there yet."""

    experiment: str
    """Name of the experiment."""
    out: Path
    """Folder of the checkpoint, the log and the learning curve."""
    data: Path | None = None
    """Demo file of your own to train on; its last tenth validates."""
    data_folder: Path = Path("data")
    """Where the experiment's simulated demonstrations are, or are put."""
    tasks: int | None = None
    """Use so many of the experiment's meta-training tasks, the first ones; all when left out."""
    iterations: int | None = None
    """Outer steps; the experiment's own when left out."""
    seed: int | None = None
    """Seed of weights and draws; the experiment's own when left out."""
    threads: int | None = None
    """Torch threads; the experiment's own when left out."""
    start_from: Path | None = None
    """Checkpoint to begin with instead of random weights; the experiment's own when left out."""
    workers: int | None = None
    """Processes that collect; one a core when left out, none but this one when 0."""
    resume: bool = False
    """Continue the run in --out."""
    overwrite: bool = False
    """Replace the run in --out."""
    quick: bool = False
    """Three steps on three tiny tasks, in seconds."""

    def run(self) -> int:
        """Get the data, fit the scaling, train, draw the learning curve."""
        require_at_least(1, {"tasks": 1 if self.tasks is None else self.tasks})
        experiment = self._configured(experiment_of(self.experiment))
        require_at_least(1, {"iterations": experiment.training.iterations, "threads": experiment.training.threads})
        require_at_least(0, {"seed": experiment.training.seed, "workers": self.workers or 0})
        earlier_run.check_room(self.out, resume=self.resume, overwrite=self.overwrite)
        team = join_team()
        data = team.first_then_others(lambda: training_set(experiment, self._source(experiment.data_label)))
        if self.resume:
            earlier_run.check_goes_on(self.out, experiment, data.sha256)
        torch.manual_seed(experiment.training.seed)  # initial weights come from torch's own generator
        algorithm = experiment.build(data.statistics)
        if experiment.training.start_from and not self.resume:
            begun = self._start_from(algorithm, Path(experiment.training.start_from))
            if team.is_first:
                console.print(begun)

        def save(averaged: MetaLearner, iteration: int) -> None:
            made_by = self._command()
            measured = averaged.finish(data.validation)
            checkpoints.save(self.out, averaged, experiment, data.statistics, iteration, made_by, data.sha256, measured)
            learning_curve(self.out / LOG, self.out / PICTURE)

        if self.overwrite and team.is_first:
            earlier_run.remove(self.out)
        loop, resume = experiment.training, self.resume
        train(algorithm, data.training, data.validation, loop, self.out, resume=resume, save=save, team=team)
        if team.is_first:
            command = self._next_command(experiment)
            console.print(f"checkpoint and learning curve in {self.out}; judge it with: {command}")
        return 0

    def _configured(self, experiment: Experiment) -> Experiment:
        """The experiment with what the command line changes."""
        experiment = experiment.quick() if self.quick else experiment
        if self.data is not None and isinstance(experiment, ImitationExperiment):
            experiment = replace(experiment, data=replace(experiment.data, own_file=self.data.name))
        if self.tasks is not None:
            experiment = self._with_fewer_tasks(experiment)
        training = experiment.training
        return replace(
            experiment,
            training=replace(
                training,
                iterations=training.iterations if self.iterations is None else self.iterations,
                seed=training.seed if self.seed is None else self.seed,
                threads=training.threads if self.threads is None else self.threads,
                start_from=training.start_from if self.start_from is None else str(self.start_from),
            ),
        )

    def _with_fewer_tasks(self, experiment: Experiment) -> Experiment:
        if not isinstance(experiment, ImitationExperiment):
            raise BadArgument(f"--tasks: expected an experiment that imitates, found {experiment.name}; leave it out.")
        if self.data is None and (self.tasks or 0) > experiment.data.num_tasks:
            raise BadArgument(f"--tasks: expected at most {experiment.data.num_tasks}, found {self.tasks}; type fewer.")
        return replace(experiment, data=replace(experiment.data, used_tasks=self.tasks))

    def _start_from(self, algorithm: MetaLearner, folder: Path) -> str:
        """Take a checkpoint's weights. Returns: what was taken, in words."""
        found = start_from(algorithm, folder)
        left = f"; from random values: {', '.join(found.left)}" if found.left else ""
        return f"{len(found.taken)} parameters start from {folder}{left}"

    def _source(self, label: str) -> Source:
        label = f"{label}_quick" if self.quick else label
        return Source(self.data, self.data_folder, label, 0 if self.quick else self.workers)

    def _command(self) -> str:
        """What to type to make the checkpoint again."""
        names = ("data", "tasks", "iterations", "seed", "threads", "start_from")
        optional = {name.replace("_", "-"): getattr(self, name) for name in names}
        words = [f"--{name} {value}" for name, value in optional.items() if value is not None]
        quick = ["--quick"] if self.quick else []
        return " ".join(["mil train", f"--experiment {self.experiment}", f"--out {self.out}", *words, *quick])

    def _next_command(self, experiment: Experiment) -> str:
        return f"mil evaluate {experiment.judged_by(self.out)}{' --quick' if self.quick else ''}"
