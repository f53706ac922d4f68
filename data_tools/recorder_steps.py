"""From streams with times of their own to steps: which picture, state and action belong together.

Observation t is taken before action t. Works on times alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.timeline import nearest

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """Indices into the streams, one for each step; each strictly increasing, each shape (T,)."""

    picture: NDArray[np.int64]
    """Into the policy camera's pictures."""
    state: NDArray[np.int64]
    """Into the states."""
    action: NDArray[np.int64]
    """Into the actions."""


def match_steps(picture_s: Times, state_s: Times, action_s: Times) -> Steps:
    """Make steps out of the policy camera's pictures.

    The action of a picture is the first one at its time or later, and before the next picture. The state of a picture
    is the nearest one, at most half a usual gap between pictures away, and used once. A picture that lacks either is no
    step: nothing is repeated and nothing is made up.

    Args: picture_s, state_s, action_s: capture times, each strictly increasing.
    Returns: the steps, maybe none. Raises: nothing.
    """
    none = np.zeros(0, np.int64)
    if not (len(picture_s) and len(state_s) and len(action_s)):
        return Steps(none, none, none)
    usual_s = float(np.median(np.diff(picture_s))) if len(picture_s) > 1 else np.inf
    next_s = np.append(picture_s[1:], picture_s[-1] + usual_s)
    action = np.searchsorted(action_s, picture_s)
    has_action = action < len(action_s)
    has_action[has_action] = action_s[action[has_action]] < next_s[has_action]
    state = nearest(state_s, picture_s)
    has_state = np.abs(state_s[state] - picture_s) <= usual_s / 2
    picture = np.flatnonzero(has_action & has_state)
    is_first = np.diff(state[picture], prepend=-1) > 0
    picture = picture[is_first]
    return Steps(picture.astype(np.int64), state[picture], action[picture].astype(np.int64))
