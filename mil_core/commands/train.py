"""`mil train`: meta-train an experiment into a checkpoint folder, with its log and learning curve beside it."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from data_tools.pictures import learning_curve
from mil_core import checkpoint as checkpoints
from mil_core.algorithms.algorithm import AbstractAlgorithm
from mil_core.commands.checked import experiment_of
from mil_core.commands.meta_data import MetaData, own_data, simulated_data
from mil_core.commands.output import BadArgument, console, require_at_least
from mil_core.experiments.experiment import Experiment
from mil_core.sampling import TaskSampler
from mil_core.scaling import Scaling
from mil_core.training import train
from mil_core.training_state import STATE_FILE

QUICK_TASKS, QUICK_VALIDATION_TASKS = 2, 1
LOG, PICTURE = "log.jsonl", "learning_curve.png"
QUICK_ITERATIONS, QUICK_META_BATCH = 3, 2


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
    iterations: int | None = None
    """Outer steps; the experiment's own when left out."""
    seed: int | None = None
    """Seed of weights and draws; the experiment's own when left out."""
    threads: int | None = None
    """Torch threads; the experiment's own when left out."""
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
        experiment = self._configured(experiment_of(self.experiment))
        require_at_least(1, {"iterations": experiment.training.iterations, "threads": experiment.training.threads})
        require_at_least(0, {"seed": experiment.training.seed, "workers": self.workers or 0})
        earlier = self._earlier_run()
        data = self._meta_data(experiment)
        scaling = Scaling.fit([d for task in data.training for d in task.demos], experiment.policy)
        torch.manual_seed(experiment.training.seed)  # initial weights come from torch's own generator
        algorithm = experiment.build(scaling)
        training = _sampler(experiment, scaling, data.training)
        as_they_are = replace(experiment, learning=replace(experiment.learning, augment=False))
        validation = _sampler(as_they_are, scaling, data.validation)

        def save(averaged: AbstractAlgorithm, iteration: int) -> None:
            checkpoints.save(self.out, averaged, experiment, scaling, iteration, self._command())
            learning_curve(self.out / LOG, self.out / PICTURE)

        if self.overwrite:
            for part in earlier:
                shutil.rmtree(part) if part.is_dir() else part.unlink()
        train(algorithm, training, validation, experiment.training, self.out, resume=self.resume, save=save)
        console.print(f"checkpoint and learning curve in {self.out}; judge it with: {self._next_command()}")
        return 0

    def _configured(self, experiment: Experiment) -> Experiment:
        """The experiment with what the command line changes."""
        training = experiment.training
        if self.quick:
            training = replace(training, iterations=QUICK_ITERATIONS, meta_batch=QUICK_META_BATCH)
            data = replace(experiment.data, num_tasks=QUICK_TASKS, num_validation_tasks=QUICK_VALIDATION_TASKS)
            experiment = replace(experiment, data=data)
        return replace(
            experiment,
            training=replace(
                training,
                iterations=training.iterations if self.iterations is None else self.iterations,
                seed=training.seed if self.seed is None else self.seed,
                threads=training.threads if self.threads is None else self.threads,
            ),
        )

    def _earlier_run(self) -> list[Path]:
        """What an earlier run left in --out. Raises: BadArgument: nobody said what to do with it."""
        if self.resume and self.overwrite:
            raise BadArgument("expected --resume or --overwrite, found both; leave one out.")
        parts = [self.out / name for name in (STATE_FILE, LOG, "tensorboard", checkpoints.MODEL)]
        found = [part for part in parts if part.exists()]
        if found and not (self.resume or self.overwrite):
            raise BadArgument(
                f"{self.out}: expected no earlier run, found {', '.join(part.name for part in found)}; "
                "add --resume to continue it or --overwrite to replace it."
            )
        return found

    def _meta_data(self, experiment: Experiment) -> MetaData:
        if self.data is not None:
            return own_data(self.data, experiment.policy)
        label = f"{self.experiment}_quick" if self.quick else self.experiment
        return simulated_data(experiment, self.data_folder, label, 0 if self.quick else self.workers)

    def _command(self) -> str:
        """What to type to make the checkpoint again."""
        optional = {"data": self.data, "iterations": self.iterations, "seed": self.seed, "threads": self.threads}
        words = [f"--{name} {value}" for name, value in optional.items() if value is not None]
        quick = ["--quick"] if self.quick else []
        return " ".join(["mil train", f"--experiment {self.experiment}", f"--out {self.out}", *words, *quick])

    def _next_command(self) -> str:
        return f"mil evaluate --experiment {self.experiment} --checkpoint {self.out}{' --quick' if self.quick else ''}"


def _sampler(experiment: Experiment, scaling: Scaling, tasks: list) -> TaskSampler:
    return TaskSampler(tasks, scaling, experiment.policy, experiment.support, experiment.learning)
