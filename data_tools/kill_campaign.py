"""Kills recorders at random moments and looks at what is left.

    python -m data_tools.kill_campaign --kills 200 --out results/recording_kills.json

A victim process records takes of two cameras at 30 Hz, one after the other, and says on a pipe what it has sent. It is
killed by SIGKILL: the recorder, the writer or both, at a random time, be it in a take, while sealing or between two
takes. Then the folder is opened again. Nothing that was sealed before may have changed by a bit, every file must load
and hold what was sent, bit by bit, and of the take at hand at most the last half second may be missing.

Every FOLDER_KILLS kills a new folder is begun, since all of its episodes are hashed after each kill. One victim records
at a time, as on a robot: what is lost while several recordings share a disk and two cores is another question.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data_tools.atomic import committed_file, file_sha256
from data_tools.demo import Demo
from data_tools.doctor import is_clean, validate
from data_tools.hdf5 import read_tasks
from data_tools.hdf5_recording import read_streams
from data_tools.journal import StreamSpec
from data_tools.provenance import Provenance, code_version
from data_tools.recorder import RecorderLimits
from data_tools.recorder_takes import Episode, Takes
from data_tools.recorder_watch import EndReason

RATE_HZ = 30
SHAPE = (240, 320, 3)
CAMERAS = ("image", "wrist")
PROMISE_S = 0.5
"""What may be lost."""
SHORTEST_S, LONGEST_S = 0.5, 2.5
"""Lengths of the victim's takes."""
LATEST_KILL_S = 4.0
"""Latest kill after the first sample, so that kills also hit the sealing and later takes."""
FOLDER_KILLS = 20
"""Kills in one folder, after which its joined file is rebuilt and read."""
PROVENANCE = Provenance(task="kill", created_by="python -m data_tools.kill_campaign")
Victim = Literal["recorder", "writer", "both"]


class PromiseBroken(Exception):
    """What is left is not what was sent, or what was sealed has changed."""


@dataclass(frozen=True)
class Kill:
    """One kill and what it cost."""

    victim: Victim
    """Which process was killed."""
    after_s: float
    """When, after the first sample."""
    sent: int
    """Steps of the take at hand that had been sent."""
    kept: int
    """Steps of it that are there after the restart."""
    was_sealed: bool
    """Whether the take at hand had been sealed already, or its sealing had begun."""

    @property
    def lost_s(self) -> float:
        """How much is missing."""
        return (self.sent - self.kept) / RATE_HZ


def picture(number: int, step: int, camera: int) -> NDArray[np.uint8]:
    """What a camera of take `number` sees at a step: noise, so that nothing is right by chance."""
    return np.random.default_rng([number, step, camera]).integers(0, 256, SHAPE, dtype=np.uint8)


def numbers(number: int, step: int, size: int) -> NDArray[np.float32]:
    """State (9,) or action (7,) of take `number` at a step."""
    return (np.arange(size) + 100 * step + 10_000 * number).astype(np.float32)


def record_until_killed(folder: Path, seed: int) -> None:
    """The victim: record takes for ever, and say on the standard output what has been sent."""
    rng = np.random.default_rng(seed)
    rate_hz = float(RATE_HZ)
    streams = [StreamSpec(camera, SHAPE, "uint8", rate_hz) for camera in CAMERAS]
    streams += [StreamSpec("state", (9,), "float32", rate_hz), StreamSpec("action", (7,), "float32", rate_hz)]
    with Takes(folder, PROVENANCE) as takes:
        while True:
            number = takes.next_number()
            info = {"task_id": "kill", "robot": "none", "clock": "counted", "device": "campaign"}
            take = takes.begin(info, streams, RecorderLimits(min_free_bytes=0))
            _say({"take": number, "writer": take.writer_pid})
            started_s = time.monotonic()
            for step in range(round(rng.uniform(SHORTEST_S, LONGEST_S) * RATE_HZ)):
                for index, camera in enumerate(CAMERAS):
                    take.put(camera, step / RATE_HZ, picture(number, step, index))
                take.put("state", step / RATE_HZ, numbers(number, step, 9))
                take.put("action", step / RATE_HZ, numbers(number, step, 7))
                if take.fault() is not None:
                    break
                _say({"take": number, "sent": step + 1})
                time.sleep(max(0.0, started_s + (step + 1) / RATE_HZ - time.monotonic()))
            _say({"take": number, "sealing": True})
            episode = takes.keep(take, "success", "task", EndReason.COMPLETE)
            if episode.is_faulty:
                return


