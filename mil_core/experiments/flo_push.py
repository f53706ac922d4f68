"""Is the thing at the goal, as in these five pictures? What may be asked before a push is tried once more.

As flo_arrange, from pictures of task `push_small`.
"""

from dataclasses import replace

from mil_core.colour_points import ColourPointsConfig
from mil_core.experiments.classifier import ClassifierDataConfig, ClassifierExperiment
from mil_core.experiments.flo_place import flo_place
from mil_core.goal_net import GoalNetConfig


def flo_push() -> ClassifierExperiment:
    """FLO on the ends of pushing episodes; trained for about ten minutes of one core."""
    placing = flo_place()
    return replace(
        placing,
        name="flo_push",
        training=replace(placing.training, iterations=800),
        network=GoalNetConfig(
            image_height=64,
            image_width=64,
            colours=ColourPointsConfig(camera_tilt_deg=50.0, camera_fovy_deg=40.0, skip_top=0.0),
        ),
        data=ClassifierDataConfig(
            source="push_small", num_groups=60, num_validation_groups=12, groups_per_draw=3, tasks_per_group=2
        ),
    )
