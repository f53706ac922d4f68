"""The command `mil`: finds the verb and reads its typed arguments; mil_core.commands.exits tells how it ends.

Exit codes: 0 = did it; 1 = ran, and the answer is no; 2 = bad input. Each verb is a dataclass in mil_core/commands.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import tyro
from rich.console import Console
from rich.table import Table

from mil_core.commands.exits import BAD_INPUT, OK, complain, exit_code

VERBS = {
    "doctor": ("Doctor", "what works on this machine, and how to mend what does not"),
    "collect": ("Collect", "demonstrations by a scripted expert, films by a simulated human"),
    "record": ("Record", "demonstrations by hand: keyboard, gamepad, space mouse, or the expert at the controls"),
    "ingest": ("Ingest", "check a film and put it into the library"),
    "convert": ("Convert", "demonstrations to and from robomimic, LeRobot, ACT, Minari and MCAP"),
    "inspect": ("Inspect", "what is in a demo file, a film, a checkpoint or an adapted policy"),
    "validate": ("Validate", "whether demo files are whole and what they claim to be; --repair mends them"),
    "edit": ("Edit", "delete, split, merge, relabel or filter demonstrations, and undo"),
    "replay": ("Replay", "a demonstration again in the simulator, and how far it gets away from the recording"),
    "train": ("Train", "meta-train an experiment into a checkpoint"),
    "adapt": ("Adapt", "one film or demonstration in, a policy for its task out"),
    "rollout": ("Rollout", "an adapted policy acts in new scenes, on film if wanted"),
    "evaluate": ("Evaluate", "success of a checkpoint on tasks never met, with baselines and intervals"),
    "compare": ("Compare", "whether one method is better than another, and how sure that is"),
    "bench": ("Bench", "speed against another way to the same result: adapt, control, render"),
    "report": ("Report", "the numbers of README.md and docs/results.md from results/*.json"),
}
"""Verb -> class in mil_core.commands.<verb>, and what it does. Only the verb that is asked for is imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `mil` with the given words after its name; those of the process when None. Returns: the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        Console().print(_overview())
        return OK
    verb = words[0]
    if verb not in VERBS:
        complain(f"expected a verb of mil, found {verb!r}; use one of: {', '.join(VERBS)}.")
        return BAD_INPUT
    return exit_code(lambda: _run(verb, words[1:]))


def _run(verb: str, words: Sequence[str]) -> int:
    command = getattr(import_module(f"mil_core.commands.{verb}"), VERBS[verb][0])
    return tyro.cli(command, prog=f"mil {verb}", args=words).run()


def _overview() -> Table:
    table = Table("verb", "what it does", title="mil VERB --help tells the rest", box=None)
    for verb, (_, summary) in VERBS.items():
        table.add_row(verb, summary)
    return table
