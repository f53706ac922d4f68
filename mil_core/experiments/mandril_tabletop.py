"""Round the glasses, end at the bowl: rewards over a camera picture from one shown path, driven by a simulated PR2.

The task is `tabletop` (sim.tasks.tabletop), thesis 8.1 moved onto a table; ours. The network is that of
`mandril_spriteworld`, but each cell sees more of the picture, as a glass matters as far as the gripper is wide.
Pictures are never inverted in training, because shading tells what a glass is.
"""

from mil_core.algorithms.mandril import MandrilConfig
from mil_core.experiments.reward import RewardDataConfig, RewardExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.reward_net import RewardNetConfig
from mil_core.training import TrainingConfig


def mandril_tabletop() -> RewardExperiment:
    """MandRIL on the table."""
    return RewardExperiment(
        name="mandril_tabletop",
        algorithm="mandril",
        method="mandril",
        world="tabletop",
        network=RewardNetConfig(dilation=2),
        mandril=MandrilConfig(InnerConfig(num_steps=2, step_size=0.003, clip=None), test_steps=1),
        data=RewardDataConfig(num_tasks=1000, num_validation_tasks=32, inverts=False),
        training=TrainingConfig(iterations=2400, meta_batch=1, learning_rate=1e-3, validate_every=100, threads=1),
    )
