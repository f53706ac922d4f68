"""Two ways to the same result, timed in turns, with a check that the results agree."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

import numpy as np

from data_tools.provenance import code_version

PACKAGES = ("torch", "numpy", "mujoco", "av", "opencv-python")


@dataclass(frozen=True)
class Timing:
    """How long something took."""

    what: str
    """What was timed, in words."""
    p50_s: float
    """Median."""
    p99_s: float
    """99th percentile."""
    max_s: float
    """Longest."""
    count: int
    """Number of measurements."""

    @classmethod
    def of(cls, what: str, seconds: list[float]) -> "Timing":
        """Summarise measurements, at least one."""
        p50, p99 = np.percentile(seconds, [50, 99])
        return cls(what, float(p50), float(p99), max(seconds), len(seconds))


@dataclass(frozen=True)
class Agreement:
    """Whether both ways give the same."""

    what: str
    """Which difference, in words."""
    difference: float
    """The difference that was found."""
    tolerance: float
    """The largest one that counts as agreement."""

    @property
    def is_close(self) -> bool:
        """Whether both ways agree; a NaN never does."""
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class Comparison:
    """One row of `mil bench`."""

    name: str
    """Name of the benchmark."""
    ours: Timing
    """Our way."""
    peer: Timing
    """The other way."""
    agreement: Agreement
    """Whether both give the same."""
    budget_s: float
    """What our way may take, in seconds."""
    budget_of: str
    """The field of `ours` that the budget is for: p50_s, p99_s or max_s."""

    @property
    def ratio(self) -> float:
        """Peer's median over ours: above 1 we are faster."""
        return self.peer.p50_s / self.ours.p50_s

    def to_dict(self) -> dict[str, Any]:
        """The content of the results file."""
        return {
            "bench": self.name,
            "ours": asdict(self.ours),
            "peer": asdict(self.peer),
            "ratio": self.ratio,
            "agreement": {**asdict(self.agreement), "is_close": self.agreement.is_close},
            "budget": {self.budget_of: self.budget_s, "is_kept": getattr(self.ours, self.budget_of) <= self.budget_s},
            "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
            "code_version": code_version(),
            "cores": len(os.sched_getaffinity(0)),
            "machine": platform.machine(),
        }


def seconds_of(action: Callable[[], object]) -> float:
    """How long one call takes on the wall clock."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def cpu_seconds_of(action: Callable[[], object]) -> float:
    """How long one call keeps the processor busy, all threads together."""
    started = time.process_time()
    action()
    return time.process_time() - started
