"""One picture of what a learned reward asks for: what was shown, where it is unsure, and what would tell it most."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data_tools.reward_pictures import STYLE, draw_way, save_figure

SHOWN, ANSWER, ASKED = "#d5202a", "#ffffff", "#23c4d8"


@dataclass(frozen=True)
class AskingView:
    """One scene to show."""

    picture: NDArray[np.uint8]
    """The scene, shape (height, width, 3)."""
    shown: NDArray[np.int64]
    """Cells of the first demonstration, shape (T, 2)."""
    answer: NDArray[np.int64]
    """Cells of a demonstration from where the next one is asked for, shape (T, 2)."""
    start: tuple[int, int]
    """Row and column that is asked for."""
    uncertainty: NDArray[np.floating]
    """Of each cell's reward, shape (rows, cols)."""
    information: NDArray[np.floating]
    """Expected of a path from each cell, nats, shape (rows, cols)."""


def asking_sheet(views: Sequence[AskingView], path: Path | str) -> None:
    """Draw scenes below each other: ways shown and asked for, uncertainty, expected information.

    Args: views: at least one. path: ends in .png.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.4, 3.9 * len(views)), layout="constrained")
        for axes, view in zip(figure.subplots(len(views), 3, squeeze=False), views, strict=True):
            rows, cols = view.uncertainty.shape
            axes[0].imshow(view.picture, extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest")
            axes[0].set_title("the scene", loc="left")
            axes[0].set_axis_off()
            draw_way(axes[0], view.shown, SHOWN, "shown first")
            draw_way(axes[0], view.answer, ANSWER, "answer to the question")
            axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False, labelcolor="#444444")
            _map(figure, axes[1], view, view.uncertainty, "uncertainty of the reward")
            _map(figure, axes[2], view, view.information, "expected information of a way from here, nats")
        save_figure(figure, path)


def _map(figure: Figure, axes: Axes, view: AskingView, values: NDArray[np.floating], title: str) -> None:
    shown = axes.imshow(values, cmap="magma", interpolation="nearest")
    figure.colorbar(shown, ax=axes, shrink=0.8)
    draw_way(axes, view.shown, SHOWN, "")
    axes.plot(
        view.start[1], view.start[0], "o", color="none", markersize=11, markeredgecolor=ASKED, markeredgewidth=2.5
    )
    axes.set_title(title, loc="left")
    axes.set_axis_off()
