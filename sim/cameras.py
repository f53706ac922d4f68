"""Cameras that look at a point, and where points of the world appear in their pictures.

It refuses to know tasks.
"""

import mujoco
import numpy as np
from numpy.typing import NDArray


def look_at(position_m: NDArray[np.float64], target_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Axes of a camera that looks from one point at another with the horizon level.

    Args: position_m, target_m: world points, shape (3,), not above one another.
    Returns: shape (3, 3), columns are right, up and backward in the world, as OpenGL and MuJoCo want them.
    Raises: ValueError: the view is straight up or down.
    """
    backward = np.asarray(position_m, dtype=np.float64) - np.asarray(target_m, dtype=np.float64)
    right = np.cross([0.0, 0.0, 1.0], backward)
    if np.linalg.norm(right) < 1e-9:
        raise ValueError(f"Expected a view that is not vertical, found {position_m} -> {target_m}; move it aside.")
    backward, right = backward / np.linalg.norm(backward), right / np.linalg.norm(right)
    return np.stack([right, np.cross(backward, right), backward], axis=1)


def quaternion(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quaternion wxyz, shape (4,), of a rotation matrix, shape (3, 3)."""
    result = np.empty(4)
    mujoco.mju_mat2Quat(result, np.ascontiguousarray(axes, dtype=np.float64).ravel())
    return result


def add_camera(
    spec: mujoco.MjSpec, name: str, position_m: NDArray[np.float64], target_m: NDArray[np.float64], fovy_deg: float
) -> None:
    """Add a fixed camera to the world, in place.

    Args:
        name: name of the new camera.
        position_m, target_m: where it stands and what it looks at, world frame, shape (3,).
        fovy_deg: vertical opening angle in degrees.
    """
    spec.worldbody.add_camera(
        name=name, pos=np.asarray(position_m), quat=quaternion(look_at(position_m, target_m)), fovy=fovy_deg
    )


def project(
    model: mujoco.MjModel, data: mujoco.MjData, camera: str, point_m: NDArray[np.float64], aspect: float
) -> NDArray[np.float64]:
    """Picture position of a world point.

    Args:
        camera: name of a camera of the model.
        point_m: world point, shape (3,), in front of the camera.
        aspect: picture width over height.

    Returns: shape (2,), fractions of the picture, the picture being [-0.5, 0.5), x to the right, y down.
    """
    view = data.camera(camera)
    right, up, backward = view.xmat.reshape(3, 3).T @ (point_m - view.xpos)
    height_at_point = -2.0 * backward * np.tan(np.deg2rad(model.camera(camera).fovy[0]) / 2)
    return np.array([right / (height_at_point * aspect), -up / height_at_point])
