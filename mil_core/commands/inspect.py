"""`mil inspect`: what is in a demo file, a film, a checkpoint or an adapted policy."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from tyro.conf import Positional

from data_tools.atomic import file_sha256
from data_tools.demo import Video
from data_tools.hdf5 import list_tasks, read_tasks
from data_tools.inspect import inspect
from data_tools.inspect_view import render
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
    """Demo file, film, folder of a checkpoint, or folder of an adapted policy."""
    picture: Path | None = None
    """PNG file for a contact sheet of the film, or of the first demonstration."""

    def run(self) -> int:
        """Look, print, draw the contact sheet if it was asked for."""
        if self.path.is_dir():
            self._refuse_picture()
            self._print_folder()
            return 0
        console.print(render(inspect(self.path)))
        if self._is_demo_file:
            console.print(self._tasks())
        if self.picture is not None:
            contact_sheet(self._video(), self.picture)
            console.print(f"contact sheet in {self.picture}")
        return 0

    @property
    def _is_demo_file(self) -> bool:
        return self.path.suffix == ".hdf5"

    def _video(self) -> Video:
        """The film, or the pictures of the first demonstration."""
        if self._is_demo_file:
            return next(iter(read_tasks(self.path, with_films=False))).demos[0].video
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

    def _refuse_picture(self) -> None:
        if self.picture is not None:
            raise BadArgument(f"--picture: expected a film or a demo file, found folder {self.path}; leave it out.")

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
