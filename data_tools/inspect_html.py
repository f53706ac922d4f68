"""What `mil inspect` says, as one HTML file with pictures that can be sent to somebody."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from data_tools.demo import Demo
from data_tools.hdf5 import list_tasks, read_demo
from data_tools.inspect import DemoFileSummary, FilmSummary
from data_tools.inspect_plots import action_plot
from data_tools.inspect_quality import Quality
from data_tools.inspect_view import RECORDED, file_facts, film_facts, recorded_rows
from data_tools.pictures import contact_sheet
from data_tools.report import Paragraph, Part, Picture, Section, Table, html_report
from data_tools.timeline import StreamStatistics
from data_tools.video import read_video

MAX_SHOWN = 5
"""Demonstrations that are shown in pictures: the most jerky one, and the first of some tasks."""
MAX_ROWS = 50
"""Rows of a table; the rest is counted."""
COLUMNS = 8
"""Pictures beside each other in a contact sheet."""


def write_film_report(summary: FilmSummary, out: Path) -> None:
    """Report on a film. Raises: VideoError: it cannot be read any more."""
    with tempfile.TemporaryDirectory(prefix="mil-inspect-") as folder:
        sheet = Path(folder) / "sheet.png"
        contact_sheet(read_video(summary.source.path), sheet, COLUMNS)
        streams = _streams({"pictures": summary.stream})
        parts = [
            _facts(film_facts(summary)),
            streams,
            Picture(sheet, "evenly chosen pictures and their times in seconds"),
        ]
        html_report(out, Path(summary.source.path).name, [Section("Film", parts)])


def write_demos_report(summary: DemoFileSummary, quality: Quality, out: Path) -> None:
    """Report on a demo file. Raises: DemoFileError: it cannot be read any more."""
    path = Path(summary.path)
    shown = _chosen(path, quality)
    with tempfile.TemporaryDirectory(prefix="mil-inspect-") as folder:
        sections = [
            Section("File", [_facts(file_facts(summary))]),
            Section("Time", [_streams(summary.streams), *_recorded(quality)]),
            Section("Balance", [_counts("outcome", quality.outcomes), _counts("task", quality.tasks)]),
            Section("Jerk and frozen pictures", _suspects(quality)),
            Section("Ranges", [_ranges(summary, quality)]),
            *([Section("Actions", [_plot(shown, Path(folder))])] if shown else []),
            Section("Pictures", [_sheet(name, demo, Path(folder)) for name, demo in shown]),
        ]
        html_report(out, path.name, sections)


def _chosen(path: Path, quality: Quality) -> list[tuple[str, Demo]]:
    """Demonstrations to show, by name, in the order of the file."""
    entries = [entry for entry in list_tasks(path) if entry.demo_names]
    names = [entry.demo_names[0] for entry in entries]
    names = list(dict.fromkeys([*list(quality.jerks)[:1], *names]))[:MAX_SHOWN]
    listed = [name for entry in entries for name in entry.demo_names if name in names]
    return [(name, read_demo(path, name)) for name in listed]


def _plot(shown: Sequence[tuple[str, Demo]], folder: Path) -> Part:
    action_plot(shown, folder / "actions.png")
    return Picture(folder / "actions.png", f"actions of {', '.join(name for name, _ in shown)}")


def _sheet(name: str, demo: Demo, folder: Path) -> Part:
    contact_sheet(demo.video, folder / f"{name}.png", COLUMNS, 1)
    return Picture(folder / f"{name}.png", f"{name}, {demo.task_id}, {demo.outcome}; times in seconds")


def _facts(facts: dict[str, str]) -> Part:
    return Table(("", ""), list(facts.items()))


def _streams(streams: dict[str, StreamStatistics]) -> Part:
    header = ("stream", "samples", "seconds", "rate Hz", "drops", "stale repeats", "worst gap ms")
    rows = [
        (name, part.count, part.duration_s, part.rate_hz, part.drops, part.stale_repeats, 1e3 * part.worst_gap_s)
        for name, part in streams.items()
    ]
    return Table(header, rows)


def _recorded(quality: Quality) -> list[Part]:
    return [Table(RECORDED, recorded_rows(quality.recorded))] if quality.recorded else []


def _counts(name: str, counts: dict[str, int]) -> Part:
    total = sum(counts.values()) or 1
    rows = [(key, count, f"{count / total:.0%}") for key, count in counts.items()]
    if len(rows) > MAX_ROWS:
        rows[MAX_ROWS:] = [(f"and {len(rows) - MAX_ROWS} more", sum(count for _, count, _ in rows[MAX_ROWS:]), "")]
    return Table((name, "demonstrations", "share"), rows)


def _suspects(quality: Quality) -> list[Part]:
    ranking = list(quality.jerks.items())[:MAX_SHOWN]
    rows = [(name, value, "stands out" if name in quality.outliers else "") for name, value in ranking]
    note = "Second time derivative of the actions, by the median demonstration; the largest."
    frozen: list[Part] = [Table(("demonstration", "frozen"), list(quality.frozen.items()))] if quality.frozen else []
    return [Paragraph(note), Table(("demonstration", "jerk", ""), rows), *frozen]


def _ranges(summary: DemoFileSummary, quality: Quality) -> Part:
    constant = {(stream, dimension) for stream, dimension, _ in quality.constants}
    rows = [
        (f"{name}[{index}]", *map(float, values), "never changes" if (name, index) in constant else "")
        for name, part in summary.ranges.items()
        for index, values in enumerate(zip(part.low, part.mean, part.high, strict=True))
    ]
    return Table(("dimension", "lowest", "mean", "highest", ""), rows)
