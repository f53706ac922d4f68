"""Does one demonstration tell which of two things never seen before to push onto the red disc?"""

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig


def mil_push() -> ImitationExperiment:
    """MIL on pushing with pictures, states and actions (thesis 7.1.6.2, B.2.2) at the size of two cores.

    Differs from the thesis: pictures of 64x64 instead of 125x125, three layers of 24 to 32 filters instead of four of
    16, 10 of 100 steps in each loss, step size and clip of its reaching, no plane of image biases, 2,400 instead of
    9,200 demonstrations.
    """
    return ImitationExperiment(
        name="mil_push",
        task="push_small",
        robot="pr2_torque_arm",
        algorithm="mil",
        method="mil_two_head",
        support="demo",
        policy=PolicyConfig(
            image_height=64,
            image_width=64,
            state_size=17,
            velocity_size=7,
            has_gripper=False,
            filters=(24, 32, 32),
            strides=(2, 2, 1),
            hidden=(100, 100),
            context_size=20,
            two_heads=True,
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=1e-3, clip=20.0),
            cloning=CloningConfig(error_scale=18.0, l2_weight=1.0),
            num_inner_frames=10,
            num_outer_frames=10,
        ),
        training=TrainingConfig(iterations=9000, meta_batch=12, threads=1),
        data=DataConfig(num_tasks=600, num_validation_tasks=40, demos_per_task=4, label="mil_push"),
    )
