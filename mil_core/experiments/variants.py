"""What stands beside MIL in a table: the same data and budget with one part changed, or shown instead of adapted.

Source: thesis 7.1.6 and Table 7.1. Any of these makes a variant of any experiment that imitates.
"""

from collections.abc import Callable
from dataclasses import replace

from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.watching import video_linear, video_state, video_temporal

LSTM_UNITS = 512
"""As in the thesis."""
NUM_KEPT = 64
"""Numbers that a contextual policy keeps of the last frame, and that an attending one keeps of each: as many as there
are feature points in `mil_push`, where MIL has a bias transformation of 20 that it learns nothing by."""

NUM_COORDINATES = 2
"""Of a place that a recurrent policy points at, on the floor."""


def one_head(whole: ImitationExperiment) -> ImitationExperiment:
    """The same with one output layer before and after the inner step."""
    policy = replace(whole.policy, two_heads=False)
    return replace(whole, method="mil_one_head", policy=policy)


def no_bias(whole: ImitationExperiment) -> ImitationExperiment:
    """The same without the bias transformation."""
    policy = replace(whole.policy, context_size=0)
    return replace(whole, method="mil_no_bias", policy=policy)


def first_order(whole: ImitationExperiment) -> ImitationExperiment:
    """The same, the outer gradient taken as if the inner step were a constant.

    Cheaper; for imitation the thesis found it "to not work at all" (4.3). An output layer of the inner loss's own then
    stays as it was drawn.
    """
    learning = replace(whole.learning, inner=replace(whole.learning.inner, first_order=True))
    return replace(whole, method="mil_first_order", learning=learning)


def without_inner_loop(whole: ImitationExperiment, method: str, context_size: int) -> ImitationExperiment:
    """The same network shown the demonstration, a rival of MIL. Args: method: a key of the builders."""
    # A head of its own for the inner loss would never be used, nor would layers or inputs that only it moves.
    policy = replace(
        whole.policy,
        context_size=context_size,
        pose_is_told=bool(whole.policy.end_pose),
        pose_hidden=whole.policy.hidden if whole.policy.end_pose else (),
        two_heads=False,
        two_first_layers=False,
        image_bias=False,
    )
    return replace(whole, algorithm=method, method=method, policy=policy)


CHANGES: dict[str, Callable[[ImitationExperiment], ImitationExperiment]] = {
    "one_head": one_head,
    "no_bias": no_bias,
    "first_order": first_order,
    "video_state": video_state,
    "video_linear": video_linear,
    "video_temporal": video_temporal,
    "contextual": lambda whole: without_inner_loop(whole, "contextual", NUM_KEPT),
    "lstm": lambda whole: without_inner_loop(whole, "lstm", LSTM_UNITS),
    "lstm_attention": lambda whole: without_inner_loop(whole, "lstm_attention", NUM_COORDINATES),
    "attention": lambda whole: without_inner_loop(whole, "attention", NUM_KEPT),
}
"""What is changed, by what a variant is called behind the name of the whole and an underscore."""


def variant(
    make: Callable[[], ImitationExperiment], change: str, *, from_its_own: bool
) -> Callable[[], ImitationExperiment]:
    """What makes an experiment with one change, named after both.

    Args:
        make: makes the whole experiment.
        change: a key of CHANGES.
        from_its_own: whether it goes on from the weights of the same variant of what the whole goes on from, unless
            the change says from which.
    """

    def make_changed() -> ImitationExperiment:
        whole = make()
        start = whole.training.start_from
        training = replace(whole.training, start_from=f"{start}_{change}" if from_its_own else start)
        return replace(CHANGES[change](replace(whole, training=training)), name=f"{whole.name}_{change}")

    return make_changed
