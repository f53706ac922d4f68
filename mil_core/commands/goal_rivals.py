"""Whom goal classifiers are compared with: distances without training, and an autoencoder where it is trained."""

from dataclasses import replace
from pathlib import Path

from mil_core import checkpoint as checkpoints
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import Checkpoint
from mil_core.commands.output import console
from mil_core.experiments.goal import GoalExperiment
from mil_core.training import Sampler

WITHOUT_TRAINING = ("pixel", "oracle")


def calibrated_rivals(
    checkpoint: Checkpoint[GoalExperiment], folder: Path, validation: Sampler
) -> dict[str, GoalLearner]:
    """Distances, calibrated on validation tasks; the autoencoder where it lies beside the checkpoint."""
    learners: dict[str, GoalLearner] = {}
    for method in WITHOUT_TRAINING:
        learners[method] = replace(checkpoint.experiment, algorithm=method).build(checkpoint.statistics)
        learners[method].finish(validation)
    autoencoder = autoencoder_beside(checkpoint, folder)
    return learners if autoencoder is None else {**learners, "autoencoder": autoencoder}


def autoencoder_beside(checkpoint: Checkpoint[GoalExperiment], folder: Path) -> GoalLearner | None:
    """The autoencoder that lies beside the checkpoint; None, and what to type, where there is none."""
    beside = folder.with_name(f"{folder.name}_autoencoder")
    if beside.is_dir():
        return checkpoints.load(beside, type(checkpoint.experiment)).algorithm()
    again = f"mil train --experiment {checkpoint.experiment.name}_autoencoder --out {beside}"
    console.print(f"without autoencoder, as there is no {beside}; train it with: {again}")
    return None
