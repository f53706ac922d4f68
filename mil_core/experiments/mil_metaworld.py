"""Can a policy that meets Meta-World's Sawyer reach, push to or place at a goal that it never met, shown once?"""

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig


def mil_metaworld_reach() -> ImitationExperiment:
    """MIL on reach-v3, the goal in sight."""
    return _on("reach")


def mil_metaworld_push() -> ImitationExperiment:
    """MIL on push-v3, the goal in sight."""
    return _on("push")


def mil_metaworld_pick_place() -> ImitationExperiment:
    """MIL on pick-place-v3, the goal in sight."""
    return _on("pick_place")


def mil_metaworld_reach_hidden() -> ImitationExperiment:
    """MIL on reach-v3 with a goal that only the demonstration tells."""
    return _on("reach_hidden")


def mil_metaworld_push_hidden() -> ImitationExperiment:
    """MIL on push-v3 with a goal that only the demonstration tells."""
    return _on("push_hidden")


def mil_metaworld_pick_place_hidden() -> ImitationExperiment:
    """MIL on pick-place-v3 with a goal that only the demonstration tells."""
    return _on("pick_place_hidden")


def _on(variant: str) -> ImitationExperiment:
    """The network and rates of mil_push; its loss for a gripper beside that of three velocities.

    Args: variant: name of the task behind "metaworld_".
    """
    return ImitationExperiment(
        name=f"mil_metaworld_{variant}",
        task=f"metaworld_{variant}",
        robot="sawyer",
        algorithm="mil",
        method="mil_two_head",
        support="demo",
        policy=PolicyConfig(
            image_height=64,
            image_width=64,
            state_size=4,
            velocity_size=3,
            has_gripper=True,
            filters=(24, 32, 32),
            strides=(2, 2, 1),
            hidden=(100, 100),
            context_size=20,
            two_heads=True,
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=1e-3, clip=20.0),
            # A gripper that is always wrong weighs about as much as velocities that are always zero.
            cloning=CloningConfig(error_scale=18.0, l2_weight=1.0, gripper_weight=100.0),
            num_inner_frames=10,
            num_outer_frames=10,
        ),
        training=TrainingConfig(iterations=9000, meta_batch=12, threads=1),
        data=DataConfig(num_tasks=300, num_validation_tasks=30, demos_per_task=3),
    )
