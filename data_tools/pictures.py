"""Pictures of data: contact sheets, learning curves, and two films beside each other."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data_tools.atomic import committed_file
from data_tools.demo import Video
from data_tools.errors import DataError
from data_tools.timeline import nearest
from data_tools.video import write_video

_GAP = 4
_STRIP = 28  # height of a line of text, pixels
_PAPER, _INK = 255, 40
_WIDE = 30  # times the smallest value from where on an axis is logarithmic
_TRAIN_COLOUR, _VALIDATION_COLOUR = "#3b6fb6", "#c4572b"


def contact_sheet(video: Video, path: Path | str, columns: int = 8, rows: int = 5) -> None:
    """Write the frames of a film as one PNG picture, evenly chosen when they do not all fit, with their times.

    Args: video: any film. path: ends in .png. columns, rows: most frames across and down.
    """
    chosen = np.unique(np.linspace(0, len(video) - 1, min(len(video), columns * rows)).round().astype(int))
    height, width = video.frames.shape[1:3]
    num_rows = -(-len(chosen) // columns)
    shape = (num_rows * (height + _GAP) + _GAP, min(columns, len(chosen)) * (width + _GAP) + _GAP, 3)
    sheet = np.full(shape, _PAPER, np.uint8)
    for place, index in enumerate(chosen):
        top = _GAP + place // columns * (height + _GAP)
        left = _GAP + place % columns * (width + _GAP)
        cell = sheet[top : top + height, left : left + width]
        cell[:] = video.frames[index]
        _write_text(cell, f"{video.capture_time_s[index] - video.capture_time_s[0]:.1f}", height - 4, 0.3)
    _write_png(Path(path), sheet)


def learning_curve(log: Path | str, path: Path | str) -> None:
    """Draw every number of a training log against the iteration, with its `validation_` twin in the same panel.

    Args: log: JSON lines with `iteration` and named numbers; a last line cut short is left out. path: ends in .png.
    Raises: DataError: the log is missing, empty or no JSON.
    """
    rows = read_log(Path(log))
    names = sorted({name.removeprefix("validation_") for row in rows for name in row} - {"iteration"})
    names.sort(key=lambda name: name != "loss")
    across = min(3, len(names))
    down = -(-len(names) // across)
    with matplotlib.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(3.6 * across, 2.4 * down), layout="constrained")
        for place, name in enumerate(names):
            axes = figure.add_subplot(down, across, place + 1)
            _panel(axes, rows, name)
            axes.set_title(name.replace("_", " "), loc="left")
            axes.set_xlabel("iteration" if place >= len(names) - across else "")
            if place == 0:
                axes.legend(frameon=False)
        with committed_file(Path(path)) as partial:
            figure.savefig(partial, dpi=120)


def _panel(axes: Axes, rows: Sequence[dict[str, float]], name: str) -> None:
    """One number of a log; on a logarithmic axis where the first steps would press all others flat."""
    iteration, value = _series(rows, name)
    smooth = _smooth(value)
    axes.plot(iteration, value, color=_TRAIN_COLOUR, alpha=0.25, linewidth=0.7)
    axes.plot(iteration, smooth, color=_TRAIN_COLOUR, label="meta-training")
    axes.plot(*_series(rows, f"validation_{name}"), ".-", color=_VALIDATION_COLOUR, label="validation")
    axes.ticklabel_format(useOffset=False)
    if name == "seconds" and len(value):  # one step during which the machine slept must not hide all others
        axes.set_ylim(0, 1.5 * float(np.quantile(value, 0.99)))
    elif len(value) and value.min() > 0 and smooth.max() > _WIDE * smooth.min():
        axes.set_yscale("log")


def side_by_side(
    left: Video, right: Video, path: Path | str, titles: tuple[str, str], rate_hz: float = 10.0, height: int = 240
) -> None:
    """Write an mp4 film that shows two films beside each other from their first frames on, each at its own true speed.

    The shorter one keeps its last frame. Args: left, right: any films. path: ends in .mp4. titles: text above each.
    rate_hz: frames in a second of the new film. height: of the pictures, pixels.
    """
    duration_s = max(float(video.capture_time_s[-1] - video.capture_time_s[0]) for video in (left, right))
    time_s = np.arange(int(duration_s * rate_hz) + 2) / rate_hz
    halves = [_titled(video, time_s, title, height) for video, title in zip((left, right), titles, strict=True)]
    gap = np.full((*halves[0].shape[:2], _GAP, 3), _PAPER, np.uint8)
    both = np.concatenate([halves[0], gap, halves[1]], 2)
    write_video(path, both[:, : both.shape[1] // 2 * 2, : both.shape[2] // 2 * 2], rate_hz)  # H.264 needs even sides


def read_log(path: Path) -> list[dict[str, float]]:
    """Rows of a training log in order of iteration; after a resumed run the later row of an iteration counts.

    Raises: DataError: the log is missing, empty or no JSON.
    """
    if not path.is_file():
        raise DataError(f"Training log {path}: expected a file, found none. Next: train with `mil train --out DIR`.")
    rows: dict[float, dict[str, float]] = {}
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            rows[row["iteration"]] = row
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            if number == len(lines):
                break  # a trainer that was killed leaves half a line
            raise DataError(f"Training log {path}, line {number}: expected JSON, found {line[:40]!r}.") from error
    if not rows:
        raise DataError(f"Training log {path}: expected at least one line, found none. Next: train a little longer.")
    return [rows[iteration] for iteration in sorted(rows)]


def _series(rows: Sequence[dict[str, float]], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pairs = [(row["iteration"], row[name]) for row in rows if isinstance(row.get(name), int | float)]
    columns = np.array(pairs, np.float64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def _smooth(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over a window of a fiftieth of the run, shrunk at the ends."""
    half = len(value) // 100
    total = np.concatenate([[0.0], np.cumsum(value - value[:1])])  # less the first, so that a constant stays constant
    place = np.arange(len(value))
    first, last = np.maximum(place - half, 0), np.minimum(place + half + 1, len(value))
    return (total[last] - total[first]) / (last - first) + value[:1]


def _titled(video: Video, time_s: NDArray[np.float64], title: str, height: int) -> NDArray[np.uint8]:
    """Frames at the wanted times, all of one height, below a strip with the title."""
    width = round(video.frames.shape[2] * height / video.frames.shape[1])
    chosen = nearest(video.capture_time_s - video.capture_time_s[0], time_s)
    strip = np.full((_STRIP, width, 3), _PAPER, np.uint8)
    _write_text(strip, title, _STRIP - 9, 0.5)
    frames = [cv2.resize(video.frames[index], (width, height), interpolation=cv2.INTER_CUBIC) for index in chosen]
    return np.stack([np.concatenate([strip, frame]) for frame in frames]).astype(np.uint8, copy=False)


def _write_text(picture: NDArray[np.uint8], text: str, baseline: int, scale: float) -> None:
    """Draw dark text with a light rim into a picture, in place."""
    for shade, thickness in ((_PAPER, 3), (_INK, 1)):
        cv2.putText(picture, text, (4, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, (shade,) * 3, thickness, cv2.LINE_AA)


def _write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    _, data = cv2.imencode(".png", picture[..., ::-1])
    with committed_file(path) as partial:
        partial.write_bytes(data.tobytes())
