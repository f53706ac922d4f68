"""How a command ends: known errors become messages and exit codes, faults in the program tracebacks."""

from collections.abc import Callable

from rich.console import Console
from rich.markup import escape

OK, ANSWER_IS_NO, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def exit_code(start: Callable[[], int]) -> int:
    """Exit code of a command, with a message where it ended in an error that this project raises on purpose."""
    try:
        return start()
    except SystemExit as stop:  # tyro has printed its help or its complaint
        return int(stop.code or OK)
    except KeyboardInterrupt as stop:
        complain(str(stop) or "stopped by hand; every file that is there is whole.")
        return INTERRUPTED
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        complain(str(error))
        return code


def complain(message: str) -> None:
    """Tell whoever typed the command what is wrong."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[bold red]mil:[/] {escape(message)}")


def _code_of(error: Exception) -> int | None:
    """The exit code of an error that this project raises on purpose; None for a fault in the program."""
    from data_tools.errors import DataError
    from mil_core.errors import MilError, NonFiniteLoss
    from sim.errors import ExpertFailed, FilmFailed, PhysicsDiverged, SimError

    if isinstance(error, (NonFiniteLoss, ExpertFailed, FilmFailed, PhysicsDiverged)):
        return ANSWER_IS_NO
    if isinstance(error, (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)):
        return BAD_INPUT  # a place that was named and cannot be written or read
    return BAD_INPUT if isinstance(error, (DataError, SimError, MilError)) else None
