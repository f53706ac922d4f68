"""Figure 25 of the thesis: success against the number of demonstrations in the meta-training set. Started as a module:

    python -m mil_core.commands.data_sizes --experiment mil_reach_states

Every network is a run of `mil train` and every size a table of `mil evaluate`; typed again, the command goes on where
it was.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.table import Table

from data_tools.provenance import code_version
from data_tools.size_curves import success_curves
from mil_core import checkpoint as checkpoints
from mil_core.commands.checked import experiment_of
from mil_core.commands.evaluate import Evaluate
from mil_core.commands.exits import exit_code
from mil_core.commands.output import BadArgument, console, module_command, require_at_least, write_json
from mil_core.commands.train import Train
from mil_core.experiments import VARIANTS
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.training_state import STATE_FILE
from sim.collect import task_class

SIZES = (10, 30, 100, 300, 1000)
QUICK_SIZES = (1, 2)
_TOLD = ("experiment", "sizes", "variants", "iterations", "seed", "tasks", "trials")
"""Settings that a results file depends on."""


@dataclass(frozen=True)
class DataSizes:
    """Train all methods of a table on few tasks and on many, with the same steps each, and draw their success."""

    experiment: str = "mil_reach_states"
    """Name of the experiment; its variants are trained beside it."""
    sizes: tuple[int, ...] = SIZES
    """Meta-training tasks: the first so many of the experiment's own."""
    variants: tuple[str, ...] | None = None
    """Which variants; all when left out."""
    iterations: int | None = None
    """Outer steps of each network; the experiment's own when left out."""
    seed: int = 7
    """Seed of test tasks and scenes."""
    tasks: int = 150
    """Test tasks."""
    trials: int = 10
    """Scenes of each."""
    runs: Path = Path("runs/sizes")
    """Where the networks are put, in a folder for each size."""
    data_folder: Path = Path("data")
    """Where the experiment's simulated demonstrations are, or are put."""
    workers: int | None = None
    """Processes that collect and evaluate; one a core when left out."""
    out: Path | None = None
    """Results file; results/EXPERIMENT_sizes.json when left out (out/quick/EXPERIMENT_sizes.json with --quick)."""
    quick: bool = False
    """Two tiny sizes, three steps each, in a minute."""

    def draw(self) -> int:
        """Train and evaluate what is missing, print the table, write the file, draw it. Returns: the exit code."""
        experiment = experiment_of(self.experiment)
        if not isinstance(experiment, ImitationExperiment):
            raise BadArgument(f"--experiment: expected one that imitates, found {self.experiment}; try the default.")
        known = VARIANTS.get(self.experiment, ())
        variants = known if self.variants is None else self.variants
        if strange := set(variants) - set(known):
            raise BadArgument(f"--variants: expected some of {', '.join(known)}, found {', '.join(strange)}.")
        sizes = QUICK_SIZES if self.quick else tuple(sorted(self.sizes))
        require_at_least(1, {"sizes": min(sizes, default=0), "tasks": self.tasks, "trials": self.trials})
        names = [self.experiment, *(f"{self.experiment}_{variant}" for variant in variants)]
        out = self.out or Path("out/quick" if self.quick else "results") / f"{self.experiment}_sizes.json"
        rows: list[dict[str, Any]] = []
        for size in sizes:
            rows.append(self._row(size, names, experiment.data.demos_per_task))
            result = self._asked(experiment) | {"sizes": rows}
            write_json(out, result)
            success_curves(result, out.with_suffix(".png"))
        console.print(sizes_table(result))
        console.print(f"written to {out}, drawn in {out.with_suffix('.png')}")
        return 0

    def _row(self, size: int, names: list[str], demos_per_task: int) -> dict[str, Any]:
        """All methods at one size, trained and evaluated where they are not yet."""
        folder = self.runs / str(size)
        for name in names:
            self._train(name, size, folder / name)
        table = folder / f"{self.experiment}_{self.tasks}x{self.trials}_seed{self.seed}.json"
        checkpoint = folder / self.experiment
        if not self._is_table_of(table, names, folder):
            Evaluate(self.experiment, checkpoint, self.seed, self.tasks, self.trials, workers=self.workers,
                     out=table, quick=self.quick).run()  # fmt: skip
        content = json.loads(table.read_text())
        methods = {method: {key: value for key, value in row.items() if key != "per_task"}
                   for method, row in content["methods"].items()}  # fmt: skip
        shown = {key: content[key] for key in ("checkpoint_sha256", "iteration", "rivals_sha256") if key in content}
        return {"tasks": size, "demos": size * demos_per_task, **shown, "methods": methods}

    def _train(self, name: str, size: int, folder: Path) -> None:
        steps = self.iterations or experiment_of(name).training.iterations
        is_begun, is_whole = (folder / STATE_FILE).is_file(), (folder / checkpoints.MODEL).is_file()
        done = checkpoints.load(folder).iteration if is_whole else 0
        if done > steps and not self.quick:
            raise BadArgument(f"{folder}: expected at most {steps} steps, found {done}; name another folder by --runs.")
        if is_whole and (self.quick or done == steps):
            return
        Train(name, folder, data_folder=self.data_folder, tasks=size, iterations=None if self.quick else steps,
              workers=self.workers, resume=is_begun, quick=self.quick).run()  # fmt: skip

    def _is_table_of(self, table: Path, names: list[str], folder: Path) -> bool:
        """Whether a table was measured on just these checkpoints."""
        if not table.is_file():
            return False
        content = json.loads(table.read_text())
        measured = {content["checkpoint_sha256"], *content.get("rivals_sha256", {}).values()}
        return measured == {checkpoints.load(folder / name).sha256 for name in names}

    def _asked(self, experiment: ImitationExperiment) -> dict[str, Any]:
        steps = 3 if self.quick else self.iterations or experiment.training.iterations
        return {
            "experiment": self.experiment,
            "code_version": code_version(),
            "command": module_command("mil_core.commands.data_sizes", self, _TOLD),
            "seed": self.seed,
            "tasks": self.tasks,
            "trials": self.trials,
            "iterations": steps,
            "criterion": task_class(experiment.task).criterion,
        }


def sizes_table(result: dict[str, Any]) -> Table:
    """A results file as a table for people."""
    title = f"{result['experiment']}: success after {result['iterations']} steps, by demonstrations in the training set"
    table = Table("method", *(str(size["demos"]) for size in result["sizes"]), title=title)
    for method in result["sizes"][-1]["methods"]:
        rows = [size["methods"].get(method) for size in result["sizes"]]
        table.add_row(method, *("" if row is None else f"{row['successes']}/{row['n']}" for row in rows))
    return table


def main() -> int:
    """Run the command line. Returns: the exit code."""
    return exit_code(lambda: tyro.cli(DataSizes, prog="python -m mil_core.commands.data_sizes").draw())


if __name__ == "__main__":
    raise SystemExit(main())
