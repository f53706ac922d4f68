"""Inverse kinematics: from gripper velocities to joint velocities, and from gripper poses to joint angles.

It refuses to know which robot, and never touches a simulation's state.
"""

import mink
import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.errors import IkFailed

POSE_TOLERANCE_M = 1e-3
POSE_TOLERANCE_RAD = 1e-2
MAX_ITERATIONS = 200


def damped_velocity(
    jacobian: NDArray[np.float64], twist: NDArray[np.float64], damping: float, preferred: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Joint velocity that produces a twist; what the twist leaves free follows a preferred velocity.

    Source: damped least squares, Wampler 1986; J^T (J J^T + damping^2 I)^-1. Differs: the twist of the preferred
    velocity is taken off first, which is its projection into the null space.

    Args:
        jacobian: shape (6, N), rows linear then angular.
        twist: shape (6,), m/s and rad/s, same frame as the jacobian.
        damping: >= 0, keeps velocities bounded near singular poses.
        preferred: shape (N,), rad/s.

    Returns: shape (N,), rad/s.
    """
    square = jacobian @ jacobian.T + damping**2 * np.eye(len(twist))
    return preferred + jacobian.T @ np.linalg.solve(square, twist - jacobian @ preferred)


def within_speed(velocity: NDArray[np.float64], max_speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slow a joint velocity down as a whole, keeping its direction, until every joint is within its speed limit."""
    excess = float(np.max(np.abs(velocity) / max_speed))
    return velocity / excess if excess > 1.0 else velocity


def solve_pose(
    model: mujoco.MjModel,
    site: str,
    position_m: NDArray[np.float64],
    quaternion: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Configuration within the joint limits that puts a site at a pose.

    Args:
        model: the robot alone.
        site: name of the site to place.
        position_m: world frame, shape (3,).
        quaternion: wxyz, shape (4,).
        start: configuration to begin from, shape (nq,); also preferred where the pose leaves freedom.

    Returns: configuration, shape (nq,).
    Raises: IkFailed: the pose was not reached.
    """
    configuration = mink.Configuration(model, q=start.copy())
    pose_task = mink.FrameTask(site, "site", position_cost=1.0, orientation_cost=0.3, lm_damping=1e-3)
    posture_task = mink.PostureTask(model, cost=1e-4)
    pose_task.set_target(mink.SE3(np.concatenate([quaternion, position_m])))
    posture_task.set_target(start)
    limits = [mink.ConfigurationLimit(model)]
    for _ in range(MAX_ITERATIONS):
        velocity = mink.solve_ik(configuration, [pose_task, posture_task], 1.0, "daqp", damping=1e-6, limits=limits)
        configuration.integrate_inplace(velocity, 1.0)
        error = pose_task.compute_error(configuration)
        if np.linalg.norm(error[:3]) < POSE_TOLERANCE_M and np.linalg.norm(error[3:]) < POSE_TOLERANCE_RAD:
            return configuration.q.copy()
    raise IkFailed(
        f"Expected a reachable pose for site {site!r}, found {np.linalg.norm(error[:3]):.4f} m and "
        f"{np.linalg.norm(error[3:]):.4f} rad left at {np.round(position_m, 3).tolist()}; ask for a nearer pose."
    )
