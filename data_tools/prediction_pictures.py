"""A picture of predictions: before a move, as predicted, and as it came."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data_tools.reward_pictures import STYLE, save_figure

TITLES = ("before", "predicted", "as it came", "difference")


class PredictionView(NamedTuple):
    """One move; pictures are (height, width, 3), uint8."""

    before: NDArray
    """Before it."""
    predicted: NDArray
    """What a model said."""
    after: NDArray
    """What really came of it."""
    told: str
    """How well it was predicted, in a few words."""


def prediction_sheet(views: Sequence[PredictionView], path: Path) -> None:
    """Draw one column a move. Args: views: at least one. path: ends in .png."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(1.5 * len(views) + 0.5, 6.4), layout="constrained")
        panels = figure.subplots(len(TITLES), len(views), squeeze=False)
        for number, view in enumerate(views):
            apart = abs(view.predicted.astype(int) - view.after).astype("uint8")
            for axes, picture in zip(panels[:, number], (view.before, view.predicted, view.after, apart), strict=True):
                axes.imshow(picture)
                axes.set(xticks=[], yticks=[])
            panels[0, number].set_title(view.told, fontsize=8)
        for axes, title in zip(panels[:, 0], TITLES, strict=True):
            axes.set_ylabel(title)
        save_figure(figure, path)
