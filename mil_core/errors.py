"""Errors of the learning layer. Each message says what was expected, what was found, and what to do next."""

from data_tools.errors import one_line


class MilError(Exception):
    """Root of every error that mil_core raises on purpose. Its message is one line, whatever a file says."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class NonFiniteLoss(MilError):
    """A loss became NaN or infinite."""


class FirstOrderLearnedLoss(MilError):
    """First-order adaptation was asked for together with a learned loss, which could then never learn."""


class UnknownExperiment(MilError):
    """No experiment of this name."""


class CheckpointMissing(MilError):
    """The folder or one of its files does not exist."""


class CheckpointCorrupt(MilError):
    """A checkpoint is cut short, or does not hold what its configuration promises."""


class CheckpointVersion(MilError):
    """A checkpoint was written by another version of the format."""


class NonFiniteParameters(MilError):
    """A checkpoint or an adaptation holds NaN or infinite parameters."""


class SupportMismatch(MilError):
    """The demonstration or film given to `adapt` is not of the kind or size the algorithm was trained on."""


class NotEnoughDemos(MilError):
    """A task has too few demonstrations or films to draw support and query from different ones."""


class InvalidProblem(MilError):
    """A planning problem has broken dynamics, rewards, starts or horizon, or a goal that cannot be reached."""


class BadThreshold(MilError):
    """A threshold is outside of (0, 1), or a calibration is none."""


class UnusablePicture(MilError):
    """A picture shows nothing to judge: it is black, of one colour, or not a picture."""


class PeerMissing(MilError):
    """A benchmark's peer is not installed."""


class ExtraMissing(MilError):
    """What an extra of the package installs is not there."""
