"""Names and folders from the command line, turned into objects or refused."""

from difflib import get_close_matches
from pathlib import Path

from mil_core import checkpoint as checkpoints
from mil_core.checkpoint import AnyExperiment, Checkpoint
from mil_core.commands.output import BadArgument
from mil_core.errors import CheckpointCorrupt, UnknownExperiment
from mil_core.experiments import EXPERIMENTS, VARIANTS
from mil_core.experiments.experiment import Experiment


def experiment_of(name: str) -> Experiment:
    """The experiment of a name. Raises: UnknownExperiment: the message tells the nearest and lists the known ones."""
    if name not in EXPERIMENTS:
        meant = f"type {near[0]}, or " if (near := get_close_matches(name, EXPERIMENTS, 1)) else ""
        raise UnknownExperiment(
            f"expected a known experiment, found {name!r}; {meant}use one of: {_listed(Experiment)}, or one with a "
            "part changed, such as mil_push_one_head."
        )
    return EXPERIMENTS[name]()


def experiment_as(name: str, kind: type[AnyExperiment]) -> AnyExperiment:
    """The experiment of a name, which must be of this kind. Raises: UnknownExperiment."""
    experiment = experiment_of(name)
    if not isinstance(experiment, kind):
        known = _listed(kind)
        raise UnknownExperiment(f"expected an experiment of kind {kind.kind!r}, found {name!r}; use one of: {known}.")
    return experiment


def _listed(kind: type[Experiment]) -> str:
    """Names of the experiments of a kind, without variants: with them the list would not fit into a message."""
    variants = {f"{whole}_{variant}" for whole, several in VARIANTS.items() for variant in several}
    return ", ".join(sorted(n for n, make in EXPERIMENTS.items() if n not in variants and isinstance(make(), kind)))


def unchanged_checkpoint(folder: Path, sha256: str, kind: type[AnyExperiment]) -> Checkpoint[AnyExperiment]:
    """A checkpoint that must still have this hash.

    Raises: MilError; CheckpointCorrupt also when it has changed.
    """
    checkpoint = checkpoints.load(folder, kind)
    if checkpoint.sha256 != sha256:
        raise CheckpointCorrupt(f"{folder}: expected it to stay as it was, found a change; evaluate a copy.")
    return checkpoint


def default_checkpoint(experiment: str) -> Path:
    """Where the checkpoint of an experiment lies when nobody says otherwise."""
    return Path("checkpoints") / experiment


def checkpoint_of(experiment: str, folder: Path | None, kind: type[AnyExperiment]) -> Checkpoint[AnyExperiment]:
    """The checkpoint of an experiment of this kind, from `folder` or the default one.

    Raises: MilError: the experiment is unknown, the checkpoint is missing or damaged or belongs to another experiment.
    """
    experiment_as(experiment, kind)
    folder = folder or default_checkpoint(experiment)
    checkpoint = checkpoints.load(folder)
    if not isinstance(checkpoint.experiment, kind) or checkpoint.experiment.name != experiment:
        raise BadArgument(
            f"{folder}: expected a checkpoint of {experiment!r}, found one of {checkpoint.experiment.name!r}; "
            f"type --experiment {checkpoint.experiment.name}, or name another folder."
        )
    return checkpoint  # pyright: ignore[reportReturnType]
