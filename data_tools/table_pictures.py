"""One picture of ways over a table: what was shown, what was understood, what was planned and what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data_tools.grid import GridDemo
from data_tools.reward_overlay import overlay
from data_tools.reward_pictures import STYLE, draw_way, save_figure

SHOWN, PLANNED, DRIVEN = "#d5202a", "#ffffff", "#ff9d3b"


@dataclass(frozen=True)
class TableView:
    """One task to show."""

    title: str
    """Says which task, and how it went."""
    demo: GridDemo
    """What was shown."""
    picture: NDArray[np.uint8]
    """The new arrangement, shape (height, width, 3)."""
    reward: NDArray[np.floating]
    """Of its cells, as learned, shape (rows, cols)."""
    plan: NDArray[np.int64]
    """Cells of the planned way, shape (T, 2)."""
    driven: NDArray[np.floating]
    """Rows and columns, with fractions, where the robot's tool went, shape (S, 2)."""


def table_sheet(views: Sequence[TableView], path: Path | str) -> None:
    """Draw tasks below each other: the shown way, the learned reward, the planned way with the robot's own.

    Args: views: at least one. path: ends in .png.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.4, 4.1 * len(views)), layout="constrained")
        for axes, view in zip(figure.subplots(len(views), 3, squeeze=False), views, strict=True):
            shape = view.reward.shape
            _scene(axes[0], view.demo.picture, shape, view.title)
            draw_way(axes[0], view.demo.cells, SHOWN, "shown once")
            _scene(axes[1], overlay(view.picture, view.reward), shape, "new arrangement: learned reward")
            draw_way(axes[1], view.plan, PLANNED, "planned")
            _scene(axes[2], view.picture, shape, "the robot")
            draw_way(axes[2], view.plan, PLANNED, "planned")
            draw_way(axes[2], view.driven, DRIVEN, "the tool's way")
            for one in axes:
                one.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False, labelcolor="#444444")
        save_figure(figure, path)


def _scene(axes: Axes, picture: NDArray[np.uint8], shape: tuple[int, ...], title: str) -> None:
    rows, cols = shape
    axes.imshow(picture, extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest")
    axes.set_xlim(-0.5, cols - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_title(title, loc="left")
    axes.set_axis_off()
