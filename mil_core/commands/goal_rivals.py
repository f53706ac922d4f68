"""Whom goal classifiers are compared with: distances without training, and others where they are trained."""

from dataclasses import replace
from pathlib import Path

from mil_core.algorithms.flo import Flo
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.baselines.unadapted_goals import FeatureDistance, ViewDistance
from mil_core.checkpoint import Checkpoint
from mil_core.commands.checked import checkpoint_of
from mil_core.commands.output import console
from mil_core.experiments import EXPERIMENTS
from mil_core.experiments.goal import GoalExperiment
from mil_core.training import Sampler

WITHOUT_TRAINING = ("pixel", "oracle")
UNADAPTED = ("view", "features")
"""Distances in FLO's view and in its features. They judge pictures, to tell what adapting is worth; nobody plans with
them."""
TRAINED = ("autoencoder", "spatial_autoencoder", "mined")
"""Endings of the names of experiments with the same pictures."""


def calibrated_rivals(
    checkpoint: Checkpoint[GoalExperiment], folder: Path, validation: Sampler
) -> dict[str, GoalLearner]:
    """Whoever lies beside the checkpoint, and distances, calibrated on validation tasks."""
    learners: dict[str, GoalLearner] = {}
    for method in WITHOUT_TRAINING:
        learners[method] = replace(checkpoint.experiment, algorithm=method).build(checkpoint.statistics)
    flo = checkpoint.algorithm()
    if isinstance(flo, Flo):
        learners |= dict(zip(UNADAPTED, (ViewDistance(flo), FeatureDistance(flo)), strict=True))
    for learner in learners.values():
        learner.finish(validation)
    return learners | learners_beside(checkpoint, folder)


def learners_beside(checkpoint: Checkpoint[GoalExperiment], folder: Path) -> dict[str, GoalLearner]:
    """What lies beside the checkpoint and learned from the same pictures, by method; says what to type for those that
    do not."""
    found: dict[str, GoalLearner] = {}
    for ending in TRAINED:
        name, beside = f"{checkpoint.experiment.name}_{ending}", folder.with_name(f"{folder.name}_{ending}")
        if name not in EXPERIMENTS:
            continue
        if beside.is_dir():
            trained = checkpoint_of(name, beside, type(checkpoint.experiment))
            found[trained.experiment.method] = trained.algorithm()
        else:
            again = f"mil train --experiment {name} --out {beside}"
            console.print(f"without {ending}, as there is no {beside}; train it with: {again}")
    return found
