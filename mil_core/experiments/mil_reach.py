"""Can a policy reach a colour it never saw, after one demonstration? The small example that trains in minutes."""

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.experiment import DataConfig, Experiment
from mil_core.inner_loop import InnerConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig


def mil_reach() -> Experiment:
    """MIL on planar reaching (thesis 7.1.6.1, B.2.1) at the size of a laptop.

    Differs from the thesis: spatial soft-argmax instead of flattened maps, 24 filters, 8 of 50 steps in the inner loss
    and 5 of each of three demos in the outer one, the inner gradient divided by its root mean square instead of scaled
    and clipped, and the predicted end pose, which the thesis has for placing only.
    """
    return Experiment(
        name="mil_reach",
        task="reach",
        robot="planar_arm",
        algorithm="mil",
        method="mil_one_head",
        support="demo",
        policy=PolicyConfig(
            image_height=64,
            image_width=80,
            state_size=10,
            velocity_size=2,
            has_gripper=False,
            end_pose=(4, 5),
            filters=(24, 24, 24),
            strides=(2, 2, 1),
            hidden=(100, 100),
            context_size=10,
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=0.005, clip=None, rms_floor=1e-6),
            cloning=CloningConfig(l2_weight=1.0, end_pose_weight=1.0),
            num_inner_frames=8,
            num_outer_frames=5,
            num_queries=3,
        ),
        training=TrainingConfig(iterations=2500, meta_batch=12, threads=1),
        data=DataConfig(num_tasks=400, num_validation_tasks=40, demos_per_task=4),
    )
