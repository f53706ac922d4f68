"""`mil compare`: is one method better than another, and how sure are we?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from mil_core.commands.output import BadArgument, console, write_json
from mil_core.compare import compare


@dataclass(frozen=True)
class Compare:
    """Compare two methods of one results file, or of two. Exit code 1 when the first is not shown to be better."""

    first: Positional[Path]
    """Results file of `mil evaluate`."""
    second: Positional[Path | None] = None
    """Another one; the same when left out."""
    method: str | None = None
    """Method of the first file; its first one when left out."""
    against: str | None = None
    """Method of the second file; when left out the same one, or its first one where it has no such, as with other
    shots; `unadapted` when there is only one file."""
    out: Path | None = None
    """Where to write the verdict as JSON; nowhere when left out."""

    def run(self) -> int:
        """Compare, print, write."""
        first = _read(self.first)
        second = first if self.second is None else _read(self.second)
        method = self.method or next(iter(first["methods"]))
        verdict = compare(first, method, second, self.against or self._other(method, second))
        low, high = verdict.difference95
        console.print(
            f"{verdict.experiment}, {verdict.n} trials each: {verdict.first} {verdict.rates[0]:.1%}, "
            f"{verdict.second} {verdict.rates[1]:.1%}, difference {verdict.difference:+.1%} "
            f"(95% interval by tasks {low:+.1%} to {high:+.1%}); they differ in {verdict.tasks_that_differ} tasks"
        )
        console.print(verdict.sentence)
        if self.out is not None:
            write_json(self.out, verdict.to_dict())
        return 0 if verdict.is_first_better else 1

    def _other(self, method: str, second: dict[str, Any]) -> str:
        if self.second is None:
            return "unadapted"
        return method if method in second["methods"] else next(iter(second["methods"]))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
        if content["methods"].keys():
            return content
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadArgument(f"{path}: expected a results file of `mil evaluate`, found {error!r}; name one.") from error
    raise BadArgument(f"{path}: expected at least one method, found none; evaluate again.")
