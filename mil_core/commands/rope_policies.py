"""Table 9 of the thesis: policies that PPO learns for a rope, from rewards of pictures. Started as a module:

    python -m mil_core.commands.rope_policies

Each cell, a method for a shape and a seed, is written when it is done; typed again, the command goes on where it was.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from data_tools.atomic import file_sha256
from data_tools.demo import Split
from data_tools.provenance import code_version
from mil_core.algorithms.goal_learner import GoalLearner
from mil_core.checkpoint import MODEL, Checkpoint
from mil_core.commands.checked import checkpoint_of, default_checkpoint
from mil_core.commands.exits import exit_code
from mil_core.commands.goal_rivals import learners_beside
from mil_core.commands.output import BadArgument, console, module_command, require_at_least, write_json
from mil_core.experiments.rope import RopeExperiment
from mil_core.goal_rewards import Shaping
from mil_core.headlines import sees_features
from sim.rope_collect import collect_rope

QUICK_STEPS = 400
_TOLD = ("split", "seed", "tasks", "seeds", "steps", "methods", "shaping")
"""Settings that a results file depends on."""


@dataclass(frozen=True)
class RopePolicies:
    """Learn policies for shapes that five pictures show, with equal budgets for all methods, and compare them."""

    checkpoint: Path | None = None
    """Folder of FLO's checkpoint; checkpoints/flo_rope when left out. The autoencoders' are looked for beside it."""
    split: Split = "test"
    """Split of the shapes; "validation" to choose settings by."""
    seed: int = 7
    """Seed of the shapes."""
    tasks: int = 10
    """Shapes."""
    seeds: int = 3
    """Policies of each method for each shape."""
    steps: int = 60_000
    """Steps of the environment for each policy; an episode has ten."""
    methods: tuple[str, ...] = ()
    """Some of oracle, pixel, autoencoder, flo, autoencoder_features, flo_features; all when left out."""
    shaping: Shaping = "compressed_log_odds"
    """What becomes of the classifier's probability; "threshold" is the thesis's reward."""
    most_cells: int | None = None
    """Stop after so many new cells."""
    out: Path | None = None
    """Results file; results/flo_rope_policies.json when left out (out/quick/flo_rope_policies.json with --quick)."""
    overwrite: bool = False
    """Begin anew where a file of other settings is."""
    quick: bool = False
    """One shape, one seed, a few episodes, in seconds."""

    def learn(self) -> int:
        """Learn the cells that are missing, print the table, write the file. Returns: the exit code."""
        from mil_core.commands.rope_cells import COLUMNS  # needs the extra `rl`

        require_at_least(1, {"tasks": self.tasks, "seeds": self.seeds, "steps": self.steps})
        if strange := set(self.methods) - set(COLUMNS):
            raise BadArgument(f"--methods: expected some of {', '.join(COLUMNS)}, found {', '.join(strange)}.")
        # Small pictures: drawing threads cost more than they give, and so do torch's.
        os.environ.setdefault("LP_NUM_THREADS", "0")
        torch.set_num_threads(1)
        out = self.out or Path("out/quick" if self.quick else "results") / "flo_rope_policies.json"
        folder = self.checkpoint or default_checkpoint("flo_rope")
        checkpoint = checkpoint_of("flo_rope", folder, RopeExperiment)
        learners = self._learners(checkpoint, folder)
        methods = [name for name, column in COLUMNS.items() if self._is_possible(name, column, learners)]
        asked = self._asked(checkpoint, folder)
        done = [] if self.quick else self._done(out, asked)
        for cells in self._learned(methods, done, learners):
            write_json(out, asked | {"methods": summaries(cells, methods), "cells": cells})
        result = asked | {"methods": summaries(done, methods), "cells": done}
        write_json(out, result)
        console.print(policies_table(result))
        console.print(f"written to {out}")
        return 0

    def _is_possible(self, name: str, column: Any, learners: dict[str, GoalLearner]) -> bool:
        has_judge = column.reward == "oracle" or column.reward in learners
        has_features = not column.from_features or "autoencoder" in learners
        return has_judge and has_features and (not self.methods or name in self.methods)

    def _learners(self, checkpoint: Checkpoint[RopeExperiment], folder: Path) -> dict[str, GoalLearner]:
        pixel = replace(checkpoint.experiment, algorithm="pixel").build(checkpoint.statistics)
        return {"flo": checkpoint.algorithm(), "pixel": pixel, **learners_beside(checkpoint, folder)}

    def _asked(self, checkpoint: Checkpoint[RopeExperiment], folder: Path) -> dict[str, Any]:
        """What two files must have in common to be one table."""
        from mil_core.ppo import PpoConfig

        beside = folder.with_name(f"{folder.name}_autoencoder") / MODEL
        sizes = {"tasks": 1, "seeds": 1, "steps": QUICK_STEPS} if self.quick else {
            "tasks": self.tasks, "seeds": self.seeds, "steps": self.steps}  # fmt: skip
        return {
            "experiment": "flo_rope",
            "checkpoint_sha256": checkpoint.sha256,
            "autoencoder_sha256": file_sha256(beside) if beside.is_file() else None,
            "code_version": code_version(),
            "command": module_command("mil_core.commands.rope_policies", self, _TOLD),
            "split": self.split,
            "seed": self.seed,
            **sizes,
            "shaping": self.shaping,
            "ppo": asdict(PpoConfig()),
        }

    def _done(self, out: Path, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Cells of an earlier run. Raises: BadArgument: it asked for something else."""
        if not out.is_file() or self.overwrite:
            return []
        found = json.loads(out.read_text())
        # More tasks or seeds than before go on with the same cells; the code may have been saved in between.
        free = {"tasks", "seeds", "code_version", "command"}
        differ = [name for name in asked if name not in free and json.loads(json.dumps(asked[name])) != found.get(name)]
        if differ:
            raise BadArgument(
                f"{out}: expected a table of the same {', '.join(differ)}, found another; "
                "add --overwrite, or name another file with --out."
            )
        return list(found["cells"])

    def _learned(
        self, methods: Sequence[str], cells: list[dict[str, Any]], learners: dict[str, GoalLearner]
    ) -> Iterator[list[dict[str, Any]]]:
        """Learn what is missing; all methods of a shape one after another, so that a part of the table is fair too."""
        from mil_core.commands.rope_cells import Cell, learn_cell, setting
        from mil_core.ppo import PpoConfig

        asked = self._asked_cells(methods)
        known = {(cell["method"], cell["task"], cell["seed"]) for cell in cells}
        missing = [cell for cell in asked if cell not in known][: self.most_cells]
        steps = QUICK_STEPS if self.quick else self.steps
        given = None
        shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*shown, TimeRemainingColumn(), console=console) as progress:
            bar = progress.add_task("policies", total=len(missing) * steps)
            for number, (method, task, seed) in enumerate(missing):
                progress.update(bar, description=f"{method}, shape {task}, seed {seed}")
                if given is None or missing[number - 1][1] != task:
                    given = setting(self.split, self.seed, task, collect_rope(self.split, self.seed, task), learners)
                judged = learn_cell(
                    Cell(method, task, seed), given, steps, self.shaping, PpoConfig(),
                    lambda made, before=number: progress.update(bar, completed=before * steps + min(made, steps)),
                )  # fmt: skip
                cells.append(asdict(judged))
                yield cells

    def _asked_cells(self, methods: Sequence[str]) -> list[tuple[str, int, int]]:
        tasks, seeds = (1, 1) if self.quick else (self.tasks, self.seeds)
        return [(method, task, seed) for seed in range(seeds) for task in range(tasks) for method in methods]


