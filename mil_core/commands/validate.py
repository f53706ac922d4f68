"""`mil validate`: is a demo file whole and what it claims to be, and if not, mend it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text
from tyro.conf import Positional

from data_tools.doctor import Finding, examine, is_clean
from data_tools.doctor_repair import WORDS, Plan, plan_of, repair
from data_tools.provenance import code_version
from mil_core.commands.output import BadArgument, console, write_json

MAX_SHOWN = 40
"""Rows of a table; the rest is counted, and --json has all of them."""
MAX_COMMANDS = 8
"""Commands that are proposed; each finding in --json has its own."""
_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}


@dataclass(frozen=True)
class Validate:
    """Check demo files, alone and against each other; exit code 1 when there is an error or a warning."""

    files: Positional[tuple[Path, ...]]
    """Demo files; of several, for instance those of two splits, it is also checked that nothing leaks."""
    repair: bool = False
    """Show what can be mended, and mend it once somebody says yes; `mil edit FILE undo` takes it back."""
    yes: bool = False
    """Say yes to the repair."""
    json: Path | None = None
    """File for the findings."""

    def run(self) -> int:
        """Check, print, mend if asked to and check again."""
        if not self.files:
            raise BadArgument("expected demo files, found none; type: mil validate demos.hdf5")
        if self.yes and not self.repair:
            raise BadArgument("--yes: expected --repair beside it, found it alone; add --repair.")
        results = examine(self.files)
        plans = [plan for plan in (plan_of(*result) for result in results) if plan.findings]
        findings = _shown([finding for _, found in results for finding in found])
        if self.repair and plans and self._is_agreed(plans):
            for plan in plans:
                console.print(f"mended {plan.file.path}; the old one is {repair(plan)}")
            findings = _shown([finding for _, found in examine(self.files) for finding in found])
        if self.json is not None:
            self._write(findings)
        return 0 if is_clean(findings) else 1

    def _is_agreed(self, plans: Sequence[Plan]) -> bool:
        """Show the plans; a terminal is asked unless --yes was given, and nobody else ever is."""
        console.print(_plan_table(plans))
        if self.yes:
            return True
        if sys.stdin.isatty() and sys.stdout.isatty():
            return Confirm.ask("do this?", console=console, default=False)
        console.print("nothing was changed; add --yes to do this.")
        return False

    def _write(self, findings: Sequence[Finding]) -> None:
        assert self.json is not None
        rows = [asdict(finding) for finding in findings]
        content = {"files": [str(path) for path in self.files], "is_clean": is_clean(findings), "findings": rows}
        write_json(self.json, {**content, "code_version": code_version()})


def _shown(findings: list[Finding]) -> list[Finding]:
    """Print findings, and give them back."""
    counts = [(sum(f.severity == severity for f in findings), severity) for severity in _STYLES]
    if findings:
        console.print(_finding_table(findings))
        for command in list(dict.fromkeys(finding.command for finding in findings))[:MAX_COMMANDS]:
            console.print(Text(f"next: {command}"))
    found = ", ".join(f"{count} {severity}{'s' if count != 1 else ''}" for count, severity in counts if count)
    console.print(f"found {found or 'nothing wrong'}")
    return findings


def _finding_table(findings: Sequence[Finding]) -> Table:
    table = Table("check", "file", "where", "found", box=None)
    for finding in findings[:MAX_SHOWN]:
        # as Text, since what a file says could look like markup
        check = Text(finding.check, _STYLES[finding.severity])
        table.add_row(check, *map(Text, (Path(finding.file).name, finding.where, finding.found)))
    if len(findings) > MAX_SHOWN:
        table.add_row(f"and {len(findings) - MAX_SHOWN} more", "", "", "--json FILE lists them all")
    return table


def _plan_table(plans: Sequence[Plan]) -> Table:
    table = Table("file", "repair", "what", "because of", title="plan", box=None)
    for plan in plans:
        for remedy, words in WORDS.items():
            checks = dict.fromkeys(finding.check for finding in plan.findings if finding.remedy == remedy)
            if checks:
                places = [where for where in plan.places(remedy) if where and remedy != "rewrite"]
                more = f" and {len(places) - 5} more" if len(places) > 5 else ""
                table.add_row(plan.file.path.name, words, Text(", ".join(places[:5]) + more), ", ".join(checks))
        if plan.left:
            checks = dict.fromkeys(finding.check for finding in plan.left)
            table.add_row(plan.file.path.name, "left as it is", "", ", ".join(checks))
    return table
