"""A reward laid over the picture that it is about. Knows no figures and no windows."""

import cv2
import numpy as np
from numpy.typing import NDArray

SHUNNED = 0.05
"""Share of the cells below which colours do not go further."""
OPACITY = 0.6


def overlay(picture: NDArray[np.uint8], reward: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The picture, dark where nobody should go and yellow where one should end.

    Args: picture: shape (height, width, 3), RGB. reward: of each cell, shape (rows, cols), finite.
    Returns: as large as the picture.
    """
    low, high = float(np.quantile(reward, SHUNNED)), float(reward.max())
    levels = np.clip((reward - low) / max(high - low, 1e-9), 0, 1)
    height, width = picture.shape[:2]
    large = cv2.resize((255 * levels).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    colours = cv2.applyColorMap(large, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    grey = picture.mean(axis=2, keepdims=True)  # the picture's own colours would mix with those of the reward
    return (OPACITY * colours + (1 - OPACITY) * grey).astype(np.uint8)
