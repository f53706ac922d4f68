"""Reaching with pictures: what of MIL does the work, and what do its rivals make of the same data?

`mil evaluate --experiment mil_reach` puts them into its table when they are trained.
"""

from mil_core.experiments.imitation import (
    LSTM_UNITS,
    NUM_KEPT,
    ImitationExperiment,
    no_bias,
    one_head,
    without_inner_loop,
)
from mil_core.experiments.mil_reach import mil_reach


def mil_reach_one_head() -> ImitationExperiment:
    """The same output layer before and after the inner step, as in the thesis."""
    return one_head(mil_reach())


def mil_reach_no_bias() -> ImitationExperiment:
    """Without the bias transformation."""
    return no_bias(mil_reach())


def mil_reach_contextual() -> ImitationExperiment:
    """Shown how the demonstration ended."""
    return without_inner_loop(mil_reach(), "contextual", NUM_KEPT)


def mil_reach_lstm() -> ImitationExperiment:
    """Reads the demonstration by an LSTM."""
    return without_inner_loop(mil_reach(), "lstm", LSTM_UNITS)


def mil_reach_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration."""
    return without_inner_loop(mil_reach(), "attention", NUM_KEPT)
