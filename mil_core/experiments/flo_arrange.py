"""Is the red block behind the blue one, as in these five pictures? Goal classifiers for blocks never met before.

Thesis 8.2.6.1 and B.6.1 at the size of two cores; `mil evaluate --experiment flo_arrange` puts FLO and its rivals into
one table.
"""

from mil_core.algorithms.flo import FloConfig
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.training import TrainingConfig


def flo_arrange() -> ClassifierExperiment:
    """FLO itself.

    The convolutions stay as they begin: in short trials, learning them made validation worse (the root in
    `mil_core.goal_net.co_occurrence` is steep where nothing lies, and their gradient is noise).
    """
    return _experiment("flo_arrange", "flo", 120)


def flo_arrange_autoencoder() -> ClassifierExperiment:
    """The autoencoder behind the latent distance."""
    return _experiment("flo_arrange_autoencoder", "autoencoder", 300)


def _experiment(name: str, algorithm: str, iterations: int) -> ClassifierExperiment:
    return ClassifierExperiment(
        name=name,
        algorithm=algorithm,
        method=algorithm,
        training=TrainingConfig(
            iterations=iterations,
            meta_batch=1,
            learning_rate=1e-3,
            clip_norm=5.0,
            average=0.98,
            validate_every=25,
            save_every_s=150.0,
            threads=1,
        ),
        flo=FloConfig(InnerConfig(num_steps=3, step_size=0.3, clip=None), test_steps=3, learn_trunk=False),
    )
