"""How two blocks stand to each other, in closed form from where they are. It refuses to know simulators and pictures.

Directions are those of the picture: the camera stands across the table from the robot and looks back at it, so that
right is +y and away is -x of the robot's base frame; "in front of" means nearer to the camera.
"""

import functools

import numpy as np
from numpy.typing import NDArray

DIRECTIONS = (
    "right_of",
    "behind_right_of",
    "behind",
    "behind_left_of",
    "left_of",
    "in_front_left_of",
    "in_front_of",
    "in_front_right_of",
)
"""Every 45 degrees, counted from the right of the picture to its far side."""
RELATIONS = (*DIRECTIONS, "on")
"""All relations; a relation's number is its place here."""
ON = RELATIONS.index("on")
NONE = -1
"""Number of no relation at all: too far apart, or between two directions."""
HALF_ANGLE_RAD = np.deg2rad(18.0)
"""A direction counts up to so far from its axis; what lies between two directions is neither."""
FARTHEST_M = 0.20
"""Between the middles of two blocks that stand in a direction to each other."""
SAME_HEIGHT_M = 0.01
"""Feet that differ less stand on the same thing."""
OVERLAP = 0.6
"""A block stands on another when its middle is within this share of the lower one's radius."""


def relation(first_m: NDArray[np.float64], second_m: NDArray[np.float64], radius_m: float, height_m: float) -> int:
    """The relation of a block to another one.

    Args:
        first_m, second_m: middles of their feet, base frame, shape (3,).
        radius_m, height_m: of the second block.

    Returns: number of a relation, or NONE.
    """
    apart_m = first_m - second_m
    distance_m = float(np.hypot(apart_m[0], apart_m[1]))
    if abs(apart_m[2] - height_m) < SAME_HEIGHT_M and distance_m <= OVERLAP * radius_m:
        return ON
    if abs(apart_m[2]) >= SAME_HEIGHT_M or not 0 < distance_m <= FARTHEST_M:
        return NONE
    turns = np.arctan2(-apart_m[0], apart_m[1]) / (np.pi / 4)
    nearest = round(turns)
    return nearest % len(DIRECTIONS) if abs(turns - nearest) * np.pi / 4 <= HALF_ANGLE_RAD else NONE


def offset_m(number: int, distance_m: float, angle_rad: float = 0.0) -> NDArray[np.float64]:
    """The way from the second block to the first one for a direction, x and y in the base frame, shape (2,).

    Args: number: of a direction. distance_m: between the middles. angle_rad: off the direction's axis.
    """
    angle = number * np.pi / 4 + angle_rad
    return distance_m * np.array([-np.sin(angle), np.cos(angle)])


def way_left_m(number: int, apart_m: NDArray[np.float64]) -> float:
    """How far a block is from where a direction holds, as a move on the table; at most 4 mm where it holds.

    Args: number: of a direction. apart_m: from the second block to the first one, base frame, shape (2,) or longer.
    """
    return float(np.linalg.norm(_where_it_holds_m(number) - apart_m[:2], axis=1).min())


@functools.cache
def _where_it_holds_m(number: int) -> NDArray[np.float64]:
    """Ways for which a direction holds, 5 mm apart or less, shape (N, 2)."""
    distances_m, angles_rad = np.linspace(0.0, FARTHEST_M, 41), np.linspace(-HALF_ANGLE_RAD, HALF_ANGLE_RAD, 25)
    return np.array([offset_m(number, d, a) for d in distances_m for a in angles_rad])
