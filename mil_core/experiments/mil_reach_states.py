"""Where three places are told and one of them is meant: does one demonstration tell which (thesis Figure 25, left)?"""

from dataclasses import replace

from mil_core.experiments.imitation import (
    LSTM_UNITS,
    NUM_KEPT,
    DataConfig,
    ImitationExperiment,
    first_order,
    no_bias,
    one_head,
    without_inner_loop,
)
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
    )


def mil_reach_states_one_head() -> ImitationExperiment:
    """The same output layer before and after the inner step, as in the thesis."""
    return one_head(mil_reach_states())


def mil_reach_states_no_bias() -> ImitationExperiment:
    """Without the bias transformation."""
    return no_bias(mil_reach_states())


def mil_reach_states_first_order() -> ImitationExperiment:
    """Without second derivatives."""
    return first_order(mil_reach_states())


def mil_reach_states_contextual() -> ImitationExperiment:
    """Shown how the demonstration ended."""
    return without_inner_loop(mil_reach_states(), "contextual", NUM_KEPT)


def mil_reach_states_lstm() -> ImitationExperiment:
    """Reads the demonstration by an LSTM."""
    return without_inner_loop(mil_reach_states(), "lstm", LSTM_UNITS)


def mil_reach_states_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration."""
    return without_inner_loop(mil_reach_states(), "attention", NUM_KEPT)
