"""Pictures of goal classifiers at work: the goal pictures of a task, and other pictures with their probabilities."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data_tools.reward_pictures import STYLE, save_figure

GoalRow = tuple[str, NDArray[np.uint8], NDArray[np.uint8], Sequence[float], NDArray[np.bool_]]
"""What is wanted; goal pictures (N, height, width, 3); judged pictures; their probabilities; whether they show it."""


def goal_sheet(rows: Sequence[GoalRow], path: Path) -> None:
    """Draw one row a task: its goals, then judged pictures, framed green where the goal is reached and red elsewhere.

    Args: rows: at least one, with equally many pictures in each. path: ends in .png.
    """
    num_goals, num_judged = len(rows[0][1]), len(rows[0][2])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(1.25 * (num_goals + num_judged), 1.5 * len(rows)), layout="constrained")
        panels = figure.subplots(len(rows), num_goals + num_judged, squeeze=False)
        for axes, (name, goals, judged, chances, truths) in zip(panels, rows, strict=True):
            for axis, picture in zip(axes, np.concatenate([goals, judged]), strict=True):
                axis.imshow(picture)
                axis.set(xticks=[], yticks=[])
            axes[0].set_title(name.replace("_", " "), loc="left", fontsize=8)
            for axis, chance, truth in zip(axes[num_goals:], chances, truths, strict=True):
                axis.set_title(f"{chance:.2f}", fontsize=8)
                for spine in axis.spines.values():
                    spine.set(visible=True, color="#3a9a4a" if truth else "#c4373c", linewidth=2.5)
        save_figure(figure, path)
