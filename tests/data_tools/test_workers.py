"""Workers are no orphans."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_tools.workers import worker_pool

STARTER = """
import sys, time
from test_workers import write_pid_and_wait
from data_tools.workers import worker_pool
if __name__ == "__main__":
    pool = worker_pool(2)
    running = [pool.submit(write_pid_and_wait, f"{sys.argv[1]}/{k}") for k in range(4)]
    running[0].result()
"""


def write_pid_and_wait(path: str) -> None:
    partial = Path(f"{path}.partial")
    partial.write_text(str(os.getpid()))
    partial.rename(f"{path}.pid")
    time.sleep(600)


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def wait_until(happened, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_the_process_that_started_them(tmp_path, how):
    (tmp_path / "starter.py").write_text(STARTER)
    roots = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    command, environment = [sys.executable, "starter.py", str(tmp_path)], {**os.environ, "PYTHONPATH": roots}
    starter = subprocess.Popen(command, cwd=tmp_path, env=environment)
    assert wait_until(lambda: len(list(tmp_path.glob("*.pid"))) == 2, 60), "no worker began"
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert all(map(is_alive, pids))
    starter.send_signal(how)
    starter.wait()
    assert wait_until(lambda: not any(map(is_alive, pids)), 20)


def test_a_pool_gives_what_was_asked_for():
    with worker_pool(2) as pool:
        assert list(pool.map(abs, [-1, 2, -3])) == [1, 2, 3]
