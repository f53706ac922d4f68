"""`mil inspect`: what is in a demo file, a film, a checkpoint or an adapted policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.table import Table
from tyro.conf import Positional

from data_tools.contact_sheet import contact_sheet, write_picture
from data_tools.demo import Video
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks
from data_tools.timeline import stream_statistics
from data_tools.video import read_video
from mil_core import checkpoint as checkpoints
from mil_core.commands.output import BadArgument, console

MAX_LISTED = 20
DEMO_SUFFIXES = (".hdf5", ".h5")
Rows = Iterable[tuple[str, object]]


@dataclass(frozen=True)
class Inspect:
    """Say what is in a file or folder of this project."""

    path: Positional[Path]
    """Demo file, film, folder of a checkpoint, or folder of an adapted policy."""
    picture: Path | None = None
    """PNG file for a contact sheet of the film, or of the first demonstration."""

    def run(self) -> int:
        """Look, print a table, draw the contact sheet if it was asked for."""
        video = None
        if self.path.is_dir():
            self._print_folder()
        elif self.path.suffix in DEMO_SUFFIXES:
            self._print_tasks()
            if self.picture is not None:
                video = next(read_tasks(self.path, with_films=False)).demos[0].video
        else:
            video = read_video(self.path)
            _print_rows(str(self.path), film_rows(video))
        if self.picture is not None:
            if video is None:
                raise BadArgument(f"--picture: expected a film or a demo file, found {self.path}; leave --picture out.")
            write_picture(self.picture, contact_sheet(video))
            console.print(f"contact sheet in {self.picture}")
        return 0

    def _print_tasks(self) -> None:
        _print_rows(str(self.path), vars(read_provenance(self.path)).items())
        entries = list_tasks(self.path)
        table = Table("task", "demonstrations", "steps", "films", title=f"{len(entries)} tasks")
        for entry in entries[:MAX_LISTED]:
            names = entry.demo_names
            listed = f"{names[0]} to {names[-1]}" if len(names) > 1 else ", ".join(names)
            table.add_row(entry.task_id, listed, str(entry.num_samples), str(entry.num_films))
        if len(entries) > MAX_LISTED:
            table.add_row(f"and {len(entries) - MAX_LISTED} more", "", "", "")
        console.print(table)
        demos = (demo for task in read_tasks(self.path, with_films=False) for demo in task.demos)
        for demo in islice(demos, 1):
            _print_rows("the first demonstration", [
                ("robot", demo.robot), ("outcome", demo.outcome), ("clock", demo.clock),
                ("state, action", f"{demo.states.shape[1]}, {demo.actions.shape[1]} numbers"), *film_rows(demo.video),
            ])  # fmt: skip

    def _print_folder(self) -> None:
        if (self.path / checkpoints.ADAPTED).exists():
            _print_rows(
                str(self.path),
                [
                    ("adapted from checkpoint", checkpoints.adapted_base(self.path)),
                    ("sha256", checkpoints.file_sha256(self.path / checkpoints.ADAPTED)),
                ],
            )
            return
        checkpoint = checkpoints.load(self.path)
        _print_rows(
            str(self.path),
            [
                ("experiment", checkpoint.experiment.name),
                ("method", checkpoint.experiment.method),
                ("outer steps", checkpoint.iteration),
                ("parameters", sum(value.numel() for value in checkpoint.weights.values())),
                ("sha256", checkpoint.sha256),
            ],
        )


def film_rows(video: Video) -> list[tuple[str, object]]:
    """What is worth knowing about a film, as names and values."""
    statistics = stream_statistics(video.capture_time_s, video.frames)
    height, width = video.frames.shape[1:3]
    return [
        ("pictures", f"{statistics.count} of {width}x{height}"),
        ("codec", video.source.codec),
        ("turned clockwise", f"{video.source.rotation_deg} degrees"),
        ("duration", f"{statistics.duration_s:.2f} s"),
        ("rate", f"{statistics.rate_hz:.2f} Hz"),
        ("dropped, frozen pictures", f"{statistics.drops}, {statistics.stale_repeats}"),
        ("longest gap", f"{statistics.worst_gap_s:.3f} s"),
    ]


def _print_rows(title: str, rows: Rows) -> None:
    table = Table(title=title, show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, str(value))
    console.print(table)
