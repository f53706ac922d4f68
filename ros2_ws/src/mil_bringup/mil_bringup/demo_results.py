"""What the demonstration found: numbers for metrics.json, tables and the film for report.html. Starts nothing."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rclpy.utilities import get_rmw_implementation_identifier

from data_tools.atomic import committed_file
from data_tools.report import Paragraph, Picture, Section, SuccessTable, Table, html_report
from data_tools.statistics import wilson95

CHANCE = 1 / 3
"""Three containers."""


@dataclass(frozen=True)
class Attempt:
    """One episode of one policy."""

    success: bool
    """The item lies in or on the right container."""
    chosen: int
    """Container acted on; 0 is the right one."""
    latency_ms: Sequence[float]
    """Per control step, from the picture's arrival to the command's departure."""
    message: str
    """Why the episode ended early, or empty."""

    def __str__(self) -> str:
        if self.success:
            return "done"
        return self.message or ("right container, not done" if self.chosen == 0 else "another container")


@dataclass(frozen=True)
class TaskResult:
    """Both policies in the same scene of one task."""

    task_id: str
    adapt_seconds: float
    """From the film's file to the adapted policy."""
    adapted: Attempt
    unadapted: Attempt


@dataclass(frozen=True)
class OwnFilmResult:
    """What followed from a film that somebody brought: choices, of which nobody here knows the right one."""

    adapt_seconds: float
    adapted: list[Attempt]
    """One attempt a scene, after the film."""
    unadapted: list[Attempt]
    """The same scenes without it."""


def metrics(results: Sequence[TaskResult]) -> dict[str, Any]:
    """The content of metrics.json."""
    adapted, unadapted = [result.adapted for result in results], [result.unadapted for result in results]
    rates = {"adapted": rate(adapted), "unadapted": rate(unadapted)}
    return rates | _measured([result.adapt_seconds for result in results], [*adapted, *unadapted])


def own_film_metrics(result: OwnFilmResult) -> dict[str, Any]:
    """The content of metrics.json for a film of one's own: no success is counted, so n is 0 and the rate is null."""
    unknown = {"successes": 0, "n": 0, "rate": None, "wilson95": [0.0, 1.0]}
    choices = {
        name: unknown | {"chosen": [attempt.chosen for attempt in attempts]}
        for name, attempts in (("adapted", result.adapted), ("unadapted", result.unadapted))
    }
    return choices | _measured([result.adapt_seconds], [*result.adapted, *result.unadapted])


def _measured(adapt_seconds: Sequence[float], attempts: Sequence[Attempt]) -> dict[str, Any]:
    seconds, latency_ms = np.array(adapt_seconds), np.concatenate([attempt.latency_ms for attempt in attempts])
    return {
        "adapt_seconds": {"p50": float(np.median(seconds)), "max": float(seconds.max())},
        "control_ms": {"p50": _percentile(latency_ms, 50), "p99": _percentile(latency_ms, 99)},
        "ros_distro": os.environ["ROS_DISTRO"],
        "rmw": get_rmw_implementation_identifier(),
    }


def rate(attempts: Sequence[Attempt]) -> dict[str, Any]:
    """Successes with their 95% interval."""
    successes, n = sum(attempt.success for attempt in attempts), len(attempts)
    return {"successes": successes, "n": n, "rate": successes / n, "wilson95": list(wilson95(successes, n))}


def sentence(name: str, numbers: dict[str, Any]) -> str:
    """One line about a policy."""
    low, high = numbers["wilson95"]
    return f"{name} success {numbers['successes']}/{numbers['n']}, 95% interval {low:.0%} to {high:.0%}"


def write_metrics(path: Path, content: dict[str, Any]) -> None:
    """Write metrics.json whole or not at all."""
    with committed_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")


def write_report(path: Path, film: Path, content: dict[str, Any], results: Sequence[TaskResult]) -> None:
    """Write report.html, which opens without a network."""
    methods = {name: content[name] for name in ("adapted", "unadapted")}
    rows = [
        (result.task_id, str(result.adapted), str(result.unadapted), round(1000 * result.adapt_seconds))
        for result in results
    ]
    html_report(
        path,
        "One film in, the robot acts",
        [
            Section("Success on objects never met in training", [SuccessTable.of_methods(methods, CHANCE)]),
            Section("The first task", [Picture(film, "the film that was shown, and what the robot then did")]),
            _times(content),
            Section(
                "Every task",
                [
                    Paragraph("Both policies act in the same scene; only one has seen the film."),
                    Table(("task", "after the film", "without the film", "adaptation, ms"), rows),
                ],
            ),
        ],
    )


def write_own_film_report(path: Path, films: Sequence[Path], content: dict[str, Any]) -> None:
    """Write report.html for a film of one's own."""
    note = "Nobody but the one who made the film knows which container it meant, so nothing is counted as a success."
    scenes = [Picture(film, f"your film, and the robot in scene {index}") for index, film in enumerate(films)]
    html_report(path, "Your film in, the robot acts", [Section("Scenes", [Paragraph(note), *scenes]), _times(content)])


def _times(content: dict[str, Any]) -> Section:
    seconds, control = content["adapt_seconds"], content["control_ms"]
    rows = [
        ("film to adapted policy, median", f"{seconds['p50']:.2f} s"),
        ("film to adapted policy, longest", f"{seconds['max']:.2f} s"),
        ("picture to command, median", f"{control['p50']:.1f} ms"),
        ("picture to command, 99% within", f"{control['p99']:.1f} ms"),
        ("ROS 2", f"{content['ros_distro']}, {content['rmw']}"),
    ]
    return Section("Time", [Table(("what", "value"), rows)])


def _percentile(values: np.ndarray, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None
