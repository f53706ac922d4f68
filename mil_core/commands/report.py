"""`mil report`: the numbers of README.md and docs/results.md from results/*.json."""

from dataclasses import dataclass
from pathlib import Path

from data_tools.atomic import committed_file
from mil_core.commands.output import BadArgument, console
from mil_core.results_text import ReportError, results_text, summary_text, with_results


@dataclass(frozen=True)
class Report:
    """Write the results between the markers of the README and of the page of all tables; nobody types numbers."""

    readme: Path = Path("README.md")
    """Text with the markers; gets a line for each comparison."""
    tables: Path = Path("docs/results.md")
    """Text with the markers; gets every table."""
    results: Path = Path("results")
    """Folder of the results files."""
    checkpoints: Path = Path("checkpoints")
    """Folder of the shipped checkpoints."""
    check: bool = False
    """Change nothing; exit code 1 when the pages say something else than the results."""

    def run(self) -> int:
        """Write, or compare. Returns: the exit code."""
        summary, tables = summary_text(self.results), results_text(self.results, self.checkpoints)
        texts = {self.readme: summary, self.tables: tables}
        old = {page: _read(page, flag) for page, flag in zip(texts, ("--readme", "--tables"), strict=True)}
        new = {page: _with_results(page, old[page], text) for page, text in texts.items()}
        if self.check:
            stale = [str(page) for page in new if new[page] != old[page]]
            told = f"{' and '.join(stale)}: not what the results say; type: mil report"
            console.print(told if stale else "the pages say what the results say")
            return 1 if stale else 0
        for page, text in new.items():
            with committed_file(page) as partial:
                partial.write_text(text)
        console.print(f"results written into {self.readme} and {self.tables}")
        return 0


def _read(page: Path, flag: str) -> str:
    if not page.is_file():
        raise BadArgument(f"{flag}: expected a text with markers at {page}, found none; name the page.")
    return page.read_text()


def _with_results(page: Path, old: str, text: str) -> str:
    try:
        return with_results(old, text)
    except ReportError as error:
        raise ReportError(f"{page}: {error}") from error
