"""Actions from states, for a robot that somebody moved by hand: the gripper's velocity between two states.

A state is the positions of three points fixed on the gripper (thesis 7.2.5.1), which tell its place and orientation.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from data_tools.errors import DataError

STATE_SIZE = 9
"""Three points, xyz each."""
LEAST_AREA_M2 = 1e-6
"""Of the parallelogram of the three points: less tells no orientation."""


def gripper_twist(before: NDArray[np.float32], after: NDArray[np.float32], duration_s: float) -> NDArray[np.float64]:
    """The constant twist that brings the gripper from one state to the next.

    Args: before, after: three points on the gripper in the base frame, metres, shape (9,), not on one line.
        duration_s: time between the two, above 0.
    Returns: velocity of the first point, m/s, then the angular velocity, rad/s, in the base frame, shape (6,).
    Raises: DataError: states of another size, or no time between them.
    """
    if before.shape != (STATE_SIZE,) or after.shape != (STATE_SIZE,) or not duration_s > 0:
        raise DataError(
            f"Kinesthetic teaching: expected two states of three points, shape ({STATE_SIZE},), some time apart, found "
            f"{before.shape}, {after.shape} and {duration_s} s; record commands instead for this robot."
        )
    first, second = (state.astype(np.float64).reshape(3, 3) for state in (before, after))
    arms = [points[1:] - points[0] for points in (first, second)]
    if min(float(np.linalg.norm(np.cross(*arm))) for arm in arms) < LEAST_AREA_M2:
        raise DataError(
            "Kinesthetic teaching: expected three points of the gripper, found them on one line; check the state."
        )
    # Arms of both and their cross product, so that the rotation is known about all three axes.
    frames = [np.vstack([arm, np.cross(arm[0], arm[1])[None] / np.linalg.norm(arm[0])]) for arm in arms]
    turn = Rotation.align_vectors(frames[1], frames[0])[0]
    return np.concatenate([second[0] - first[0], turn.as_rotvec()]) / duration_s
