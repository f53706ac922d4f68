"""`mil inspect`: what is in a demo file, a film, a checkpoint or an adapted policy."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text
from rich.tree import Tree
from tyro.conf import Positional

from data_tools.atomic import file_sha256
from data_tools.demo import Video
from data_tools.hdf5 import list_tasks, read_demo
from data_tools.inspect import DemoFileSummary, inspect
from data_tools.inspect_html import write_demos_report, write_film_report
from data_tools.inspect_quality import quality_of
from data_tools.inspect_rerun import write_rerun
from data_tools.inspect_view import render, render_quality
from data_tools.lineage import Origin, lineage
from data_tools.pictures import contact_sheet
from data_tools.video import read_video
from mil_core.adapted_files import ADAPTED, adapted_origin
from mil_core.checkpoint import load
from mil_core.commands.output import BadArgument, console

MAX_LISTED = 20


@dataclass(frozen=True)
class Inspect:
    """Say what is in a file or folder of this project."""

    path: Positional[Path]
    """Demo file, film, folder of a checkpoint, folder of an adapted policy, or with --lineage also a results file."""
    picture: Path | None = None
    """PNG file for a contact sheet of the film, or of the first demonstration."""
    html: Path | None = None
    """HTML file for all of it, with plots and pictures inside."""
    rerun: Path | None = None
    """File ending in .rrd for the rerun viewer, with all demonstrations; needs mil[rerun]."""
    lineage: bool = False
    """Only say what it came from, step by step, back to the recording or film."""

    def run(self) -> int:
        """Look, print, draw and write what was asked for."""
        if self.lineage:
            self._refuse_files("what a file or folder holds, without --lineage")
            console.print(_tree(lineage(self.path)))
        elif self.path.is_dir():
            self._refuse_files(f"a film or a demo file, found folder {self.path}")
            self._print_folder()
        else:
            self._inspect_file()
        return 0

    def _inspect_file(self) -> None:
        summary = inspect(self.path)
        console.print(render(summary))
        if isinstance(summary, DemoFileSummary):
            quality = quality_of(self.path)
            console.print(render_quality(quality))
            console.print(self._tasks())
            if self.html is not None:
                write_demos_report(summary, quality, self.html)
            if self.rerun is not None:
                write_rerun(self.path, self.rerun)
        elif self.rerun is not None:
            raise BadArgument(f"--rerun: expected a demo file, found film {self.path}; leave it out.")
        elif self.html is not None:
            write_film_report(summary, self.html)
        if self.picture is not None:
            contact_sheet(self._video(), self.picture)
        for kind, path in (("report", self.html), ("recording", self.rerun), ("contact sheet", self.picture)):
            if path is not None:
                console.print(f"{kind} in {path}")

    @property
    def _is_demo_file(self) -> bool:
        return self.path.suffix == ".hdf5"

    def _video(self) -> Video:
        """The film, or the pictures of the first demonstration."""
        if self._is_demo_file:
            names = [name for entry in list_tasks(self.path) for name in entry.demo_names]
            if not names:
                raise BadArgument(f"--picture: expected a demonstration in {self.path}, found none; leave it out.")
            return read_demo(self.path, names[0]).video
        return read_video(self.path)

    def _tasks(self) -> Table:
        """Names of the tasks and of their demonstrations, as `mil adapt --demo-id` takes them."""
        table = Table("task", "demonstrations", "steps", "films", box=None)
        entries = list_tasks(self.path)
        for entry in entries[:MAX_LISTED]:
            names = entry.demo_names
            listed = f"{names[0]} to {names[-1]}" if len(names) > 1 else ", ".join(names)
            table.add_row(entry.task_id, listed, str(entry.num_samples), str(entry.num_films))
        if len(entries) > MAX_LISTED:
            table.add_row(f"and {len(entries) - MAX_LISTED} more", "", "", "")
        return table

    def _refuse_files(self, expected: str) -> None:
        for name in ("picture", "html", "rerun"):
            if getattr(self, name) is not None:
                raise BadArgument(f"--{name}: expected {expected}; leave it out.")

    def _print_folder(self) -> None:
        if (self.path / ADAPTED).exists():
            base = adapted_origin(self.path).get("base_sha256", "")
            sha256 = file_sha256(self.path / ADAPTED)
            facts = {"adapted from checkpoint": base, "sha256": sha256}
        else:
            checkpoint = load(self.path)
            facts = {
                "experiment": checkpoint.experiment.name,
                "method": checkpoint.experiment.method,
                "outer steps": str(checkpoint.iteration),
                "parameters": str(sum(value.numel() for value in checkpoint.weights.values())),
                "sha256": checkpoint.sha256,
            }
        for name, value in facts.items():
            console.print(f"{name}: {value}")


def _tree(origin: Origin, tree: Tree | None = None) -> Tree:
    """A chain of origins, the newest at the root."""
    text = Text.assemble((origin.kind, "bold"), " ", origin.name, " ", (origin.sha256[:12], "dim"), overflow="fold")
    if not origin.is_found:
        text.append("  not found here", "yellow")
    if origin.made_by:
        text.append(f"\n{origin.made_by}", "dim")
    branch = Tree(text) if tree is None else tree.add(text)
    for parent in origin.parents:
        _tree(parent, branch)
    return branch
