"""A picture of what more meta-training data is worth: success against the number of demonstrations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from data_tools.reward_pictures import COLOURS, MARKERS, STYLE, save_figure


def success_curves(results: Mapping[str, Any], path: Path | str) -> None:
    """Draw thesis Figure 25: success with its 95% interval by tasks, demonstrations on a logarithmic axis.

    Args: results: as `python -m mil_core.commands.data_sizes` writes them. path: ends in .png.
    """
    sizes = results["sizes"]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 3.8), layout="constrained")
        axes = figure.subplots()
        for index, method in enumerate(sizes[-1]["methods"]):
            met = [size for size in sizes if method in size["methods"]]
            demos = [size["demos"] for size in met]
            rows = [size["methods"][method] for size in met]
            low, high = zip(*(row["task_bootstrap95"] for row in rows), strict=True)
            colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
            style = ":" if method in ("unadapted", "random") else "-"
            axes.fill_between(demos, low, high, color=colour, alpha=0.13, linewidth=0)
            axes.plot(demos, [row["rate"] for row in rows], style, color=colour, marker=marker, markersize=4,
                      linewidth=1.4, label=method.replace("_", " "))  # fmt: skip
        axes.set_xscale("log")
        axes.set_xticks([size["demos"] for size in sizes], [str(size["demos"]) for size in sizes])
        axes.minorticks_off()
        axes.set(xlabel="demonstrations in the meta-training set", ylabel="success, one demonstration", ylim=(0.0, 1.0))
        axes.grid(axis="y", alpha=0.25, linewidth=0.6)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside right center", frameon=False)
        save_figure(figure, path)
