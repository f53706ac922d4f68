"""What one meta-training example is made of, as tensors: the steps of a robot demo, the frames of a film."""

from typing import NamedTuple

from torch import Tensor


class Steps(NamedTuple):
    """Some steps of one robot demonstration, in order; the first is the first of the episode."""

    pictures: Tensor
    """(step, 3, height, width), values in [0, 1]."""
    states: Tensor
    """(step, state and pose): whitened states, followed by the present pose in the units of the end pose."""
    actions: Tensor
    """(step, action): normalised velocities and, where there is a gripper, 0 = open, 1 = closed as the last number."""
    end_pose: Tensor
    """(pose,): normalised pose at the end of the whole demonstration."""


class FilmFrames(NamedTuple):
    """Some frames of one film, in order, the first included."""

    pictures: Tensor
    """(frame, 3, height, width), values in [0, 1]."""
    hand_xy: Tensor | None
    """(frame, 2) picture position of the hand, NaN where unseen; None where nobody knows it."""
    goal: "GoalViews | None"
    """Where the hand will end up; None where nobody knows it."""
    states: Tensor | None = None
    """(frame, state and pose), as in Steps, where a robot's demonstration is watched without its actions; None in
    films, and where states are not to be seen."""


class GoalViews(NamedTuple):
    """Early frames of the film through random windows, some mirrored, and the goal in each.

    Neither window nor mirror is known to whoever adapts: a goal remembered as a place in the film is of no use here,
    only one remembered by what the goal looks like.
    """

    pictures: Tensor
    """(view, 3, height, width), values in [0, 1]."""
    goal_xy: Tensor
    """(view, 2) mean picture position of the hand over the last third of the film, in fractions of each view."""


class MetaTask(NamedTuple):
    """One task of a meta-batch: support to adapt from, query (another demo) to judge the adapted policy by."""

    support: Steps | FilmFrames
    """What the inner loop sees."""
    queries: tuple[Steps, ...]
    """What the outer loss sees: one or more demos, none of them the support."""


def without_actions(steps: Steps, *, sees_states: bool = True) -> FilmFrames:
    """A robot's demonstration as somebody who only watches sees it."""
    return FilmFrames(steps.pictures, None, None, steps.states if sees_states else None)
