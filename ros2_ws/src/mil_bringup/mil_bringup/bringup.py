"""Starts the nodes as separate processes, tells when one dies, and leaves none behind.

    PYTHONPATH=ros2_ws/src/mil_bringup .venv/bin/python -m mil_bringup.bringup fast

It refuses to know what the nodes do and when they are ready; `client.py` asks them.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from mil_bringup.environment import ROOT, VENV, ros_environment
from mil_bringup.processes import ADAPT_AND_RUN, NodeProcess, params_file
from mil_bringup.shared_memory import remove_orphans

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: which signal a process gets when its parent dies."""
END_GRACE_S = 5.0
"""Time that a process has for its own end before it is killed."""
LOG_TAIL_LINES = 15


class BringupError(Exception):
    """A process of the graph cannot start, or has died."""


class Graph:
    """The processes of a graph, each in a process group of its own; use it in a `with` block.

    Args:
        processes: what to start, in this order.
        params: parameter file for all of them.
        overrides: parameters by node name that differ from the file.
        log_folder: one log file for each node goes here.
        environment: variables to start from, the caller's own if None.
    """

    def __init__(
        self,
        processes: Sequence[NodeProcess],
        params: Path,
        overrides: Mapping[str, Mapping[str, object]],
        log_folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._processes = processes
        self._params, self._overrides = params, overrides
        self._log_folder = log_folder
        self._environment = {**ros_environment(environment), "ROS_LOG_DIR": str(log_folder / "ros")}
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Graph":
        self._log_folder.mkdir(parents=True, exist_ok=True)
        try:
            for process in self._processes:
                self.log_file(process.executable).unlink(missing_ok=True)
                self.start(process)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def start(self, process: NodeProcess) -> None:
        """Start one process, for instance again after its death."""
        with self.log_file(process.executable).open("ab") as log:
            self.children[process.executable] = subprocess.Popen(
                self._command(process),
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def log_file(self, name: str) -> Path:
        """Where a node's output goes."""
        return self._log_folder / f"{name}.log"

    def check(self) -> None:
        """Raise when a process has ended. Raises: BringupError: which, how, and the end of what it said."""
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
                tail = "\n".join(self.log_file(name).read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
                raise BringupError(f"Node {name}: expected it to run, found its end by {how}; last words:\n{tail}")

    def close(self) -> None:
        """End every process group: kindly first, then by force; returns when all are gone."""
        for child in self.children.values():
            _signal_group(child, signal.SIGTERM)
        deadline_s = time.monotonic() + END_GRACE_S
        for child in self.children.values():
            try:
                child.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                pass
            # The leader may be gone while something that it started lives on.
            _signal_group(child, signal.SIGKILL)
            child.wait()
        remove_orphans()

    def _command(self, process: NodeProcess) -> list[str]:
        call = f"from {process.module} import main; main()"
        command = [str(VENV / "bin" / "python"), "-c", call, "--ros-args", "--params-file", str(self._params)]
        for name, value in self._overrides.get(process.executable, {}).items():
            command += ["-p", f"{name}:={value}"]
        return command


def _die_with_parent() -> None:
    """Runs in the child before it becomes the node: end when the parent ends, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def main() -> int:
    """Run the whole graph in a mode until interrupted, as the launch files do where `ros2 launch` is installed."""
    mode = sys.argv[1] if len(sys.argv) > 1 else "realtime"
    if not params_file(mode).exists():
        print(f"Mode: expected realtime or fast, found {mode!r}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Graph(ADAPT_AND_RUN, params_file(mode), {}, ROOT / "out" / "ros-log") as graph:
            print("running: " + ", ".join(graph.children) + "; Ctrl-C ends it")
            while True:
                graph.check()
                time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    except BringupError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
