"""Does one film of a human tell the robot which of three containers to place into?"""

from mil_core.algorithms.algorithm import LearningConfig
from mil_core.behavior_cloning import CloningConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.learned_loss import LearnedLossConfig
from mil_core.policies.policy import PolicyConfig
from mil_core.training import TrainingConfig


def daml_place() -> ImitationExperiment:
    """DAML on placing (thesis 7.2.7.1, B.3.3) at the size of two cores.

    Differs from the thesis: 16 to 32 filters from scratch instead of 64 behind VGG-19's first layer, 1 inner step
    instead of 5, 6 of 40 frames of the film and of each of two demos in the losses, the inner gradient divided by its
    root mean square, two auxiliaries of training (read-outs of the hand's position and of the goal), varied light and
    framing; and the arm first drives to the predicted pose, as the thesis's Sawyer does (B.3.5), not its PR2.
    """
    return ImitationExperiment(
        name="daml_place",
        task="place",
        robot="pr2",
        algorithm="daml",
        method="daml_temporal",
        support="film",
        policy=PolicyConfig(
            image_height=90,
            image_width=100,
            state_size=9,
            velocity_size=6,
            has_gripper=True,
            end_pose=tuple(range(9)),
            filters=(16, 32, 32, 32, 32),
            strides=(2, 2, 2, 1, 1),
            hidden=(100, 100),
            context_size=20,
            control="pose_first",
        ),
        learning=LearningConfig(
            inner=InnerConfig(num_steps=1, step_size=0.005, clip=None, rms_floor=1e-6),
            cloning=CloningConfig(l2_weight=1.0, end_pose_weight=1.0, gripper_weight=1.0),
            learned=LearnedLossConfig(kind="temporal", num_filters=32, hand_weight=10.0, goal_weight=10.0),
            num_inner_frames=6,
            num_outer_frames=6,
            num_queries=2,
            augment=True,
        ),
        training=TrainingConfig(iterations=5000, meta_batch=12, threads=1),
        data=DataConfig(num_tasks=1000, num_validation_tasks=60, demos_per_task=2, films_per_task=1),
    )
