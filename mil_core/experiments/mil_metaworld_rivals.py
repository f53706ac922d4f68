"""Meta-World without an inner loop: what MIL's rivals make of the same encoder, demonstrations, loss and steps.

Where MIL goes on from its own weights of push-v3, each rival goes on from its own. `mil evaluate` puts them into the
tables when they are trained.
"""

from dataclasses import replace

from mil_core.experiments.imitation import LSTM_UNITS, NUM_KEPT, ImitationExperiment, without_inner_loop
from mil_core.experiments.mil_metaworld import (
    mil_metaworld_pick_place,
    mil_metaworld_push,
    mil_metaworld_push_hidden,
    mil_metaworld_reach,
)


def mil_metaworld_push_contextual() -> ImitationExperiment:
    """Shown how the demonstration of push-v3 ended."""
    return without_inner_loop(mil_metaworld_push(), "contextual", NUM_KEPT)


def mil_metaworld_push_lstm() -> ImitationExperiment:
    """Reads the demonstration of push-v3 by an LSTM."""
    return without_inner_loop(mil_metaworld_push(), "lstm", LSTM_UNITS)


def mil_metaworld_push_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration of push-v3."""
    return without_inner_loop(mil_metaworld_push(), "attention", NUM_KEPT)


def mil_metaworld_push_hidden_contextual() -> ImitationExperiment:
    """Shown how the demonstration of push-v3 ended, which alone tells the goal."""
    return _from_own_push(mil_metaworld_push_hidden(), "contextual", NUM_KEPT)


def mil_metaworld_push_hidden_lstm() -> ImitationExperiment:
    """Reads by an LSTM the demonstration of push-v3, which alone tells the goal."""
    return _from_own_push(mil_metaworld_push_hidden(), "lstm", LSTM_UNITS)


def mil_metaworld_push_hidden_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration of push-v3, which alone tells the goal."""
    return _from_own_push(mil_metaworld_push_hidden(), "attention", NUM_KEPT)


def mil_metaworld_reach_contextual() -> ImitationExperiment:
    """Shown how the demonstration of reach-v3 ended."""
    return _from_own_push(mil_metaworld_reach(), "contextual", NUM_KEPT)


def mil_metaworld_reach_lstm() -> ImitationExperiment:
    """Reads the demonstration of reach-v3 by an LSTM."""
    return _from_own_push(mil_metaworld_reach(), "lstm", LSTM_UNITS)


def mil_metaworld_reach_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration of reach-v3."""
    return _from_own_push(mil_metaworld_reach(), "attention", NUM_KEPT)


def mil_metaworld_pick_place_contextual() -> ImitationExperiment:
    """Shown how the demonstration of pick-place-v3 ended."""
    return _from_own_push(mil_metaworld_pick_place(), "contextual", NUM_KEPT)


def mil_metaworld_pick_place_lstm() -> ImitationExperiment:
    """Reads the demonstration of pick-place-v3 by an LSTM."""
    return _from_own_push(mil_metaworld_pick_place(), "lstm", LSTM_UNITS)


def mil_metaworld_pick_place_attention() -> ImitationExperiment:
    """Looks up each observation in the demonstration of pick-place-v3."""
    return _from_own_push(mil_metaworld_pick_place(), "attention", NUM_KEPT)


def _from_own_push(whole: ImitationExperiment, method: str, context_size: int) -> ImitationExperiment:
    """A rival of what goes on from MIL's weights of push. Args: see without_inner_loop."""
    rival = without_inner_loop(whole, method, context_size)
    return replace(rival, training=replace(rival.training, start_from=f"{whole.training.start_from}_{method}"))
