"""`mil evaluate` for models of moves: how much of what a move changes in the picture they predict."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from data_tools.interactions import Interactions
from data_tools.prediction_pictures import PredictionView, prediction_sheet
from data_tools.statistics import task_bootstrap95
from mil_core.checkpoint import Checkpoint
from mil_core.commands.output import console
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.move_predictor import MovePredictor
from mil_core.move_sampling import MoveSampler
from mil_core.scaling import to_frames
from sim.arrange_play import collect_play

NUM_DRAWN = 8
_BOOTSTRAP_STREAM = 0x97


class Predicted(NamedTuple):
    """All moves of one group of things."""

    play: Interactions
    """What was done and what came of it."""
    pictures: NDArray[np.uint8]
    """What the model said, (N, height, width, 3)."""

    def unexplained(self) -> NDArray[np.float64]:
        """Mean absolute error of each move's picture over that of the picture before it, shape (N,); nan where the
        move cannot be seen."""
        after = self.play.after.astype(np.float64)
        error, unmoved = (np.abs(one - after).mean((1, 2, 3)) for one in (self.pictures, self.play.before))
        return np.divide(error, unmoved, out=np.full(len(error), np.nan), where=unmoved > 0)


def prediction_results(
    checkpoint: Checkpoint[PredictorExperiment], seed: int, num_groups: int, num_moves: int, workers: int | None
) -> tuple[dict[str, Any], list[Predicted]]:
    """The content of the results file, and what it was measured on.

    Args: num_moves: with each group of things of the test split. workers: processes that play.
    """
    model = checkpoint.algorithm()
    assert isinstance(model, MovePredictor)  # PredictorExperiment builds no other
    plays = track(collect_play("test", seed, num_groups, num_moves, workers), "play with blocks", total=num_groups,
                  console=console)  # fmt: skip
    found = [predicted(model, play) for play in plays]
    shares = [one.unexplained() for one in found]
    means = [float(np.nanmean(share)) for share in shares]
    every = np.concatenate(shares)
    result = {
        **checkpoint.origin(),
        "seed": seed,
        "tasks": num_groups,
        "moves": num_moves,
        "unexplained": {
            "mean": float(np.mean(means)),
            "interval95": list(task_bootstrap95(means, np.random.default_rng([seed, _BOOTSTRAP_STREAM]))),
            "quartiles": [float(q) for q in np.nanquantile(every, (0.25, 0.5, 0.75))],
            "n": int(np.isfinite(every).sum()),
        },
    }
    return result, found


@torch.no_grad()
def predicted(model: MovePredictor, play: Interactions) -> Predicted:
    """What a model says of all moves of a group."""
    batch = MoveSampler([play], len(play.before), augment=False).draw(0, np.random.default_rng())
    return Predicted(play, to_frames(model(batch.before, batch.take_m, batch.put_m)))


def draw_predictions(found: list[Predicted], out: Path) -> Path:
    """One move of each of some groups, from well to badly predicted. Returns: the picture."""
    path, views = out.with_suffix(".png"), []
    for number, rank in enumerate(np.linspace(0.0, 1.0, NUM_DRAWN)):
        group = found[number % len(found)]
        shares = group.unexplained()
        order = np.argsort(shares)[: np.isfinite(shares).sum()]
        move = order[round(rank * (len(order) - 1))]
        told = f"{shares[move]:.0%} left"
        views.append(PredictionView(group.play.before[move], group.pictures[move], group.play.after[move], told))
    prediction_sheet(views, path)
    return path


def prediction_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = f"{result['experiment']}: {result['tasks']} test groups x {result['moves']} moves, seed {result['seed']}"
    table = Table("unexplained share of what moves", "95% interval by groups", "quartiles of moves", title=title)
    row = result["unexplained"]
    low, high = row["interval95"]
    table.add_row(f"{row['mean']:.1%}", f"{low:.1%} to {high:.1%}", ", ".join(f"{q:.1%}" for q in row["quartiles"]))
    return table
