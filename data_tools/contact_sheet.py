"""A film at one glance: some of its frames side by side, each with its time."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_tools.atomic import committed_file
from data_tools.demo import Video
from data_tools.errors import VideoError

COLUMNS, ROWS = 6, 2
CELL_HEIGHT = 120
_CAPTION_HEIGHT, _GAP, _PAPER, _INK = 18, 4, 255, (40, 40, 40)


def contact_sheet(video: Video) -> NDArray[np.uint8]:
    """Twelve frames of a film at even times, in reading order, first and last included.

    Args: video: any film.
    Returns: RGB picture; every cell is CELL_HEIGHT high and as wide as the film's aspect asks for.
    """
    height, width = video.frames.shape[1:3]
    cell_width = max(40, round(CELL_HEIGHT * width / height))
    chosen = np.linspace(0, len(video) - 1, COLUMNS * ROWS).round().astype(int)
    cells = [_cell(video.frames[index], float(video.capture_time_s[index]), cell_width) for index in chosen]
    rows = [np.concatenate(cells[row * COLUMNS : (row + 1) * COLUMNS], axis=1) for row in range(ROWS)]
    return np.concatenate(rows, axis=0)


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an RGB picture as PNG, committed by rename. Raises: VideoError: the name does not end in .png."""
    if path.suffix != ".png":
        raise VideoError(f"Picture {path}: expected a name ending in .png; found {path.suffix!r}. Next: change it.")
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    with committed_file(path) as partial:
        partial.write_bytes(encoded.tobytes())


def _cell(frame: NDArray[np.uint8], time_s: float, width: int) -> NDArray[np.uint8]:
    cell = np.full((CELL_HEIGHT + _CAPTION_HEIGHT + _GAP, width + _GAP, 3), _PAPER, np.uint8)
    cell[:CELL_HEIGHT, :width] = cv2.resize(frame, (width, CELL_HEIGHT), interpolation=cv2.INTER_AREA)
    corner = (2, CELL_HEIGHT + _CAPTION_HEIGHT - 5)
    cv2.putText(cell, f"{time_s:.1f} s", corner, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return cell
