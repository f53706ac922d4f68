"""Summaries of films and demo files as they are shown in a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_tools.inspect import DemoFileSummary, FilmSummary
from data_tools.timeline import StreamStatistics


def render(summary: FilmSummary | DemoFileSummary) -> RenderableType:
    """Something that rich prints."""
    return _render_film(summary) if isinstance(summary, FilmSummary) else _render_demos(summary)


def _render_film(summary: FilmSummary) -> RenderableType:
    source = summary.source
    facts = {
        "film": source.path,
        "codec": source.codec,
        "pictures": f"{summary.width} x {summary.height}, turned by {source.rotation_deg} degrees",
        "sha256": source.sha256,
    }
    return Group(_facts(facts), _streams({"pictures": summary.stream}))


def _render_demos(summary: DemoFileSummary) -> RenderableType:
    origin = summary.provenance
    height, width = summary.picture_size
    facts = {
        "demo file": summary.path,
        "task": f"{origin.task}, split {origin.split}, seed {origin.seed}",
        "holds": f"{summary.num_tasks} tasks, {summary.num_demos} demos, {summary.num_films} films",
        "outcomes": _counts(summary.outcomes),
        "robots": _counts(summary.robots),
        "pictures": f"{width} x {height}",
        "code": origin.code_version,
        "licence": f"{origin.licence}; {origin.consent}",
    }
    return Group(_facts(facts), _streams(summary.streams), _ranges(summary))


def _facts(facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(Text(name, "dim"), Text(value))  # as Text, since what a file says could look like markup
    return table


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _streams(streams: dict[str, StreamStatistics]) -> Table:
    table = Table("stream", "samples", "seconds", "rate Hz", "drops", "stale repeats", "worst gap ms", box=None)
    for name, part in streams.items():
        time = (f"{part.duration_s:.1f}", f"{part.rate_hz:.2f}")
        faults = (str(part.drops), str(part.stale_repeats), f"{1e3 * part.worst_gap_s:.0f}")
        table.add_row(name, str(part.count), *time, *faults)
    return table


def _ranges(summary: DemoFileSummary) -> Table:
    table = Table("dimension", "lowest", "mean", "highest", box=None)
    for name, part in summary.ranges.items():
        for index, values in enumerate(zip(part.low, part.mean, part.high, strict=True)):
            table.add_row(Text(f"{name}[{index}]"), *(f"{value:+.4f}" for value in values))
    return table
