"""The numbers of README.md and docs/results.md, written from results/*.json, the good and the bad ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_tools.atomic import file_sha256
from mil_core.checkpoint import MODEL
from mil_core.errors import MilError
from mil_core.goal_results_text import goal_text, planning_text, policies_text, prediction_text, rope_text
from mil_core.headlines import HEAD, headlines
from mil_core.retry import FAILURE_BELOW
from mil_core.reward_results_text import asking_text, reward_text

BEGIN, END = "<!-- results: written by `mil report`, do not edit -->", "<!-- end of results -->"
BENCH_PREFIX = "bench_"
_NOTHING = "No results yet: type `mil evaluate`."
_CAMPAIGNS = {"campaign", "formats"}
"""Files with one of these keys hold campaigns of checks, which have no table here."""
_WHOSE = {"test": "tasks never met", "validation": "validation tasks", "train": "new tasks of what training met"}
_KINDS = {"task_identification": "went to another object", "control": "failed at the right one"}
_CAUSES = {"touched_fragile": "touched a glass", "wrong_goal": "went to another object", "stopped_short": "fell short"}
"""Keys of failures in results files -> heads of their columns; the second where things can break."""


class ReportError(MilError):
    """A results file, or the page that is written from it, cannot be used."""


def summary_text(results: Path) -> str:
    """Markdown: one line for each comparison, and the speeds.

    Args: results: folder of the results files. Raises: ReportError: as `results_text`.
    """
    contents = _contents(results)
    rows = [row for path, content in contents.items() if not _is_bench(path) for row in _headlines(path, content)]
    tables = ["\n".join([HEAD, *rows])] if rows else []
    return "\n\n".join([*tables, *_benches(contents)]) or _NOTHING


def results_text(results: Path, checkpoints: Path) -> str:
    """Markdown tables of every results file, in the order of their names.

    Args: results: folder of the results files. checkpoints: folder of the shipped checkpoints.
    Raises: ReportError: a file is not what `mil evaluate` or `mil bench` writes.
    """
    contents = _contents(results)
    tables = [_evaluation(path, content, checkpoints) for path, content in contents.items() if not _is_bench(path)]
    tables += _benches(contents)
    tables += [_recording(path, content["recording"]) for path, content in contents.items() if "recording" in content]
    return "\n\n".join(tables) or _NOTHING


def with_results(page: str, text: str) -> str:
    """A page with `text` between its markers. Raises: ReportError: the markers are not there once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ReportError(f"expected the lines {BEGIN!r} and {END!r} once each, found otherwise; put them in.")
    before, after = page[: page.index(BEGIN)], page[page.index(END) :]
    return f"{before}{BEGIN}\n{text}\n{after}"


def _contents(results: Path) -> dict[Path, dict[str, Any]]:
    """What the files hold, in the order of their names, but for those without tables."""
    contents = {path: _read(path) for path in sorted(results.glob("*.json"))}
    return {path: content for path, content in contents.items() if not _CAMPAIGNS & content.keys()}


def _headlines(path: Path, content: dict[str, Any]) -> list[str]:
    try:
        return headlines(content)
    except (KeyError, TypeError, StopIteration) as error:
        raise ReportError(f"{path}: expected a file of `mil evaluate`, found {error!r}; evaluate again.") from error


def _benches(contents: Mapping[Path, dict[str, Any]]) -> list[str]:
    """The table of speeds, if there are any."""
    benches = {path: content for path, content in contents.items() if _is_bench(path)}
    if not benches:
        return []
    head = "| bench | ours p50 | ours p99 | ours max | peer p50 | ratio | peer |\n|---|---|---|---|---|---|---|"
    rows = [_bench_row(path, content) for path, content in benches.items()]
    cores = ", ".join(str(number) for number in sorted({content["cores"] for content in benches.values()}))
    note = f"Ratio = peer's median over ours, above 1 we are faster; on {cores} cores."
    return ["\n".join([head, *rows, "", note])]