def summaries(cells: Sequence[dict[str, Any]], methods: Sequence[str]) -> dict[str, Any]:
    """Median and quartiles of each method, as shares of the distance at the start and in metres, over those shapes and
    seeds that every method has whose policies see the same: a table that is not done yet compares like with like."""
    have = {m: {(cell["task"], cell["seed"]) for cell in cells if cell["method"] == m} for m in methods}
    result: dict[str, Any] = {}
    for method in methods:
        common = set.intersection(*(have[m] for m in methods if sees_features(m) == sees_features(method)))
        own = [cell for cell in cells if cell["method"] == method and (cell["task"], cell["seed"]) in common]
        if own:
            shares, ends_m = [cell["share"] for cell in own], [cell["distance_m"] for cell in own]
            result[method] = {
                "n": len(own),
                "median_distance": float(np.median(shares)),
                "quartiles": [float(q) for q in np.quantile(shares, (0.25, 0.75))],
                "median_distance_m": float(np.median(ends_m)),
                "quartiles_m": [float(q) for q in np.quantile(ends_m, (0.25, 0.75))],
            }
    return result


def policies_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = f"rope: {result['steps']} steps a policy, distance after over before (1 = nothing gained), and in cm"
    table = Table("method", "median", "quartiles", "cm", "quartiles", "policies", title=title)
    for method, row in result["methods"].items():
        (low, high), (low_m, high_m) = row["quartiles"], row["quartiles_m"]
        table.add_row(method, f"{row['median_distance']:.2f}", f"{low:.2f} to {high:.2f}",
                      f"{100 * row['median_distance_m']:.1f}", f"{100 * low_m:.1f} to {100 * high_m:.1f}",
                      str(row["n"]))  # fmt: skip
    return table


def main() -> int:
    """Run the command line. Returns: the exit code."""
    return exit_code(lambda: tyro.cli(RopePolicies, prog="python -m mil_core.commands.rope_policies").learn())


if __name__ == "__main__":
    raise SystemExit(main())
