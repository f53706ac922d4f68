"""From the file of a film to an adapted policy. Knows no ROS; the policy itself comes from outside."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Protocol

from data_tools.demo import Video
from data_tools.errors import DataError
from mil_core.errors import NonFiniteLoss, NonFiniteParameters
from mil_core.support import load_support_film
from mil_nodes.episode import ActingPolicy
from mil_nodes.errors import BadId, NodeError, UnknownDemo
from mil_nodes.library import film_path


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


class Learner(Protocol):
    """What turns a film into a policy."""

    image_height: int
    """Height of the pictures that its policies look at."""
    image_width: int
    """Width of the pictures that its policies look at."""

    def adapt(self, support: Video) -> AdaptedPolicy:
        """Adapt to one film."""
        ...

    def unadapted(self) -> AdaptedPolicy:
        """The policy before any film."""
        ...


@dataclass(frozen=True)
class Adaptation:
    """How an adaptation went."""

    end: AdaptEnd
    message: str
    policy: AdaptedPolicy | None
    seconds: float
    """From the film's file to the adapted policy."""


class Canceled(NodeError):
    """Somebody asked to stop."""


def adapt_to_film(learner: Learner, library: Path, film_id: str, on_stage: Callable[[str], None]) -> Adaptation:
    """Read a film of the library and adapt to it; every failure becomes an end with a message.

    Args: learner: adapts. library: folder of the films. film_id: which. on_stage: told each stage; may raise Canceled.
    """
    start_s = time.monotonic()
    policy, message = None, ""
    try:
        policy = _adapt(learner, film_path(library, film_id), on_stage)
        end = AdaptEnd.SUCCEEDED
    except Exception as error:  # A client must learn why, and the node must live on, whatever a film provokes.
        end = next((end for kinds, end in ENDS.items() if isinstance(error, kinds)), AdaptEnd.FAILED)
        message = f"{type(error).__name__}: {error}"
    return Adaptation(end, message, policy, time.monotonic() - start_s)


def _adapt(learner: Learner, path: Path, on_stage: Callable[[str], None]) -> AdaptedPolicy:
    on_stage("reading the film")
    video = load_support_film(path, learner.image_height, learner.image_width)
    on_stage("adapting")
    policy = learner.adapt(video)
    on_stage("done")
    return policy


ENDS: dict[type[Exception] | tuple[type[Exception], ...], AdaptEnd] = {
    Canceled: AdaptEnd.CANCELED,
    BadId: AdaptEnd.BAD_ID,
    UnknownDemo: AdaptEnd.UNKNOWN_DEMO,
    DataError: AdaptEnd.BAD_VIDEO,
    (NonFiniteLoss, NonFiniteParameters): AdaptEnd.NON_FINITE,
}
"""Errors and the end that they stand for."""
