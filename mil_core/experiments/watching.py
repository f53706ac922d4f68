"""What of a demonstration is needed: its actions, its states, its pictures (thesis 7.1.6.2, Table 7.1)?

Two of Table 7.1's three rows, for any experiment that adapts to a robot's demonstration; the third is the whole.
"""

from dataclasses import replace

from mil_core.experiments.imitation import ImitationExperiment
from mil_core.inner_loop import InnerConfig
from mil_core.learned_loss import LearnedLossConfig


def video_state(whole: ImitationExperiment) -> ImitationExperiment:
    """From pictures and states of the demonstration, without its actions, by a linear loss."""
    return _watching(whole, "mil_video_state", LearnedLossConfig(kind="linear", sees_states=True), 4000)


def video_linear(whole: ImitationExperiment) -> ImitationExperiment:
    """From the demonstration's pictures alone, by a linear loss."""
    return _watching(whole, "mil_video_linear", LearnedLossConfig(kind="linear"), 2000)


def video_temporal(whole: ImitationExperiment) -> ImitationExperiment:
    """From the demonstration's pictures alone, by a loss that convolves over time."""
    return _watching(whole, "mil_video_temporal", LearnedLossConfig(kind="temporal"), 2000)


def _watching(
    whole: ImitationExperiment, method: str, learned: LearnedLossConfig, iterations: int
) -> ImitationExperiment:
    """Learns the loss of the inner loop; its step as in `daml_place`, for the scale of a learned loss is its own.

    Differs from the others: it starts from the weights of the whole, and has at most half as many steps. A loss that is
    learned beside random features has nothing to compare, and stays on the plateau for longer than two cores have time.
    """
    training = replace(
        whole.training,
        iterations=min(iterations, whole.training.iterations // 2),
        start_from=f"checkpoints/{whole.name}",
    )
    return replace(
        whole,
        algorithm="daml",
        method=method,
        support="watched_demo",
        policy=replace(whole.policy, two_heads=False, two_first_layers=not learned.sees_states),
        training=training,
        learning=replace(
            whole.learning,
            inner=InnerConfig(num_steps=1, step_size=0.005, clip=None, rms_floor=1e-6),
            learned=replace(learned, hand_weight=0.0, goal_weight=0.0),
        ),
    )
