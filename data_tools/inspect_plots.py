"""Pictures of demonstrations: their actions over time."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from data_tools.atomic import committed_file
from data_tools.demo import Demo

COLOURS = ("#3b6fb6", "#c4572b", "#5a9a5a", "#8a63a8", "#b8963e", "#4aa3a3", "#a0527a")
"""One for each demonstration in a plot; more of them begin again."""


def action_plot(demos: Sequence[tuple[str, Demo]], path: Path | str) -> None:
    """Draw every action dimension of some demonstrations against the time since their beginnings.

    Args: demos: names and demonstrations of one action size, at least one. path: ends in .png.
    """
    size = demos[0][1].actions.shape[1]
    across = min(3, size)
    down = -(-size // across)
    with matplotlib.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(3.6 * across, 1.9 * down + 0.3), layout="constrained")
        for dimension in range(size):
            axes = figure.add_subplot(down, across, dimension + 1)
            for place, (name, demo) in enumerate(demos):
                time_s = demo.action_time_s - demo.action_time_s[0]
                colour = COLOURS[place % len(COLOURS)]
                axes.plot(time_s, demo.actions[:, dimension], color=colour, linewidth=0.9, label=name)
            axes.set_title(f"actions[{dimension}]", loc="left")
            axes.set_xlabel("seconds" if dimension >= size - across else "")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=min(len(labels), 6), frameon=False)
        with committed_file(Path(path)) as partial:
            figure.savefig(partial, dpi=110)