def kill_once(folder: Path, rng: np.random.Generator, hashes: dict[str, str]) -> Kill:
    """Start a victim, kill it, restart, check.

    Args: folder: of the takes. rng: decides when and whom. hashes: name of each sealed episode and its hash when it was
        first seen; new ones are added.
    Raises: PromiseBroken: something is not as it was, or as it was sent.
    """
    command = [sys.executable, "-m", "data_tools.kill_campaign", "--victim", str(folder), "--seed"]
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    process = subprocess.Popen([*command, str(rng.integers(2**31))], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    words = [json.loads(process.stdout.readline())]  # the first take has begun
    after_s = float(rng.uniform(0.0, LATEST_KILL_S))
    victim: Victim = ("recorder", "writer", "both")[int(rng.integers(3))]
    time.sleep(after_s)
    os.set_blocking(process.stdout.fileno(), False)
    words += [json.loads(line) for line in (process.stdout.read() or b"").splitlines()]
    for pid in {"recorder": [process.pid], "writer": [_writer(words)], "both": [process.pid, _writer(words)]}[victim]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # the writer of a take that is being sealed has ended by itself
    if victim == "writer":
        _end_after_fault(process)
    process.wait()
    os.set_blocking(process.stdout.fileno(), True)
    words += [json.loads(line) for line in (process.stdout.read() or b"").splitlines() if line.endswith(b"}")]
    process.stdout.close()
    return _check(folder, words, victim, after_s, hashes)


def _writer(words: list[dict[str, Any]]) -> int:
    return next(word["writer"] for word in reversed(words) if "writer" in word)


def _end_after_fault(process: subprocess.Popen[bytes]) -> None:
    """A recorder whose writer died seals what there is and ends; between two takes it goes on, and is killed later."""
    try:
        process.wait(LONGEST_S + 2.0)
    except subprocess.TimeoutExpired:
        process.kill()


def _check(folder: Path, words: list[dict[str, Any]], victim: Victim, after_s: float, hashes: dict[str, str]) -> Kill:
    sealed = {path.name: file_sha256(path) for path in folder.glob("episode-*.hdf5")}
    with Takes(folder, PROVENANCE) as takes:
        number = max(word["take"] for word in words)
        _check_recovered(takes.recovered, number)
        _check_unchanged(takes.episodes(), {**sealed, **hashes})
        steps = {path.name: _steps_of(path) for path in takes.episodes() if path.name not in hashes}
        hashes |= {name: sealed.get(name) or file_sha256(folder / name) for name in steps}
    sent = max((word["sent"] for word in words if word["take"] == number and "sent" in word), default=0)
    kept = steps.get(f"episode-{number:06d}.hdf5", 0)
    was_sealed = any(word["take"] == number and "sealing" in word for word in words)
    if kept > sent + 1:  # the last sample may have left before the victim could say so
        raise PromiseBroken(f"expected at most the {sent} steps of take {number} that were sent, found {kept}")
    return Kill(victim, after_s, sent, kept, was_sealed)


def _check_unchanged(episodes: list[Path], hashes: dict[str, str]) -> None:
    now = {path.name: file_sha256(path) for path in episodes}
    changed = sorted(name for name, sha256 in hashes.items() if now.get(name) != sha256)
    if changed:
        raise PromiseBroken(f"expected sealed episodes as they were, found others: {changed}")


def _check_recovered(recovered: tuple[Episode, ...], number: int) -> None:
    for episode in recovered:
        if episode.number == number + 1 and episode.path is None:
            continue  # the next take had begun, and nothing of it had been sent
        if episode.number != number or (
            episode.path and not episode.end["recovered"] and episode.end["label_by"] != "task"
        ):
            raise PromiseBroken(f"expected only take {number} to be recovered, found {episode}")


def _steps_of(path: Path) -> int:
    """Steps of an episode that are what was sent. Raises: PromiseBroken: they are not."""
    number = int(path.stem.split("-")[1])
    (task,) = read_tasks(path)
    (demo,) = task.demos
    times_s = np.arange(len(demo)) / RATE_HZ
    streams = read_streams(path, "demo_0")
    for index, camera in enumerate(CAMERAS):
        stream = streams[camera]
        expected = [picture(number, step, index) for step in range(len(demo))]
        if not np.array_equal(stream.values[: len(demo)], expected):
            raise PromiseBroken(f"{path}: expected the pictures of {camera} that were sent, found others")
    if not (np.array_equal(demo.video.capture_time_s, times_s) and _are_numbers_right(demo, number)):
        raise PromiseBroken(f"{path}: expected the times and numbers that were sent, found others")
    return len(demo)


def _are_numbers_right(demo: Demo, number: int) -> bool:
    steps = range(len(demo))
    return np.array_equal(demo.states, [numbers(number, step, 9) for step in steps]) and np.array_equal(
        demo.actions, [numbers(number, step, 7) for step in steps]
    )


def run(kills: int, seed: int, root: Path) -> dict[str, Any]:
    """The whole campaign below a folder. Returns: the content of the results file. Raises: PromiseBroken."""
    counts = [min(FOLDER_KILLS, kills - first) for first in range(0, kills, FOLDER_KILLS)]
    folders = [root / f"{index:03d}" for index in range(len(counts))]
    rngs = [np.random.default_rng([seed, index]) for index in range(len(counts))]
    parts = [_kill_in(*words) for words in zip(folders, counts, rngs, strict=True)]
    done = [kill for part, _ in parts for kill in part]
    lost_s = np.array([kill.lost_s for kill in done])
    return {
        "campaign": "recording_kills",
        "command": f"python -m data_tools.kill_campaign --kills {kills} --seed {seed}",
        "seed": seed, "kills": len(done),
        "by_victim": {name: sum(kill.victim == name for kill in done) for name in ("recorder", "writer", "both")},
        "during_or_after_sealing": sum(kill.was_sealed for kill in done),
        "lost_more_than_promised": int((lost_s > PROMISE_S).sum()),
        "lost_s": {"max": lost_s.max(), "p50": float(np.median(lost_s)), "promise": PROMISE_S},
        "episodes": sum(num_episodes for _, num_episodes in parts),
        "sealed_episodes_changed": 0,
        "files_that_do_not_load": 0,
        "folders_that_do_not_validate": 0,
        "cameras": len(CAMERAS), "picture_shape": SHAPE, "rate_hz": RATE_HZ,
        "code_version": code_version(), "machine": platform.machine(), "cores": len(os.sched_getaffinity(0)),
        "load_average": os.getloadavg(),
        "each": [{**asdict(kill), "lost_s": kill.lost_s} for kill in done],
    }  # fmt: skip


def _kill_in(folder: Path, kills: int, rng: np.random.Generator) -> tuple[list[Kill], int]:
    """All kills of one folder and the number of its episodes, which are then joined; the joined file is deleted."""
    hashes: dict[str, str] = {}
    done = [kill_once(folder / "demos.takes", rng, hashes) for _ in range(kills)]
    with Takes(folder / "demos.takes", PROVENANCE) as takes:
        count = takes.join(folder / "demos.hdf5")
    if not count == len(hashes) == sum(len(task.demos) for task in read_tasks(folder / "demos.hdf5")):
        raise PromiseBroken(f"expected {len(hashes)} demos in the joined file, found another number")
    findings = validate([folder / "demos.hdf5"])
    if not is_clean(findings):
        raise PromiseBroken(f"expected a file that `mil validate` finds clean, found {findings}")
    (folder / "demos.hdf5").unlink()
    lost_s = max(kill.lost_s for kill in done)
    print(f"{folder.name}: {kills} kills, {count} episodes, most lost {lost_s:.3f} s", flush=True)
    return done, count


def _say(content: dict[str, Any]) -> None:
    os.write(1, json.dumps(content).encode() + b"\n")


def main() -> int:
    """The campaign, or its victim."""
    parser = argparse.ArgumentParser(description="Kill recorders at random moments and look at what is left.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results/recording_kills.json"))
    parser.add_argument("--victim", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.victim:
        record_until_killed(words.victim, words.seed)
        return 0
    with tempfile.TemporaryDirectory(prefix="mil-kills-") as folder:
        content = run(words.kills, words.seed, Path(folder))
    with committed_file(words.out) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")
    return 1 if content["lost_more_than_promised"] else 0


if __name__ == "__main__":
    sys.exit(main())
