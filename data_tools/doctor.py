"""Checks of demo files: the table of what may be wrong, how bad it is, and what mends it.

Says what it finds and changes nothing; `doctor_repair` mends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal

from data_tools import doctor_checks as checks
from data_tools.doctor_facts import FileFacts
from data_tools.doctor_survey import facts_of

Severity = Literal["error", "warning", "note"]
"""error: the file lies or cannot be used as it is. warning: probably not what was meant. note: good to know."""
Remedy = Literal["rewrite", "drop", "forget", "quarantine", "salvage"]
"""rewrite the file with new names, counts and seal; drop the demo; forget the film; put the file aside; keep the demos
before the cut."""


@dataclass(frozen=True)
class Check:
    """One line of the table."""

    name: str
    """How findings and tests call it."""
    severity: Severity
    """How bad it is."""
    find: Callable[[FileFacts, Sequence[FileFacts]], checks.Faults]
    """From facts to faults."""
    remedy: Remedy | None
    """What a repair does about it, if anything."""
    command: str
    """What to type; `{file}` and `{where}` are filled in."""


@dataclass(frozen=True)
class Finding:
    """One fault in one place."""

    check: str
    """Name of the check."""
    severity: Severity
    """How bad it is."""
    file: str
    """The demo file."""
    where: str
    """Demo, film, task or member; empty for the whole file."""
    found: str
    """What was found."""
    command: str
    """What to type next."""
    remedy: Remedy | None
    """What a repair will do about it."""


_REPAIR, _DELETE = "mil validate {file} --repair", "mil edit {file} delete {where}"
_LOOK = "mil inspect {file} --html report.html"

CHECKS = (
    Check("altered", "error", checks.altered, "rewrite", _REPAIR),
    Check("broken", "error", checks.broken, "drop", _REPAIR),
    Check("shapes", "error", checks.shapes, "drop", _REPAIR),
    Check("changed", "error", checks.changed, "drop", _REPAIR),
    Check("not_finite", "error", checks.not_finite, "drop", _REPAIR),
    Check("times", "error", checks.times, "drop", _REPAIR),
    Check("numbering", "error", checks.numbering, "rewrite", _REPAIR),
    Check("totals", "error", checks.totals, "rewrite", _REPAIR),
    Check("statistics", "error", checks.statistics, "rewrite", _REPAIR),
    Check("masks", "error", checks.masks, "rewrite", _REPAIR),
    Check("labels", "error", checks.labels, "rewrite", _REPAIR),
    Check("missing_films", "error", checks.missing_films, "forget", _REPAIR),
    Check("leakage", "error", checks.leakage, None, "mil edit {file} delete --task TASK"),
    Check("orphan_films", "warning", checks.orphan_films, "quarantine", _REPAIR),
    Check("duplicates", "warning", checks.duplicates, "drop", _REPAIR),
    Check("frozen", "warning", checks.frozen, None, _DELETE),
    Check("rate", "warning", checks.rate, None, _DELETE),
    Check("gaps", "warning", checks.gaps, None, _DELETE),
    Check("pairs", "warning", checks.pairs, None, "mil edit {file} delete --task {where}"),
    Check("constant", "note", checks.constant, None, _LOOK),
    Check("jerk", "note", checks.jerk, None, _DELETE),
)
"""Every check; a new one is one function and one line."""


def validate(paths: Sequence[Path]) -> list[Finding]:
    """All findings about some demo files, which are also compared with each other.

    Raises: DemoFileError: one of them is missing or no demo file. LimitReached: one breaks its reader.
    """
    return [finding for _, findings in examine(paths) for finding in findings]


def examine(paths: Sequence[Path]) -> list[tuple[FileFacts, list[Finding]]]:
    """Facts and findings of each file; raises as `validate`."""
    files = [facts_of(path) for path in paths]
    return [(file, findings_about(file, files[:index])) for index, file in enumerate(files)]


def findings_about(file: FileFacts, earlier: Sequence[FileFacts] = ()) -> list[Finding]:
    """All findings about one file; of one that cannot be read nothing can be said but that it was altered."""
    usable = CHECKS if file.is_readable else CHECKS[:1]
    return [_finding(check, file, where, found) for check in usable for where, found in check.find(file, earlier)]


def is_clean(findings: Sequence[Finding]) -> bool:
    """Whether nothing is worse than a note."""
    return all(finding.severity == "note" for finding in findings)


def _finding(check: Check, file: FileFacts, where: str, found: str) -> Finding:
    remedy, command = check.remedy, check.command
    if not file.is_readable:
        remedy = "salvage" if file.salvage else None
        command = check.command if file.salvage else _lost(file.path)
    filled = command.format(file=quote(str(file.path)), where=quote(where) if where else "")
    return Finding(check.name, check.severity, str(file.path), where, found, filled, remedy)


def _lost(path: Path) -> str:
    """What to do about a file of which nothing can be read."""
    if path.with_suffix(".takes").is_dir():
        return "move {file} away; mil record --resume makes it again from the episodes that were recorded"
    return "copy {file} again from where it was made, or collect anew"
