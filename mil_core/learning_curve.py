"""The picture of a training run: whether it still learns, or has reached its plateau."""

import json
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

LOG, PICTURE = "log.jsonl", "learning_curve.png"
WINDOW = 50
"""Outer steps that one point of the smoothed training loss averages."""


def draw_learning_curve(run: Path) -> Path | None:
    """Draw losses over outer steps from the log of a run. Returns: the picture, or None where there is no log yet."""
    rows = read_log(run)
    if not rows:
        return None
    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    steps, losses = _series(rows, "loss")
    axes.plot(steps, losses, color="0.8", linewidth=0.5)
    if len(losses) > WINDOW:
        axes.plot(
            steps[WINDOW - 1 :], np.convolve(losses, np.full(WINDOW, 1 / WINDOW), "valid"), label="training tasks"
        )
    for name in sorted({name for row in rows for name in row if name.startswith("validation_")}):
        if not name.endswith(("inner_loss", "inner_update")):
            axes.plot(*_series(rows, name), marker=".", label=name.replace("validation_", "validation: "))
    if min(losses) > 0:
        axes.set_yscale("log")
    axes.set_xlabel("outer step")
    axes.set_ylabel("outer loss and its terms")
    if axes.get_legend_handles_labels()[0]:
        axes.legend()
    figure.savefig(run / PICTURE, dpi=120)
    return run / PICTURE


def read_log(run: Path) -> list[dict[str, float]]:
    """Rows of a run's log in order; where a resumed run repeated a step, the later row counts."""
    path = run / LOG
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith("}")]  # a stop may have cut the last line
    return list({row["iteration"]: row for row in rows}.values())


def _series(rows: list[dict[str, float]], name: str) -> tuple[list[float], list[float]]:
    having = [row for row in rows if name in row]
    return [row["iteration"] for row in having], [row[name] for row in having]
