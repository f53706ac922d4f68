"""`mil doctor`: one screen that says what works."""

from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from mil_core.commands.output import console
from mil_core.doctor import examine


@dataclass(frozen=True)
class Doctor:
    """Say what works on this machine, and for each fault what to type. Exit code 1 when something is broken."""

    quick: bool = False
    """Accepted as everywhere; the doctor is always quick."""

    def run(self) -> int:
        """Look at everything and print it."""
        with console.status("looking"):
            checks = examine()
        table = Table("", "what", "found", box=None, show_header=False)
        for check in checks:
            mark = "[green]ok[/]" if check.is_good else "[bold red]broken[/]"
            table.add_row(mark, check.name, escape(check.found))
        console.print(table)
        broken = [check for check in checks if not check.is_good]
        for check in broken:
            console.print(f"[bold red]{check.name}[/]: type {escape(check.mend)}")
        console.print("everything works" if not broken else f"{len(broken)} of {len(checks)} are broken")
        return 1 if broken else 0
