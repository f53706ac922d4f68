"""Pictures of learned rewards: Figure 38's curves, and one scene's map, rewards, visits and ways beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from data_tools.atomic import committed_file

PANELS = {
    "adaptation_scene": "scene of the demonstrations",
    "test_scene": "rearranged scene",
    "unseen_sprites": "rearranged scene, unseen sprites",
}
"""Key in the results -> title."""
COLOURS = ("#3b6fb6", "#c4572b", "#4f9a5b", "#8a5fb0", "#b8962e", "#5e6670", "#c06c9a")
MARKERS = "osD^vPX"
_RIM = "#222222"
_SHUNNED = 0.05
"""Share of the cells below which colours do not go further: two obstacles of SpriteWorld cover 4.5%."""
STYLE: dict[Any, Any] = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


@dataclass(frozen=True)
class RewardView:
    """One scene to show."""

    title: str
    """Says which scene."""
    picture: NDArray[np.uint8]
    """The scene, as large as it is to be shown, shape (height, width, 3)."""
    true_reward: NDArray[np.floating]
    """Shape (rows, cols)."""
    learned_reward: NDArray[np.floating]
    """Shape (rows, cols)."""
    visitation: NDArray[np.floating]
    """Expected visits by the learned reward, shape (rows, cols)."""
    paths: tuple[NDArray[np.int64], ...] = ()
    """Ways taken by the learned reward, each shape (T, 2), rows and columns."""
    demos: tuple[NDArray[np.int64], ...] = ()
    """Demonstrated ways, each shape (T, 2)."""


def value_difference_curves(results: Mapping[str, Any], path: Path | str) -> None:
    """Draw Figure 38: value difference against the number of demonstrations, one panel for each setting.

    Args: results: as `mil_core.evaluate_rewards` returns them. path: ends in .png.
    """
    counts = results["num_demos"]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.4, 3.6), layout="constrained")
        rows = figure.subplots(1, len(PANELS), sharey=True)
        for axes, (panel, title) in zip(rows, PANELS.items(), strict=True):
            for index, (method, panels) in enumerate(results["methods"].items()):
                cells = [panels[panel]["value_difference"][str(count)] for count in counts]
                _band(axes, counts, cells, index, method)
            axes.set_title(title, loc="left")
            axes.set_xlabel("demonstrations")
            axes.set_xticks(counts)
            axes.grid(axis="y", alpha=0.25, linewidth=0.6)
        rows[0].set_ylabel("expected value difference (lower is better)")
        rows[0].set_ylim(bottom=0)
        figure.legend(*rows[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
        save_figure(figure, path)


def reward_sheet(views: Sequence[RewardView], path: Path | str) -> None:
    """Draw scenes below each other: the map with its ways, the true reward, the learned reward, the expected visits.

    Args: views: at least one. path: ends in .png.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(14.0, 3.7 * len(views)), layout="constrained")
        for axes, view in zip(figure.subplots(len(views), 4, squeeze=False), views, strict=True):
            _map(axes[0], view)
            _grid(figure, axes[1], view.true_reward, "true reward", "viridis")
            _grid(figure, axes[2], view.learned_reward, "learned reward", "viridis")
            _grid(figure, axes[3], np.log10(np.maximum(view.visitation, 1e-4)), "expected visits, log10", "magma")
        save_figure(figure, path)


def _band(axes: Axes, counts: Sequence[int], cells: Sequence[Mapping[str, Any]], index: int, label: str) -> None:
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    mean = [cell["mean"] for cell in cells]
    low, high = zip(*(cell["interval95"] for cell in cells), strict=True)
    axes.fill_between(counts, low, high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(counts, mean, color=colour, marker=marker, markersize=4, linewidth=1.4, label=label.replace("_", " "))


def _map(axes: Axes, view: RewardView) -> None:
    rows, cols = view.true_reward.shape
    axes.imshow(view.picture, extent=(-0.5, cols - 0.5, rows - 0.5, -0.5), interpolation="nearest")
    for index, demo in enumerate(view.demos):
        draw_way(axes, demo, "#d5202a", "demonstration" if index == 0 else "")
    for index, way in enumerate(view.paths):
        draw_way(axes, way, "#ffffff", "by the learned reward" if index == 0 else "")
    axes.set_title(view.title, loc="left")
    axes.set_axis_off()
    if view.demos or view.paths:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False, labelcolor="#444444")


def draw_way(axes: Axes, cells: NDArray[np.integer | np.floating], colour: str, label: str) -> None:
    """A line with a dark rim, a ring where it begins and a disc where it ends.

    Args: cells: rows and columns, shape (T, 2), fractions too. label: for the legend; empty for none.
    """
    row, column = cells[:, 0], cells[:, 1]
    rim = [withStroke(linewidth=4.4, foreground=_RIM)]
    axes.plot(column, row, color=colour, linewidth=2.2, path_effects=rim, label=label or None)
    for place, fill in ((0, "none"), (-1, colour)):
        axes.plot(column[place], row[place], "o", color=fill, markersize=8, markeredgecolor=_RIM, markeredgewidth=1.6)


def _grid(figure: Figure, axes: Axes, values: NDArray[np.floating], title: str, colours: str) -> None:
    # What is shunned most is all the same dark: between it and the goal, terrains would look alike.
    lowest = float(np.quantile(values, _SHUNNED))
    shown = axes.imshow(values, cmap=colours, interpolation="nearest", vmin=lowest)
    figure.colorbar(shown, ax=axes, shrink=0.8, extend="min")
    axes.set_title(title, loc="left")
    axes.set_axis_off()


def save_figure(figure: Figure, path: Path | str) -> None:
    """Write a figure whole or not at all."""
    with committed_file(Path(path)) as partial:
        figure.savefig(partial, dpi=120)
