"""From the file of a demonstration to an adapted policy. Knows no ROS; reading and adapting come from outside."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol, TypeVar

from data_tools.demo import Video
from data_tools.errors import DataError
from mil_core.errors import NonFiniteLoss, NonFiniteParameters, SupportMismatch
from mil_core.support import load_support_film
from mil_nodes.episode import ActingPolicy
from mil_nodes.errors import BadId, NodeError, UnknownDemo
from mil_nodes.library import film_path
from sim.errors import SimError

Support = TypeVar("Support")


class AdaptEnd(IntEnum):
    """How an adaptation ended; the numbers are those of mil_interfaces/action/Adapt."""

    SUCCEEDED = 0
    CANCELED = 1
    BAD_ID = 2
    UNKNOWN_DEMO = 3
    BAD_VIDEO = 4
    NON_FINITE = 5
    FAILED = 6


class AdaptedPolicy(ActingPolicy, Protocol):
    """A policy together with what its adaptation measured."""

    loss_before: float
    loss_after: float
    uncertainty: float


class Learner(Protocol[Support]):
    """What turns a demonstration into a policy."""

    def read(self, library: Path, demo_id: str) -> Support:
        """A demonstration of a library, as this learner looks at it."""
        ...

    def adapt(self, support: Support) -> AdaptedPolicy:
        """Adapt to one demonstration."""
        ...

    def adapt_again(self, support: Support) -> AdaptedPolicy:
        """Adapt to it once more and otherwise, if there is another way, for a second attempt after a failed one."""
        ...

    def unadapted(self) -> AdaptedPolicy:
        """The policy before any demonstration."""
        ...


@dataclass(frozen=True)
class Adaptation:
    """How an adaptation went."""

    end: AdaptEnd
    message: str
    policy: AdaptedPolicy | None
    seconds: float
    """From the demonstration's file to the adapted policy."""
    again: Callable[[], AdaptedPolicy] | None = None
    """Makes the policy of a second attempt; None without a policy."""


class Canceled(NodeError):
    """Somebody asked to stop."""


def adapt_to_demo(learner: Learner, library: Path, demo_id: str, on_stage: Callable[[str], None]) -> Adaptation:
    """Read a demonstration of the library and adapt to it; every failure becomes an end with a message.

    Args: learner: reads and adapts. demo_id: which one. on_stage: told each stage; may raise Canceled.
    """
    start_s = time.monotonic()
    policy, again, message = None, None, ""
    try:
        policy, again = _adapt(learner, library, demo_id, on_stage)
        end = AdaptEnd.SUCCEEDED
    except Exception as error:  # A client must learn why, and the node must live on, whatever a file provokes.
        end = next((end for kinds, end in ENDS.items() if isinstance(error, kinds)), AdaptEnd.FAILED)
        message = f"{type(error).__name__}: {error}"
    return Adaptation(end, message, policy, time.monotonic() - start_s, again)


def read_film(library: Path, film_id: str, height: int, width: int) -> Video:
    """A film of the library at the size of a policy's picture. Raises: NodeError, DataError."""
    return load_support_film(film_path(library, film_id), height, width)


def _adapt(
    learner: Learner, library: Path, demo_id: str, on_stage: Callable[[str], None]
) -> tuple[AdaptedPolicy, Callable[[], AdaptedPolicy]]:
    on_stage("reading the demonstration")
    support = learner.read(library, demo_id)
    on_stage("adapting")
    policy = learner.adapt(support)
    on_stage("done")
    return policy, lambda: learner.adapt_again(support)


ENDS: dict[type[Exception] | tuple[type[Exception], ...], AdaptEnd] = {
    Canceled: AdaptEnd.CANCELED,
    BadId: AdaptEnd.BAD_ID,
    UnknownDemo: AdaptEnd.UNKNOWN_DEMO,
    (DataError, SimError, SupportMismatch): AdaptEnd.BAD_VIDEO,
    (NonFiniteLoss, NonFiniteParameters): AdaptEnd.NON_FINITE,
}
"""Errors and the end that they stand for."""
