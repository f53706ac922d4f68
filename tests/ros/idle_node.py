"""Processes for tests of the bring-up: they need no ROS and tell their story in files."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def _tell(name: str) -> None:
    path = Path(os.environ["IDLE_NODE_FOLDER"]) / name
    path.with_suffix(".partial").write_text(str(os.getpid()))
    path.with_suffix(".partial").rename(path)


def main() -> None:
    """Runs until it is told to end."""
    _tell("idle")
    time.sleep(600)


def stubborn() -> None:
    """Does not end when asked kindly, and has a child of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(
        [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]
    )
    path = Path(os.environ["IDLE_NODE_FOLDER"]) / "child"
    path.write_text(str(child.pid))
    _tell("stubborn")
    time.sleep(600)


def failing() -> None:
    """Ends at once with a message."""
    print("the camera is not plugged in", flush=True)
    raise SystemExit(2)
