"""The bring-up starts what it was told to, reports every death, and leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mil_bringup import bringup
from mil_bringup.bringup import BringupError, Graph
from mil_bringup.processes import NodeProcess, params_file

HERE = Path(__file__).resolve().parent
NAME = "node"


def wait(is_done: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 30.0
    while not is_done():
        assert time.monotonic() < deadline_s, "expected it within 30 s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def graph(folder: Path, function: str = "main") -> Graph:
    """One process that runs a function of idle_node."""
    (folder / "some_node.py").write_text(f"from idle_node import {function} as main\n")
    path = f"{HERE}{os.pathsep}{folder}"
    environment = {**os.environ, "PYTHONPATH": path, "IDLE_NODE_FOLDER": str(folder)}
    return Graph([NodeProcess("tests", NAME, "some_node")], params_file("fast"), {}, folder / "log", environment)


def test_leaving_the_block_ends_the_processes(tmp_path: Path) -> None:
    with graph(tmp_path) as running:
        wait((tmp_path / "idle").exists)
        running.check()
        pid = running.children[NAME].pid
        assert is_alive(pid)
    assert not is_alive(pid)


def test_a_stubborn_process_and_its_child_are_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringup, "END_GRACE_S", 0.2)
    with graph(tmp_path, "stubborn") as running:
        wait((tmp_path / "stubborn").exists)
        pids = [running.children[NAME].pid, int((tmp_path / "child").read_text())]
        assert all(map(is_alive, pids))
    wait(lambda: not any(map(is_alive, pids)))


def test_a_process_that_ends_by_itself_is_reported_with_its_words(tmp_path: Path) -> None:
    with graph(tmp_path, "failing") as running:
        running.children[NAME].wait(30.0)
        with pytest.raises(BringupError, match=r"Node node.*exit code 2(?s:.*)the camera is not plugged in"):
            running.check()


def test_a_process_that_was_killed_is_reported(tmp_path: Path) -> None:
    with graph(tmp_path) as running:
        running.children[NAME].kill()
        running.children[NAME].wait(30.0)
        with pytest.raises(BringupError, match="SIGKILL"):
            running.check()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_bringup(tmp_path: Path, number: signal.Signals) -> None:
    script = (
        "import signal, sys, time; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "import test_bringup as tests\n"
        "for stop in (signal.SIGTERM, signal.SIGINT): signal.signal(stop, signal.default_int_handler)\n"
        "with tests.graph(Path(sys.argv[2])): time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(HERE), str(tmp_path)], stderr=subprocess.DEVNULL)
    wait((tmp_path / "idle").exists)
    child = int((tmp_path / "idle").read_text())
    assert is_alive(child)
    parent.send_signal(number)
    parent.wait(30.0)
    wait(lambda: not is_alive(child))


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["bringup", "warp"])
    assert bringup.main() == 2
    assert "expected realtime or fast, found 'warp'" in capsys.readouterr().err
