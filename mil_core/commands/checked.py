"""Names and folders from the command line, turned into objects or refused."""

from pathlib import Path

from mil_core import checkpoint as checkpoints
from mil_core.checkpoint import Checkpoint
from mil_core.commands.output import BadArgument
from mil_core.errors import UnknownExperiment
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.experiment import Experiment
from mil_core.experiments.imitation import ImitationExperiment


def experiment_of(name: str) -> Experiment:
    """The experiment of a name. Raises: UnknownExperiment: the message lists the known ones."""
    if name not in EXPERIMENTS:
        known = ", ".join(sorted(EXPERIMENTS))
        raise UnknownExperiment(f"expected a known experiment, found {name!r}; use one of: {known}.")
    return EXPERIMENTS[name]()


def imitation_of(name: str) -> ImitationExperiment:
    """The experiment of a name, which must be one that acts. Raises: UnknownExperiment."""
    experiment = experiment_of(name)
    if not isinstance(experiment, ImitationExperiment):
        known = ", ".join(sorted(n for n, make in EXPERIMENTS.items() if isinstance(make(), ImitationExperiment)))
        raise UnknownExperiment(f"expected an experiment whose policy acts, found {name!r}; use one of: {known}.")
    return experiment


def default_checkpoint(experiment: str) -> Path:
    """Where the checkpoint of an experiment lies when nobody says otherwise."""
    return Path("checkpoints") / experiment


def checkpoint_of(experiment: str, folder: Path | None) -> Checkpoint[ImitationExperiment]:
    """The checkpoint of an experiment that acts, from `folder` or the default one.

    Raises: MilError: the experiment is unknown, the checkpoint is missing or damaged or belongs to another experiment.
    """
    imitation_of(experiment)
    folder = folder or default_checkpoint(experiment)
    checkpoint = checkpoints.load(folder, ImitationExperiment)
    if checkpoint.experiment.name != experiment:
        raise BadArgument(
            f"{folder}: expected a checkpoint of {experiment!r}, found one of {checkpoint.experiment.name!r}; "
            f"type --experiment {checkpoint.experiment.name}, or name another folder."
        )
    return checkpoint
