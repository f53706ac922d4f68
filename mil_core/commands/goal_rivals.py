"""Whom goal classifiers are compared with: distances without training, and autoencoders where they are trained."""

from dataclasses import replace
from pathlib import Path

from mil_core import checkpoint as checkpoints
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import Checkpoint
from mil_core.commands.output import console
from mil_core.experiments.goal import GoalExperiment
from mil_core.training import Sampler

WITHOUT_TRAINING = ("pixel", "oracle")
TRAINED = ("autoencoder", "spatial_autoencoder")
"""Endings of the names of experiments with the same pictures."""


def calibrated_rivals(
    checkpoint: Checkpoint[GoalExperiment], folder: Path, validation: Sampler
) -> dict[str, GoalLearner]:
    """Distances, calibrated on validation tasks; the autoencoders where they lie beside the checkpoint."""
    learners: dict[str, GoalLearner] = {}
    for method in WITHOUT_TRAINING:
        learners[method] = replace(checkpoint.experiment, algorithm=method).build(checkpoint.statistics)
        learners[method].finish(validation)
    return learners | autoencoders_beside(checkpoint, folder)


def autoencoders_beside(checkpoint: Checkpoint[GoalExperiment], folder: Path) -> dict[str, GoalLearner]:
    """The autoencoders that lie beside the checkpoint, by method; says what to type for those that do not."""
    found: dict[str, GoalLearner] = {}
    for method in TRAINED:
        beside = folder.with_name(f"{folder.name}_{method}")
        if beside.is_dir():
            found[method] = checkpoints.load(beside, type(checkpoint.experiment)).algorithm()
        else:
            again = f"mil train --experiment {checkpoint.experiment.name}_{method} --out {beside}"
            console.print(f"without {method}, as there is no {beside}; train it with: {again}")
    return found
