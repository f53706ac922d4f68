"""Summaries of films and demo files as they are shown in a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from data_tools.inspect import DemoFileSummary, FilmSummary
from data_tools.inspect_quality import Quality
from data_tools.inspect_recorded import RecordedStream
from data_tools.timeline import StreamStatistics

RECORDED = ("recorded stream", "asked Hz", "rate Hz", "drops", "no room", "came twice", "worst gap ms")
"""Columns of what a recorder counted."""
MAX_JERKS = 3
"""Demos that are named because of their jerk or their frozen pictures."""


def render(summary: FilmSummary | DemoFileSummary) -> RenderableType:
    """Something that rich prints."""
    return _render_film(summary) if isinstance(summary, FilmSummary) else _render_demos(summary)


def render_quality(quality: Quality) -> RenderableType:
    """What stands out in a demo file, as something that rich prints; nothing where nothing does."""
    rows = {
        "never changes": ", ".join(f"{stream}[{dim}] = {value:g}" for stream, dim, value in quality.constants),
        "most jerky": ", ".join(_jerk(quality, name) for name in list(quality.jerks)[:MAX_JERKS]),
        "frozen pictures": "; ".join(f"{name}: {text}" for name, text in list(quality.frozen.items())[:MAX_JERKS]),
        "demos of a task": _spread(list(quality.tasks.values())),
    }
    recorded = [_recorded(quality.recorded)] if quality.recorded else []
    return Group(*recorded, _facts({name: text for name, text in rows.items() if text}))


def recorded_rows(streams: dict[str, RecordedStream]) -> list[tuple[str, ...]]:
    """What a recorder counted, a row for each stream in the order of RECORDED."""
    return [
        (name, f"{part.asked_rate_hz:.2f}", f"{part.rate_hz:.2f}", str(part.drops), str(part.overflowed),
         str(part.repeated), f"{1e3 * part.worst_gap_s:.0f}")
        for name, part in streams.items()
    ]  # fmt: skip


def _recorded(streams: dict[str, RecordedStream]) -> Table:
    table = Table(*RECORDED, box=None)
    for row in recorded_rows(streams):
        table.add_row(*map(Text, row))
    return table


def film_facts(summary: FilmSummary) -> dict[str, str]:
    """What a film is."""
    source = summary.source
    return {
        "film": source.path,
        "codec": source.codec,
        "pictures": f"{summary.width} x {summary.height}, turned by {source.rotation_deg} degrees",
        "sha256": source.sha256,
    }


def file_facts(summary: DemoFileSummary) -> dict[str, str]:
    """What a demo file is."""
    origin = summary.provenance
    height, width = summary.picture_size
    return {
        "demo file": summary.path,
        "task": f"{origin.task}, split {origin.split}, seed {origin.seed}",
        "holds": f"{summary.num_tasks} tasks, {summary.num_demos} demos, {summary.num_films} films",
        "outcomes": _counts(summary.outcomes),
        "robots": _counts(summary.robots),
        "pictures": f"{width} x {height}",
        "code": origin.code_version,
        "licence": f"{origin.licence}; {origin.consent}",
    }


def _render_film(summary: FilmSummary) -> RenderableType:
    return Group(_facts(film_facts(summary)), _streams({"pictures": summary.stream}))


def _render_demos(summary: DemoFileSummary) -> RenderableType:
    return Group(_facts(file_facts(summary)), _streams(summary.streams), _ranges(summary))


def _jerk(quality: Quality, name: str) -> str:
    return f"{name} ({quality.jerks[name]:.2f} x median{', stands out' if name in quality.outliers else ''})"


def _spread(counts: list[int]) -> str:
    """Least and most of some counts."""
    return (
        "" if not counts else f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{min(counts)} each"
    )


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
