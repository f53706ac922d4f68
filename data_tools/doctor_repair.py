"""Mends what the checks found: first a plan to look at, then one new file in the place of the old one.

Only what the plan names is changed, the old file is kept, and nothing outside the folder of the dataset is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_tools.doctor import Finding, Remedy
from data_tools.doctor_facts import FileFacts
from data_tools.edit import mended
from data_tools.edit_files import salvage_in_place, write_in_place

WORDS: dict[Remedy, str] = {
    "rewrite": "write the file anew: names, counts, statistics, filter keys, seal",
    "drop": "leave the demo out",
    "forget": "leave the film out",
    "quarantine": "move the file out of the film folder",
    "salvage": "keep the whole demos before the cut, without films",
}
"""What a remedy does, for people."""


@dataclass(frozen=True)
class Plan:
    """What a repair of one file will do."""

    file: FileFacts
    """The file."""
    findings: tuple[Finding, ...]
    """What will be mended."""
    left: tuple[Finding, ...]
    """What will not, apart from notes."""

    def places(self, remedy: Remedy) -> list[str]:
        """Where a remedy is used, each place once."""
        return list(dict.fromkeys(finding.where for finding in self.findings if finding.remedy == remedy))


def plan_of(file: FileFacts, findings: Sequence[Finding]) -> Plan:
    """What can be done about the findings in a file."""
    mendable = tuple(finding for finding in findings if finding.remedy is not None)
    dropped = {finding.where for finding in mendable if finding.remedy == "drop"}
    others = (finding for finding in findings if finding.remedy is None and finding.where not in dropped)
    left = tuple(finding for finding in others if finding.severity != "note")
    return Plan(file, mendable, left)


def repair(plan: Plan) -> Path | None:
    """Carry out a plan. Returns: the undo copy, or None when there was nothing to do. Raises: DemoFileError."""
    if not plan.findings:
        return None
    if plan.places("salvage"):
        return salvage_in_place(plan.file.path, plan.file.salvage)
    dropped, quarantined = plan.places("drop"), plan.places("quarantine")
    films = [tuple(where.rpartition("/")[::2]) for where in plan.places("forget")]
    is_rewritten = any(finding.remedy != "quarantine" for finding in plan.findings)
    names = ", ".join(dict.fromkeys(finding.check for finding in plan.findings))
    recipe = mended(plan.file, dropped, films, f"repair of {names}") if is_rewritten else None
    return write_in_place(recipe, plan.file.path, quarantined)
