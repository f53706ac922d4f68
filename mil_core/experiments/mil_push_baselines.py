"""Pushing without an inner loop: what MIL's rivals make of the same encoder, demonstrations, loss and budget.

`mil evaluate --experiment mil_push` puts them into its table when they are trained.
"""

from dataclasses import replace

from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.mil_push import mil_push

NUM_UNITS = 512
"""Of the LSTM, as in the thesis."""
NUM_KEPT = 64
"""Numbers that the contextual policy keeps of the last frame, and that the attending one keeps of each: as many as
there are feature points, where MIL has a bias transformation of 20 that it learns nothing by."""


def mil_push_contextual() -> ImitationExperiment:
    """Shown how the demonstration ended."""
    return _baseline("contextual", NUM_KEPT)


def mil_push_lstm() -> ImitationExperiment:
    """Reads the demonstration by an LSTM."""
    return _baseline("lstm", NUM_UNITS)


def mil_push_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration."""
    return _baseline("attention", NUM_KEPT)


def _baseline(method: str, context_size: int) -> ImitationExperiment:
    mil = mil_push()
    # A head of its own for the inner loss would never be used, nor would layers or inputs that only it moves.
    policy = replace(mil.policy, context_size=context_size, two_heads=False, two_first_layers=False, image_bias=False)
    return replace(mil, name=f"{mil.name}_{method}", algorithm=method, method=method, policy=policy)
