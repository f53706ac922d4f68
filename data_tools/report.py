"""One HTML file that shows results: tables, intervals, pictures and films, all inside it, readable without a network.

Knows nothing of experiments; whoever has results puts them into the parts below.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Protocol

from data_tools.atomic import committed_file
from data_tools.errors import DataError
from data_tools.statistics import wilson95

_MEDIA = {".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".mp4": "video/mp4"}


class Part(Protocol):
    """Something that a section of a report shows."""

    def html(self) -> str:
        """The part as HTML, with every text escaped."""
        ...


@dataclass(frozen=True)
class Paragraph:
    """Plain text."""

    text: str
    """What to say."""

    def html(self) -> str:
        """The text in a paragraph."""
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers."""

    header: Sequence[str]
    """Names of the columns."""
    rows: Sequence[Sequence[object]]
    """Cells, in the order of the header."""

    def html(self) -> str:
        """The table; numbers stand to the right."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.header)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@dataclass(frozen=True)
class Picture:
    """A picture or film from a file, which is put into the report."""

    path: Path
    """PNG, GIF, JPEG or MP4 file."""
    caption: str = ""
    """Text below it, which also describes it to those who cannot see it."""

    def html(self) -> str:
        """The picture with its bytes. Raises: DataError: it cannot be read or is of another kind."""
        kind = _MEDIA.get(self.path.suffix)
        if kind is None or not self.path.is_file():
            raise DataError(f"Picture {self.path}: expected a file of {', '.join(_MEDIA)}, found none.")
        address = f"data:{kind};base64,{base64.b64encode(self.path.read_bytes()).decode()}"
        text = escape(self.caption, quote=True)
        if kind.startswith("video"):
            shown = f'<video src="{address}" controls autoplay loop muted playsinline aria-label="{text}"></video>'
        else:
            shown = f'<img src="{address}" alt="{text}">'
        return f"<figure>{shown}<figcaption>{text}</figcaption></figure>"


@dataclass(frozen=True)
class SuccessRow:
    """Successes of one method."""

    label: str
    """Name of the method."""
    successes: int
    """Trials that succeeded."""
    n: int
    """Trials."""

    def html(self, chance: float | None) -> str:
        """A row with the count, the rate, and a bar with its 95% Wilson interval; a thin line marks chance."""
        low, high = (100 * end for end in wilson95(self.successes, self.n))
        rate = 100 * self.successes / self.n
        line = "" if chance is None else f'<path class="chance" d="M{100 * chance:.1f} 0V16"/>'
        return (
            f"<tr><td>{escape(self.label)}</td><td class=number>{self.successes}/{self.n}</td>"
            f"<td class=number>{rate:.0f}%</td><td class=number>{low:.0f}–{high:.0f}%</td>"
            '<td class=wide><svg viewBox="0 0 100 16" preserveAspectRatio="none" role="img" '
            f'aria-label="{rate:.0f}%, from {low:.0f}% to {high:.0f}%"><rect class="track" width="100" height="16"/>'
            f'<rect class="bar" width="{rate:.1f}" height="16"/>{line}'
            f'<path class="interval" d="M{low:.1f} 8H{high:.1f}M{low:.1f} 4V12M{high:.1f} 4V12"/></svg></td></tr>'
        )


@dataclass(frozen=True)
class SuccessTable:
    """Successes of several methods on the same trials."""

    rows: Sequence[SuccessRow]
    """Methods, in the order to show them."""
    chance: float | None = None
    """Success rate of choosing blindly, if it is known."""

    @classmethod
    def of_methods(cls, methods: Mapping[str, Mapping[str, Any]], chance: float | None = None) -> "SuccessTable":
        """From results: method name -> at least `successes` and `n`, as `mil evaluate` and `make demo` write them."""
        rows = [SuccessRow(name.replace("_", " "), row["successes"], row["n"]) for name, row in methods.items()]
        return cls(rows, chance)

    def html(self) -> str:
        """The table."""
        head = "<th>method</th><th>successes</th><th>rate</th><th>95% interval</th><th></th>"
        body = "".join(row.html(self.chance) for row in self.rows)
        note = "" if self.chance is None else f"<p class=note>The dashed line marks chance, {self.chance:.0%}.</p>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


@dataclass(frozen=True)
class Section:
    """A headed stretch of a report."""

    title: str
    """Its heading."""
    parts: Sequence[Part]
    """What it shows, from top to bottom."""


def html_report(path: Path | str, title: str, sections: Sequence[Section]) -> None:
    """Write the report as one file, committed by rename. Raises: DataError: a picture cannot be read."""
    body = "".join(
        f"<section><h2>{escape(section.title)}</h2>{''.join(part.html() for part in section.parts)}</section>"
        for section in sections
    )
    page = _PAGE.format(title=escape(title), style=_STYLE, body=body)
    with committed_file(Path(path)) as partial:
        partial.write_text(page, encoding="utf-8")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"<td class=number>{value:.4g}</td>"
    return f"<td{' class=number' if isinstance(value, int) else ''}>{escape(str(value))}</td>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1f23; --soft: #667; --line: #dde; --bar: #7fa6d6; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171a; --ink: #e6e6e3; --soft: #99a; --line: #2d3138; --bar: #3f6ea8; }
}
body { background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; margin: 2rem 1rem; }
main { max-width: 56rem; margin: auto; }
h1 { font-size: 1.5rem; font-weight: 600; } h2 { font-size: 1.1rem; font-weight: 600; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
th, figcaption, .note { color: var(--soft); font-size: .85rem; }
.number { text-align: right; white-space: nowrap; } .wide { width: 40%; padding-left: .6rem; }
svg { display: block; width: 100%; height: 16px; }
.track { fill: var(--line); } .bar { fill: var(--bar); }
.interval, .chance { stroke: var(--ink); fill: none; vector-effect: non-scaling-stroke; }
.interval { stroke-width: 1.5; } .chance { stroke-dasharray: 2 2; }
figure { margin: 1rem 0; } img, video { max-width: 100%; border-radius: 4px; }
"""
