"""Is the red block behind the blue one, as in these five pictures? Goal classifiers for blocks never met before.

Thesis 8.2.6.1 and B.6.1 at the size of two cores; `mil evaluate --experiment flo_arrange` puts FLO and its rivals into
one table.
"""

from dataclasses import replace

from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.training import TrainingConfig


def flo_arrange() -> ClassifierExperiment:
    """FLO itself. What stands on another thing is told by a few pixels of the latter, and needs the most steps."""
    whole = _experiment("flo_arrange", "flo", 1000, 5e-3)
    return replace(whole, data=replace(whole.data, favoured=("on",)))


def flo_arrange_mined() -> ClassifierExperiment:
    """FLO, which goes on from `flo_arrange` with pictures that fooled it while it was planned with."""
    whole = flo_arrange()
    return replace(
        whole,
        name="flo_arrange_mined",
        method="flo_mined",
        training=replace(whole.training, iterations=300, learning_rate=2e-3, start_from="checkpoints/flo_arrange"),
        data=replace(whole.data, mined_by="checkpoints/flo_arrange", near_misses_per_task=6),
    )


def flo_arrange_autoencoder() -> ClassifierExperiment:
    """The autoencoder behind the latent distance."""
    return _experiment("flo_arrange_autoencoder", "autoencoder", 3000, 1e-3)


def flo_arrange_spatial_autoencoder() -> ClassifierExperiment:
    """The autoencoder whose code is where features are seen."""
    return _experiment("flo_arrange_spatial_autoencoder", "spatial_autoencoder", 3000, 1e-3)


def flo_arrange_predictor() -> PredictorExperiment:
    """The model of moves that plans can be made with."""
    return PredictorExperiment(
        name="flo_arrange_predictor",
        algorithm="move_predictor",
        method="learned",
        training=TrainingConfig(
            iterations=2500,
            meta_batch=1,
            learning_rate=2e-3,
            clip_norm=5.0,
            average=0.99,
            validate_every=100,
            save_every_s=150.0,
            threads=1,
        ),
    )


def _experiment(name: str, algorithm: str, iterations: int, learning_rate: float) -> ClassifierExperiment:
    return ClassifierExperiment(
        name=name,
        algorithm=algorithm,
        method=algorithm,
        training=TrainingConfig(
            iterations=iterations,
            meta_batch=1,
            learning_rate=learning_rate,
            clip_norm=5.0,
            average=0.98,
            validate_every=50,
            save_every_s=150.0,
            threads=1,
        ),
    )
