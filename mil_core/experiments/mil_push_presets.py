"""MIL on pushing at full size: as the thesis describes it and as its code was released, where the two part."""

from dataclasses import replace

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.experiments.mil_push import mil_push
from mil_core.inner_loop import InnerConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig

RELEASED_ERROR_SCALE, ACTION_STD = 50.0, 0.15
"""What the released code multiplies errors by, in units of the torques, and the torques' typical standard deviation
here, in whose units errors are taken."""


def mil_push_released() -> ImitationExperiment:
    """Sizes, rates and budget of the released script: 125x125 pictures, every one of 100 steps in both losses, 769
    tasks of 12 demonstrations, 30,000 outer steps of 15 tasks; days on two cores, hours on a graphics card.

    Source: the released code of MIL, scripts/run_sim_push.sh; thesis B.2.2. Differs: scene, arm and things are ours,
    and the constant place of the goal is no part of the state.
    """
    return replace(
        mil_push(),
        name="mil_push_released",
        task="push",
        policy=PolicyConfig(
            image_height=125,
            image_width=125,
            state_size=17,
            velocity_size=7,
            has_gripper=False,
            filters=(16, 16, 16, 16),
            strides=(2, 2, 2, 2),
            kernel_size=5,
            hidden=(200, 200),
            context_size=20,
            two_heads=True,
            image_bias=True,
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=0.01, clip=10.0),
            cloning=CloningConfig(error_scale=RELEASED_ERROR_SCALE * ACTION_STD, l2_weight=1.0),
            num_inner_frames=100,
            num_outer_frames=100,
        ),
        training=TrainingConfig(iterations=30_000, meta_batch=15, threads=2),
        data=DataConfig(num_tasks=769, num_validation_tasks=76, demos_per_task=12, label="mil_push_full"),
    )


def mil_push_paper() -> ImitationExperiment:
    """As released, but layers normalised as the thesis says (B.2.2: layer norm after each layer)."""
    released = mil_push_released()
    return replace(released, name="mil_push_paper", policy=replace(released.policy, hidden_norm=True))
