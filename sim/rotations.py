"""Rotation vectors and unit quaternions (wxyz) of orientations in the world frame."""

import mujoco
import numpy as np
from numpy.typing import NDArray


def rotation_error(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn in the world frame, rad, that leads from `found` to `wanted` (quaternions wxyz)."""
    inverse, difference, turn = np.empty(4), np.empty(4), np.empty(3)
    mujoco.mju_negQuat(inverse, found)
    mujoco.mju_mulQuat(difference, wanted, inverse)
    mujoco.mju_quat2Vel(turn, difference, 1.0)
    return turn


def turned(quaternion: NDArray[np.float64], turn_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """A quaternion wxyz after a small turn given in the world frame."""
    angle = float(np.linalg.norm(turn_rad))
    if angle < 1e-12:
        return quaternion
    turn, result = np.empty(4), np.empty(4)
    mujoco.mju_axisAngle2Quat(turn, turn_rad / angle, angle)
    mujoco.mju_mulQuat(result, turn, quaternion)
    return result
