"""Where three places are told and one of them is meant: does one demonstration tell which (thesis Figure 25, left)?"""

from dataclasses import replace

from mil_core.baselines.shown_policy import ShownConfig
from mil_core.experiments.imitation import DataConfig, ImitationExperiment
from mil_core.experiments.mil_reach import mil_reach


def mil_reach_states() -> ImitationExperiment:
    """MIL on reaching without pictures (thesis 7.1.6.1, B.2.1): three layers of 200, no convolutions.

    Differs from the thesis: two heads, half of the 50 steps in each loss; more tasks in a batch.
    """
    seen = mil_reach()
    return replace(
        seen,
        name="mil_reach_states",
        task="reach_states",
        policy=replace(
            seen.policy, image_height=32, image_width=40, state_size=16, filters=(), strides=(), hidden=(200, 200, 200)
        ),
        learning=replace(seen.learning, num_inner_frames=25, num_outer_frames=25),
        training=replace(seen.training, iterations=6000),
        data=DataConfig(
            num_tasks=1000, num_validation_tasks=40, demos_per_task=4, label="mil_reach_states", held_out="layouts"
        ),
        shown=ShownConfig(places=((10, 11), (12, 13), (14, 15))),  # behind the arm's own ten numbers
    )