def _evaluation(path: Path, content: dict[str, Any], checkpoints: Path) -> str:
    try:
        name, command = content["experiment"], _command(content)
        # Networks of a figure over sizes of the data are made for it alone and not shipped.
        measured = {} if "sizes" in content else {name: content["checkpoint_sha256"]}
        measured |= {f"{name}_predictor": content["predictor_sha256"]} if "predictor" in content else {}
        table = _table(content)
    except (KeyError, TypeError) as error:
        raise ReportError(f"{path}: expected a file of `mil evaluate`, found {error!r}; evaluate again.") from error
    models = {checkpoints / each / MODEL: sha256 for each, sha256 in measured.items()}
    is_shipped = all(model.is_file() and file_sha256(model) == sha256 for model, sha256 in models.items())
    note = f"Again with: `{command}`" + ("." if is_shipped else "; measured on another checkpoint than the one here.")
    return "\n".join([table, "", note])


def _table(content: dict[str, Any]) -> str:
    if "asking" in content:
        return asking_text(content)
    if "shapes" in content:
        return rope_text(content)
    if "cells" in content:
        return policies_text(content)
    if "sizes" in content:
        return _sizes_text(content)
    if "settings" in content:
        return planning_text(content)
    if "unexplained" in content:
        return prediction_text(content)
    if "novel_cameras" in content:
        return goal_text(content)
    return reward_text(content) if "num_demos" in content else _success_text(content)


def _success_text(content: dict[str, Any]) -> str:
    counted = {"success_once": "at any time", "success_at_end": "at the end"}[content["criterion"]]
    methods: dict[str, dict[str, Any]] = content["methods"]
    breaks = all("causes" in row for row in methods.values())
    kinds = _CAUSES if breaks else _KINDS
    rows = [_method_row(method, row, row["causes" if breaks else "failures"], kinds) for method, row in methods.items()]
    through = ", through the ROS 2 graph and its safety gate" if "command" in content else ""
    shots = f", adapted to {content['shots']} demonstrations" if "shots" in content else ""
    head = (
        f"`{content['experiment']}`{through}: {content['tasks']} {_WHOSE[content.get('split', 'test')]} x "
        f"{content['trials']} scenes, success counted {counted} of an episode{shots}.\n\n"
        f"| method | success | rate | 95% interval | 95% by tasks | {' | '.join(kinds.values())} |\n"
        f"|---|---|---|---|---|{'---|' * len(kinds)}"
    )
    sentences = [*_other_successes(methods), *([retry_sentence(content)] if "retry" in content else [])]
    return "\n".join([head, *rows, *(line for sentence in sentences for line in ("", sentence))])


def _sizes_text(content: dict[str, Any]) -> str:
    """Success of each method by the number of demonstrations in the meta-training set."""
    sizes: list[dict[str, Any]] = content["sizes"]
    rows = []
    for method in sizes[-1]["methods"]:
        found = [size["methods"].get(method) for size in sizes]
        cells = ["" if row is None else f"{row['rate']:.1%} ({_interval(row['wilson95'])})" for row in found]
        rows.append(f"| `{method}` | {' | '.join(cells)} |")
    head = (
        f"`{content['experiment']}`: success after {content['iterations']} steps, by the number of demonstrations in "
        f"the meta-training set, {content['tasks']} tasks never met x {content['trials']} scenes.\n\n"
        f"| method | {' | '.join(str(size['demos']) for size in sizes)} |\n|---|{'---|' * len(sizes)}"
    )
    return "\n".join([head, *rows])


