"""One picture as PNG or JPEG bytes. What the bytes say about their size is checked before they are decoded."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data_tools.convert.format import refuse, translated

Size = tuple[int, int]
"""Height and width, pixels."""


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """PNG bytes of an RGB picture, shape (height, width, 3)."""
    _, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return data.tobytes()


def decoded(where: object, data: bytes, size: Size | None) -> NDArray[np.uint8]:
    """The RGB picture in PNG or JPEG bytes, shape (height, width, 3).

    Args: where: for messages. size: what it has to be; None takes any up to 4096 x 4096.
    Raises: ConversionError: no picture, or one of another size.
    """
    with translated(where, "a PNG or JPEG picture"), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
        width, height = picture.size
        if (height, width) != size and (size is not None or max(picture.size) > 4096):
            wanted = "at most 4096x4096" if size is None else f"{size[1]}x{size[0]}"
            refuse(where, f"a picture of {wanted}", f"{width}x{height}", "store pictures of one size")
        return np.asarray(picture.convert("RGB"))
