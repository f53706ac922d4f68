"""When is a run done, when was its goal missed for sure, and when is it tried once more? Asked of what a goal
classifier made of the run's pictures.

Pure: knows no robot, no clock and no pictures. Whoever runs episodes, a node or an evaluation, decides by this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from mil_core.adapted_goal import NUM_FRAMES, Sighting
from mil_core.calibration import check_threshold

FAILURE_BELOW = 0.1
"""Calibrated probability below which a failure is sure: of ten such pictures less than one shows success."""

GRIPPER_OPEN_BELOW = 0.5
"""Gripper command, 0 open to 1 closed, below which nothing is held."""


class Verdict(Enum):
    """What the newest pictures say of a run."""

    REACHED = "reached"
    """The goal is believed reached."""
    MISSED = "missed"
    """It is believed missed, if the run is over."""
    UNSURE = "unsure"
    """Neither, or there is nobody to ask: no reason to do anything."""


@dataclass(frozen=True)
class RetryRule:
    """What is believed of probabilities."""

    threshold: float
    """A classifier's: above it the goal is reached."""
    failure_below: float = FAILURE_BELOW
    """Below it, and not above the threshold, the goal is missed."""

    def __post_init__(self) -> None:
        """Raises: BadThreshold: one is not inside (0, 1)."""
        check_threshold(self.threshold)
        check_threshold(self.failure_below)

    def verdict(self, sightings: Sequence[Sighting]) -> Verdict:
        """The verdict of the newest pictures: they must agree, and be known to the classifier.

        Args: sightings: of the run so far, in their order; what could not be judged is novel, and never left out.
        """
        newest = sightings[-NUM_FRAMES:]
        if len(newest) < NUM_FRAMES or any(seen.is_novel for seen in newest):
            return Verdict.UNSURE
        if all(seen.probability > self.threshold for seen in newest):
            return Verdict.REACHED
        missed_below = min(self.failure_below, self.threshold)
        is_missed = all(seen.probability < missed_below for seen in newest)
        return Verdict.MISSED if is_missed else Verdict.UNSURE

    def may_end(self, sightings: Sequence[Sighting], gripper: float) -> bool:
        """Whether a run ends here: the goal is believed reached, and nothing is held any more.

        A thing held above its place looks much like one that lies there, and it is a policy's business to let go.

        Args: sightings: as `verdict`. gripper: the last command's, 0 open to 1 closed; 0 before the first one.
        """
        return gripper < GRIPPER_OPEN_BELOW and self.verdict(sightings) is Verdict.REACHED


def with_retry(attempt: Callable[[], Verdict], go_home: Callable[[], bool]) -> list[Verdict]:
    """Try, and once more from home where the goal was missed for sure.

    Args: attempt: one run to its end. go_home: prepares another one; False where that is not possible.
    Returns: the verdict of each attempt, one or two.
    """
    verdicts = [attempt()]
    if verdicts[0] is Verdict.MISSED and go_home():
        verdicts.append(attempt())
    return verdicts
