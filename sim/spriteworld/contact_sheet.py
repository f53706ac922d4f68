"""All sprites on one picture, for people."""

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.spriteworld.ground import GROUND_RGB, LARGE_PPC
from sim.spriteworld.sprites import NUM_SPRITES, SPRITE_CELLS, sprite, sprite_ids, sprite_picture

COLUMNS = 15
_LABEL_PX = 16
_INK = (30, 30, 30)
_HELD_OUT_INK = (190, 30, 30)


def contact_sheet(pixels_per_cell: int = LARGE_PPC) -> NDArray[np.uint8]:
    """Every sprite in its first pose with its number, in red where it is held out from training.

    Args: pixels_per_cell: scale of the drawings that are shown, which are enlarged to LARGE_PPC.
    Returns: shape (height, width, 3), RGB.
    """
    side = SPRITE_CELLS * LARGE_PPC
    sheet = np.full((-(-NUM_SPRITES // COLUMNS) * (side + _LABEL_PX), COLUMNS * side, 3), GROUND_RGB["grass"], np.uint8)
    trained = sprite_ids("train")
    for index in range(NUM_SPRITES):
        top, left = index // COLUMNS * (side + _LABEL_PX), index % COLUMNS * side
        # Neighbours on the sheet look different ways, so that all headings are seen.
        drawn = sprite_picture(index, index % sprite(index).num_poses, pixels_per_cell)
        drawn = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_NEAREST)
        below = sheet[top : top + side, left : left + side]
        below[:] = np.rint(255 * drawn[..., :3] + (1 - drawn[..., 3:]) * below)
        ink = _INK if index in trained else _HELD_OUT_INK
        place = (left + 6, top + side + 11)
        cv2.putText(sheet, str(index), place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)
    return sheet
