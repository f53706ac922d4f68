"""`mil report`: the numbers of README.md from results/*.json."""

from dataclasses import dataclass
from pathlib import Path

from data_tools.atomic import committed_file
from mil_core.commands.output import BadArgument, console
from mil_core.results_text import results_text, with_results


@dataclass(frozen=True)
class Report:
    """Write the results between the markers of the README; nobody types numbers by hand."""

    readme: Path = Path("README.md")
    """Text with the markers."""
    results: Path = Path("results")
    """Folder of the results files."""
    checkpoints: Path = Path("checkpoints")
    """Folder of the shipped checkpoints."""
    check: bool = False
    """Change nothing; exit code 1 when the README says something else than the results."""

    def run(self) -> int:
        """Write, or compare."""
        if not self.readme.is_file():
            raise BadArgument(f"--readme: expected a text with markers at {self.readme}, found none; name the README.")
        old = self.readme.read_text()
        new = with_results(old, results_text(self.results, self.checkpoints))
        if self.check:
            console.print("the README says what the results say" if new == old else "they differ; type: mil report")
            return 0 if new == old else 1
        with committed_file(self.readme) as partial:
            partial.write_text(new)
        console.print(f"results written into {self.readme}")
        return 0
