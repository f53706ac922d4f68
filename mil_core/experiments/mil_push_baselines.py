"""Pushing without an inner loop: what MIL's rivals make of the same encoder, demonstrations, loss and budget.

`mil evaluate --experiment mil_push` puts them into its table when they are trained.
"""

from mil_core.experiments.imitation import LSTM_UNITS, NUM_KEPT, ImitationExperiment, without_inner_loop
from mil_core.experiments.mil_push import mil_push


def mil_push_contextual() -> ImitationExperiment:
    """Shown how the demonstration ended."""
    return without_inner_loop(mil_push(), "contextual", NUM_KEPT)


def mil_push_lstm() -> ImitationExperiment:
    """Reads the demonstration by an LSTM."""
    return without_inner_loop(mil_push(), "lstm", LSTM_UNITS)


def mil_push_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration."""
    return without_inner_loop(mil_push(), "attention", NUM_KEPT)
