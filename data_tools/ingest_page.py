"""A page to look at before a film is used: what was cut out of each film, and what is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from data_tools.ingest import Staged
from data_tools.report import Paragraph, Part, Section, Table, html_report

PAGE = "index.html"
_WIDTH, _HEIGHT = 600, 60


@dataclass(frozen=True)
class LinkedPicture:
    """A picture that lies beside the page."""

    file_name: str
    """Its name."""
    caption: str
    """Text below it, which also describes it to those who cannot see it."""

    def html(self) -> str:
        """The picture by its name."""
        text = escape(self.caption, quote=True)
        return f'<figure><img src="{escape(self.file_name)}" alt="{text}"><figcaption>{text}</figcaption></figure>'


@dataclass(frozen=True)
class MotionStrip:
    """How much moves over the whole film, with the part that was chosen."""

    film: Staged
    """The film."""

    def html(self) -> str:
        """A curve over time; the chosen part has a tint."""
        last_s = max(self.film.facts["original_stream"]["duration_s"], 1e-9)
        top = max(float(self.film.motion[:, 1].max(initial=0.0)), 1e-9)
        step = max(1, len(self.film.motion) // _WIDTH)
        points = "".join(
            f"{'L' if place else 'M'}{_WIDTH * time_s / last_s:.1f} {_HEIGHT * (1 - area / top):.1f}"
            for place, (time_s, area) in enumerate(self.film.motion[::step].tolist())
        )
        start, end = (_WIDTH * self.film.facts["part"][name] / last_s for name in ("start_s", "end_s"))
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" style="height:{_HEIGHT}px" role="img" '
            f'aria-label="motion over time"><rect class="bar" x="{start:.1f}" width="{end - start:.1f}" '
            f'height="{_HEIGHT}" opacity=".4"/><path class="interval" d="{points}"/></svg>'
        )


def write_page(library: Path, films: Sequence[Staged], refused: Sequence[str]) -> Path:
    """Write the page beside the contact sheets. Args: refused: a line for each film that cannot be used."""
    sections = [Section(film.name, _parts(film)) for film in films]
    if refused:
        sections.append(Section("Refused", [Paragraph(line) for line in refused]))
    html_report(library / PAGE, "Films: look before they are used", sections)
    return library / PAGE


def _parts(film: Staged) -> list[Part]:
    facts, stream = film.facts, film.facts["stream"]
    part = facts["part"]
    rows = [
        ("task", facts["task_id"] or "not paired"),
        ("original", f"{facts['original']}, {'x'.join(map(str, facts['original_size']))}, {facts['codec']}, "
                     f"{facts['original_stream']['duration_s']:.1f} s"),
        ("part", f"{part['start_s']:.2f} to {part['end_s']:.2f} s, found by {part['found_by']}"),
        ("frames", f"{stream['count']} at {stream['rate_hz']:.1f} Hz, {stream['drops']} dropped, "
                   f"{stream['stale_repeats']} repeated, worst gap {stream['worst_gap_s']:.2f} s"),
        ("region", " ".join(f"{number:.3g}" for number in facts["region"])),
        ("made unreadable", ", ".join(facts["blurred"]) or "nothing"),
        ("consent", facts["consent"]),
        ("licence", facts["licence"] or "not stated"),
    ]  # fmt: skip
    sheet = LinkedPicture(f"{film.name}.png", f"{film.name}: what a policy will see, with seconds from its start")
    return [MotionStrip(film), sheet, Table(("what", "found"), rows)]
