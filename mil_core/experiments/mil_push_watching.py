"""What of a demonstration does pushing need: its actions, its states, its pictures (thesis 7.1.6.2, Table 7.1)?"""

from dataclasses import replace

from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.mil_push import mil_push
from mil_core.inner_loop import InnerConfig
from mil_core.learned_loss import LearnedLossConfig


def mil_push_video_state() -> ImitationExperiment:
    """From pictures and states of the demonstration, without its actions, by a linear loss."""
    return _watching("video_state", LearnedLossConfig(kind="linear", sees_states=True), 4000)


def mil_push_video_linear() -> ImitationExperiment:
    """From the demonstration's pictures alone, by a linear loss."""
    return _watching("video_linear", LearnedLossConfig(kind="linear"), 2000)


def mil_push_video_temporal() -> ImitationExperiment:
    """From the demonstration's pictures alone, by a loss that convolves over time."""
    return _watching("video_temporal", LearnedLossConfig(kind="temporal"), 2000)


def _watching(variant: str, learned: LearnedLossConfig, iterations: int) -> ImitationExperiment:
    """Learns the loss of the inner loop; its step as in `daml_place`, for the scale of a learned loss is its own.

    Differs from the others: it starts from the weights of `mil_push`. A loss that is learned beside random features
    has nothing to compare, and stays on the plateau for longer than two cores have time.
    """
    whole = mil_push()
    return replace(
        whole,
        name=f"mil_push_{variant}",
        algorithm="daml",
        method=f"mil_{variant}",
        support="watched_demo",
        policy=replace(whole.policy, two_heads=False, two_first_layers=not learned.sees_states),
        training=replace(whole.training, iterations=iterations, start_from="checkpoints/mil_push"),
        learning=replace(
            whole.learning,
            inner=InnerConfig(num_steps=1, step_size=0.005, clip=None, rms_floor=1e-6),
            learned=replace(learned, hand_weight=0.0, goal_weight=0.0),
        ),
    )
