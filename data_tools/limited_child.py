"""The program of a limited child: takes one order, gives up its rights, does the job, answers through the pipe."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from data_tools.errors import DataError
from data_tools.limited_rules import restrict_calls, restrict_files, restrict_resources
from data_tools.limited_wire import packed


def main() -> None:
    """Read the order from standard input, answer on standard output."""
    order = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print must not get between the answers
    module, name = order["job"].split(":")
    job: Callable[[Path, dict[str, Any]], Iterator[Any]] = getattr(import_module(module), name)
    restrict_resources(order["limits"]["memory_bytes"], order["limits"]["time_s"])
    restrict_files(map(Path, order["readable"]))
    restrict_calls()
    _send(answers, {"ready": True})
    try:
        for item in job(Path(order["path"]), order["request"]):
            _send(answers, {"item": item})
        _send(answers, {"end": True})
    except MemoryError:
        _send(answers, {"error": "MemoryError", "text": ""})
    except DataError as error:
        _send(answers, {"error": type(error).__name__, "text": str(error)})
    except Exception as error:  # a fault of ours or of a library: the parent has to say something about this file
        _send(answers, {"error": "Fault", "text": f"{type(error).__name__}: {error}"})


def _send(answers: Any, message: dict[str, Any]) -> None:
    for part in packed(message):
        answers.write(part)
    answers.flush()


if __name__ == "__main__":
    main()
