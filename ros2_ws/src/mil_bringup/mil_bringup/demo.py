"""`make demo`: films of a human in, a robot that acts out, through the whole ROS 2 graph.

This file reads the arguments and makes ROS importable; `demo_run.py` and `demo_own_film.py` do the work.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from mil_bringup.environment import activate

OK, BROKEN, BAD_INPUT = 0, 1, 2


@dataclass(frozen=True)
class DemoOptions:
    """Adapt to one film a task and act, on tasks never met in training."""

    video: Path | None = None
    """Your own film of the task; without it, 20 rendered films of tasks never met in training."""
    tasks: int = 20
    """Number of tasks."""
    checkpoint: Path = Path("checkpoints/daml_place")
    """Folder of the meta-trained policy."""
    out: Path = Path("out/demo")
    """Where metrics.json, demo.mp4 and report.html go."""


def main() -> int:
    """Run the demonstration; 0 = it ran, 1 = the graph broke down, 2 = bad input."""
    options = tyro.cli(DemoOptions, prog="make demo")
    activate()
    from data_tools.errors import DataError
    from mil_bringup import demo_own_film, demo_run
    from mil_bringup.bringup import BringupError
    from mil_core.checkpoint import load
    from mil_core.commands.output import require_at_least
    from mil_core.errors import MilError
    from mil_core.experiments.imitation import ImitationExperiment

    try:
        require_at_least(1, {"tasks": options.tasks})
        load(options.checkpoint, ImitationExperiment)  # in the policy runner it would look like a graph that broke down
        if options.video is None:
            demo_run.run(options)
        else:
            demo_own_film.run(options, options.video)
    except BringupError as error:
        return _complain(error, BROKEN)
    except (MilError, DataError) as error:
        return _complain(error, BAD_INPUT)
    except KeyboardInterrupt:
        return BROKEN
    return OK


def _complain(error: Exception, code: int) -> int:
    print(f"demo: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
