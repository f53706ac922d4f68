"""What does this person want? Rewards from one to twenty demonstrations in SpriteWorld (thesis 8.1.4, Figure 38).

One experiment a method that is meta-trained, all on the same tasks and for as many steps; `mil evaluate
--experiment mandril_spriteworld` puts them all into one table, with MaxEnt IRL from scratch beside them.
"""

from mil_core.algorithms.mandril import MandrilConfig
from mil_core.experiments.reward import RewardExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.training import TrainingConfig

_TRAINING = TrainingConfig(iterations=4000, meta_batch=1, learning_rate=1e-3, validate_every=100, threads=1)
"""Each draw of one outer step is 16 tasks already."""
_MANDRIL = MandrilConfig(InnerConfig(num_steps=2, step_size=0.003, clip=None), test_steps=20)
"""Two inner steps reach in 100 outer steps what one reaches in 200; a third hardly adds to that."""


def mandril_spriteworld() -> RewardExperiment:
    """MandRIL itself."""
    return _experiment("mandril_spriteworld", "mandril")


def mandril_spriteworld_conditional() -> RewardExperiment:
    """The demo-conditional model."""
    return _experiment("mandril_spriteworld_conditional", "conditional")


def mandril_spriteworld_recurrent() -> RewardExperiment:
    """The recurrent meta-learner."""
    return _experiment("mandril_spriteworld_recurrent", "recurrent")


def mandril_spriteworld_fine_tuned() -> RewardExperiment:
    """One network for all tasks, fitted to the demonstrations of each new one."""
    return _experiment("mandril_spriteworld_fine_tuned", "fine_tuned")


def _experiment(name: str, algorithm: str) -> RewardExperiment:
    return RewardExperiment(name=name, algorithm=algorithm, method=algorithm, training=_TRAINING, mandril=_MANDRIL)
