"""Camera pictures at the size that a learner was trained on. Knows neither messages nor learners."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mil_nodes.errors import MessageError


def fitted(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """A picture scaled to this size. Raises: MessageError: it has other proportions."""
    found_height, found_width = picture.shape[:2]
    if (found_height, found_width) == (height, width):
        return picture
    if found_height * width != found_width * height:
        raise MessageError(
            f"Image: expected proportions {height} x {width}, found {found_height} x {found_width}; "
            "publish the part of the picture that the learner was trained on."
        )
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
