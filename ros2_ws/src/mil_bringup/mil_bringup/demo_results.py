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


def metrics(results: Sequence[TaskResult]) -> dict[str, Any]:
    """The content of metrics.json."""
    seconds = np.array([result.adapt_seconds for result in results])
    latency_ms = np.concatenate([[*result.adapted.latency_ms, *result.unadapted.latency_ms] for result in results])
    return {
        "adapted": rate([result.adapted for result in results]),
        "unadapted": rate([result.unadapted for result in results]),
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
    seconds, control = content["adapt_seconds"], content["control_ms"]
    timing = [
        ("film to adapted policy, median", f"{seconds['p50']:.2f} s"),
        ("film to adapted policy, longest", f"{seconds['max']:.2f} s"),
        ("picture to command, median", f"{control['p50']:.1f} ms"),
        ("picture to command, 99% within", f"{control['p99']:.1f} ms"),
        ("ROS 2", f"{content['ros_distro']}, {content['rmw']}"),
    ]
    rows = [(result.task_id, str(result.adapted), str(result.unadapted), result.adapt_seconds) for result in results]
    html_report(
        path,
        "One film in, the robot acts",
        [
            Section("Success on objects never met in training", [SuccessTable.of_methods(methods, CHANCE)]),
            Section("The first task", [Picture(film, "the film that was shown, and what the robot then did")]),
            Section("Time", [Table(("what", "value"), timing)]),
            Section(
                "Every task",
                [
                    Paragraph("Both policies act in the same scene; only one has seen the film."),
                    Table(("task", "after the film", "without the film", "adaptation, s"), rows),
                ],
            ),
        ],
    )


def _percentile(values: np.ndarray, percent: float) -> float | None:
    return float(np.percentile(values, percent)) if len(values) else None