def _other_successes(methods: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each further definition of success that the task has, as pushing has two radii."""
    names = {name for row in methods.values() for name in row.get("measures", {}) if name.startswith("success_")}
    sentences = []
    for name in sorted(names):
        rows = {method: row["measures"][name] for method, row in methods.items() if name in row.get("measures", {})}
        low_high = {
            method: "{:.1%} to {:.1%} by tasks".format(*row["task_bootstrap95"]) for method, row in rows.items()
        }
        told = (f"`{method}` {row['mean']:.1%} ({low_high[method]})" for method, row in rows.items())
        sentences.append(f"By `{name}`, the task's other definition of success: {', '.join(told)}.")
    return sentences


def retry_sentence(content: dict[str, Any]) -> str:
    """What a second attempt gains, in words. Raises: KeyError, TypeError: nobody measured it."""
    row, measures = content["retry"], content["methods"][content["retry"]["first"]]["measures"]
    ended, missed, wrongly = (measures[name]["mean"] for name in ("ended_early", "missed", "missed_wrongly"))
    told = (
        f"A second attempt that a goal classifier asks for gains {_gain(row)}. It ended {ended:.1%} of the runs early "
        f"and called {missed:.1%} a failure (success less likely than {row['failure_below']:g}), {wrongly:.1%} of all "
        "runs wrongly."
    )
    if "second_attempt" not in row:
        return told
    second = row["second_attempt"]
    return f"{told} `{second['second']}` makes it, adapted to the same; over that one alone it gains {_gain(second)}."


def _gain(row: dict[str, Any]) -> str:
    """A difference as mil_core.compare tells it."""
    low, high = row["difference95"]
    return f"{row['difference']:.1%} ({low:.1%} to {high:.1%} by tasks): {row['verdict']}"


def _command(content: dict[str, Any]) -> str:
    """What to type to get the same file; `command` is there when it was not `mil evaluate`."""
    name = content["experiment"]
    if "command" in content:
        return content["command"]
    options = f"--seed {content['seed']} --tasks {content['tasks']}"
    trials = content.get("trials", content.get("moves"))
    options += "" if trials is None else f" --trials {trials}"
    options += "".join(f" --{name} {content[name]}" for name in ("shots", "split") if name in content)
    options += _retry_options(content["retry"]) if "retry" in content else ""
    options += " --planning" if "settings" in content else ""
    options += f" --predictor {content['predictor']}" if "predictor" in content else ""
    return f"mil evaluate --experiment {name} --checkpoint checkpoints/{name} {options}"


def _retry_options(retry: dict[str, Any]) -> str:
    options = " --retry"
    if "second_attempt" in retry:
        options += f" --second-checkpoint checkpoints/{retry['second_attempt']['learned_as']}"
    return options + (f" --retry-below {retry['failure_below']}" if retry["failure_below"] != FAILURE_BELOW else "")


def _method_row(method: str, row: dict[str, Any], failures: dict[str, int], kinds: dict[str, str]) -> str:
    cells = (
        f"`{method}`",
        f"{row['successes']}/{row['n']}",
        f"{row['rate']:.1%}",
        _interval(row["wilson95"]),
        _interval(row["task_bootstrap95"]),
        *(str(failures[kind]) for kind in kinds),
    )
    return f"| {' | '.join(cells)} |"


def _bench_row(path: Path, content: dict[str, Any]) -> str:
    try:
        ours, peer = content["ours"], content["peer"]
        times = [ours["p50_s"], ours["p99_s"], ours["max_s"], peer["p50_s"]]
        cells = [content["bench"], *(f"{1e3 * seconds:.1f} ms" for seconds in times), f"{content['ratio']:.1f}"]
        return f"| {' | '.join(cells)} | {peer['what']} |"
    except (KeyError, TypeError) as error:
        raise ReportError(f"{path}: expected a file of `mil bench`, found {error!r}; bench again.") from error


def _recording(path: Path, facts: dict[str, Any]) -> str:
    try:
        return (
            f"Recording {facts['cameras']} cameras of 640x480 at {facts['rate_hz']} Hz for {facts['seconds']:.0f} s "
            f"took {facts['core_share']:.2f} of a core (promised: {facts['core_share_budget']}) and dropped "
            f"{facts['dropped']} of {facts['pictures']} pictures, while {facts['load_average_after']:.1f} processes "
            "wanted the machine's cores."
        )
    except (KeyError, TypeError) as error:
        raise ReportError(f"{path}: expected a file of `mil bench record`, found {error!r}; bench again.") from error


def _interval(ends: list[float]) -> str:
    return f"{ends[0]:.1%} to {ends[1]:.1%}"


def _is_bench(path: Path) -> bool:
    return path.name.startswith(BENCH_PREFIX)


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ReportError(f"{path}: expected JSON, found {error}; make the file again.") from error
