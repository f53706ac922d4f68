"""Is the item in this container, as in these five pictures? What a robot that places things may ask before it goes on.

As flo_arrange, from pictures of task `place`.
"""

from mil_core.colour_points import ColourPointsConfig
from mil_core.experiments.classifier import ClassifierDataConfig, ClassifierExperiment
from mil_core.goal_net import GoalNetConfig
from mil_core.training import TrainingConfig


def flo_place() -> ClassifierExperiment:
    """FLO on the ends of placing episodes; trained for about ten minutes of one core."""
    return ClassifierExperiment(
        name="flo_place",
        algorithm="flo",
        method="flo",
        network=GoalNetConfig(
            image_height=90,
            image_width=100,
            colours=ColourPointsConfig(camera_tilt_deg=50.4, camera_fovy_deg=44.0, skip_top=0.25),
            least_apart=1.5,
            steady=0.04,
        ),
        training=TrainingConfig(
            iterations=500,
            meta_batch=1,
            learning_rate=5e-3,
            clip_norm=5.0,
            average=0.95,
            validate_every=50,
            save_every_s=150.0,
            threads=1,
        ),
        data=ClassifierDataConfig(
            source="place", num_groups=24, num_validation_groups=8, groups_per_draw=2, tasks_per_group=3
        ),
    )
