"""Who looks at the same film in the same way fails in the same way: a second attempt sees it otherwise."""

from dataclasses import replace

import numpy as np

from data_tools.demo import Video
from mil_core.algorithms.algorithm import LearningConfig, Support


def second_look(support: Support, learning: LearningConfig) -> Support:
    """What a second attempt adapts to when a first one, adapted to all of `support`, has failed.

    A film begins later and ends earlier by half of the time between two frames that are looked at, so that most of
    these are others, and it is mirrored where training showed mirrored films: what is done in it stays the same, what
    the learned loss makes of it does not. A demonstration stays as it is, for its actions would not fit to a mirror.
    Ours; neither the thesis nor the released code tries twice.

    Args: learning: of the policy that will adapt.
    """
    if not isinstance(support, Video):
        return support
    margin = (len(support) - 1) // max(learning.num_inner_frames - 1, 1) // 2
    kept = slice(margin, len(support) - margin)
    frames = support.frames[kept]
    if learning.augment:
        frames = np.ascontiguousarray(frames[:, :, ::-1])
    return replace(support, frames=frames, capture_time_s=support.capture_time_s[kept])
