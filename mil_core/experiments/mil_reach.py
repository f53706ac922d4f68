"""Can a policy reach a colour it never saw, after one demonstration? The small example, an hour on one core."""

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig


def mil_reach() -> ImitationExperiment:
    """MIL on planar reaching (thesis 7.1.6.1, B.2.1) at the size of a laptop.

    Step size and clip as released; so is the error scale of 100, which is 18 in units of the torques' standard
    deviation. Differs from the thesis: two heads, spatial soft-argmax instead of flattened maps, 24 filters, 10 of 50
    steps in each loss.
    """
    return ImitationExperiment(
        name="mil_reach",
        task="reach",
        robot="planar_arm",
        algorithm="mil",
        method="mil_two_head",
        support="demo",
        policy=PolicyConfig(
            image_height=64,
            image_width=80,
            state_size=10,
            velocity_size=2,
            has_gripper=False,
            filters=(24, 24, 24),
            strides=(2, 2, 1),
            hidden=(100, 100),
            context_size=10,
            two_heads=True,
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=1e-3, clip=20.0),
            cloning=CloningConfig(error_scale=18.0, l2_weight=1.0),
            num_inner_frames=10,
            num_outer_frames=10,
        ),
        training=TrainingConfig(iterations=9000, meta_batch=12, threads=1),
        data=DataConfig(num_tasks=1000, num_validation_tasks=40, demos_per_task=4, label="mil_reach"),
    )
