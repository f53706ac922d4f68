"""Does the rope lie in the shape that these five pictures show? Goal classifiers for shapes never met before.

Thesis 8.2.6.2 and B.6.1; `mil evaluate --experiment flo_rope` puts FLO and its rivals into one table, and
`python -m mil_core.commands.rope_policies` lets them reward reinforcement learning.
"""

from mil_core.experiments.rope import RopeDataConfig, RopeExperiment
from mil_core.training import TrainingConfig


def flo_rope() -> RopeExperiment:
    """FLO itself."""
    return _experiment("flo_rope", "flo", 2000, 3e-3)


def flo_rope_autoencoder() -> RopeExperiment:
    """The autoencoder behind the latent distance and the features."""
    return _experiment("flo_rope_autoencoder", "autoencoder", 3000, 1e-3)


def flo_rope_spatial_autoencoder() -> RopeExperiment:
    """The autoencoder whose code is where features are seen."""
    return _experiment("flo_rope_spatial_autoencoder", "spatial_autoencoder", 3000, 1e-3)


def _experiment(name: str, algorithm: str, iterations: int, learning_rate: float) -> RopeExperiment:
    return RopeExperiment(
        name=name,
        algorithm=algorithm,
        method=algorithm,
        data=RopeDataConfig(misses_per_task=60, small_per_task=16),
        training=TrainingConfig(
            iterations=iterations,
            meta_batch=1,
            learning_rate=learning_rate,
            clip_norm=5.0,
            average=0.98,
            validate_every=100,
            save_every_s=300.0,
            threads=1,
        ),
    )
