"""Everything that can go wrong in simulation, by name.

One root, `SimError`; each message says what was expected, what was found and what to type next.
"""

from collections.abc import Iterable


class SimError(Exception):
    """Root of all errors of this package."""


class UnknownName(SimError):
    """A task, robot or expert that is not listed."""

    kind = "name"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"Expected a known {self.kind}, found {name!r}; use one of: {', '.join(sorted(known))}.")


class UnknownTask(UnknownName):
    """A task name that `sim.tasks.TASKS` does not list."""

    kind = "task"


class UnknownRobot(UnknownName):
    """A robot name that `sim.robots.ROBOTS` does not list."""

    kind = "robot"


class UnknownSplit(UnknownName):
    """A split that is none of train, validation, test."""

    kind = "split"


class ActionError(SimError):
    """An action of the wrong size, or one that holds NaN or infinity."""


class PhysicsDiverged(SimError):
    """The simulation left the real numbers or became unstable."""


class GlUnavailable(SimError):
    """No OpenGL backend works on this machine."""


class ExtraMissing(SimError):
    """A package that only an extra brings is not installed."""


class AssetMissing(SimError):
    """A robot description or mesh that should come with a dependency is not there."""


class IkFailed(SimError):
    """No joint angles within the limits reach the asked pose."""


class LayoutFailed(SimError):
    """Objects could not be placed without overlap."""


class ExpertFailed(SimError):
    """The scripted expert did not succeed in any of its attempts."""


class FilmFailed(SimError):
    """No film of a task could be made in the allowed number of attempts."""
