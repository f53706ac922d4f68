"""Small films and demonstrations that the tests of this folder write, break and read back."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import h5py
import numpy as np
import pytest

from data_tools import hdf5_salvage, hdf5_survey
from data_tools.demo import Demo, Film, Split, TaskDemos, Video
from data_tools.doctor import examine
from data_tools.doctor_repair import plan_of, repair
from data_tools.errors import DemoFileError
from data_tools.film_folder import film_folder
from data_tools.hdf5 import write_tasks
from data_tools.hdf5_hash import datasets_of, stored_sha256
from data_tools.provenance import Provenance
from data_tools.running_statistics import RunningStatistics
from data_tools.seal import write_seal

RATE_HZ = 10


def four_colours(num_frames: int, height: int = 48, width: int = 64) -> np.ndarray:
    """A red, a green, a blue and a white corner, and a grey square in the middle that brightens with time."""
    frames = np.zeros((num_frames, height, width, 3), np.uint8)
    frames[:, : height // 2, : width // 2] = (220, 30, 30)
    frames[:, : height // 2, width // 2 :] = (30, 200, 40)
    frames[:, height // 2 :, : width // 2] = (30, 40, 220)
    frames[:, height // 2 :, width // 2 :] = (230, 230, 230)
    shade = np.linspace(0, 250, num_frames).astype(np.uint8)
    frames[:, height // 4 : -(height // 4), width // 4 : -(width // 4)] = shade[:, None, None, None]
    return frames


@pytest.fixture
def frames() -> np.ndarray:
    return four_colours(12)


@pytest.fixture
def encode() -> Callable[..., None]:
    """Write a film with PyAV itself, so that the project's reader is not tested by its own writer."""

    def write(
        path: Path,
        frames: np.ndarray,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        *,
        prepare: Callable[[Any, Any], None] = lambda container, stream: None,
        options: dict[str, str] | None = None,
    ) -> None:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=RATE_HZ, options=quiet)
            stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pix_fmt
            prepare(container, stream)
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())

    return write


def make_demo(task_id: str, rng: np.random.Generator, num_steps: int = 6, height: int = 8, width: int = 10) -> Demo:
    """A demonstration of random numbers at irregular times."""
    time_s = 5.0 + np.cumsum(rng.uniform(0.05, 0.15, num_steps))
    return Demo(
        video=Video(rng.integers(0, 256, (num_steps, height, width, 3), dtype=np.uint8), time_s),
        states=rng.normal(size=(num_steps, 3)).astype(np.float32),
        actions=rng.normal(size=(num_steps, 2)).astype(np.float32),
        state_time_s=time_s + 0.01,
        action_time_s=time_s + 0.02,
        task_id=task_id,
        robot="planar_arm",
        outcome="success",
    )


@pytest.fixture
def task() -> TaskDemos:
    """Two demonstrations and one film of a task."""
    rng = np.random.default_rng(0)
    time_s = 2.0 + np.cumsum(rng.uniform(0.05, 0.15, 12))
    hand_xy = rng.uniform(-0.5, 0.5, (12, 2)).astype(np.float32)
    hand_xy[3] = np.nan
    film = Film(Video(four_colours(12), time_s), hand_xy, np.array([0.1, -0.2], np.float32))
    return TaskDemos("place-train-7", (make_demo("place-train-7", rng), make_demo("place-train-7", rng, 9)), (film,))


def moving_demo(task_id: str, rng: np.random.Generator, num_steps: int = 12) -> Demo:
    """A demonstration of smooth motion at about 10 Hz, in which every picture shows the state."""
    time_s = 5.0 + np.arange(num_steps) / RATE_HZ + rng.uniform(-0.005, 0.005, num_steps)
    phase = rng.uniform(0, 6) + np.linspace(0, 3, num_steps)[:, None] * rng.uniform(0.8, 1.2, 3)
    states = np.sin(phase).astype(np.float32)
    frames = np.full((num_steps, 8, 10, 3), 100, np.uint8)
    frames += np.rint(30 * states[:, None, None, :]).astype(np.int8).view(np.uint8)
    frames[:, 0, 0, 0] = np.arange(num_steps)  # so that no two are equal
    actions = np.cos(phase[:, :2]).astype(np.float32)
    stamps = time_s, time_s + 0.01, time_s + 0.02
    return Demo(Video(frames, stamps[0]), states, actions, stamps[1], stamps[2], task_id, "planar_arm", "success")


@pytest.fixture(scope="session")
def made_datasets(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Clean demo files, each made once."""
    root = tmp_path_factory.mktemp("datasets")

    def made(split: Split, seed: int, tasks: int) -> Path:
        path = root / f"{split}-{seed}-{tasks}.hdf5"
        if not path.exists():
            rng = np.random.default_rng([seed, len(split)])
            film = Film(Video(four_colours(12), np.arange(12) / RATE_HZ + seed))
            ids = [f"toy-{split}-{seed}{index}" for index in range(tasks)]
            demos = [TaskDemos(i, tuple(moving_demo(i, rng) for _ in range(3)), (film,)) for i in ids]
            write_tasks(path, demos, Provenance("toy", split, seed))
        return path

    return made


@pytest.fixture
def dataset(tmp_path: Path, made_datasets: Callable[..., Path]) -> Callable[..., Path]:
    """Put a clean demo file into the test's folder: some tasks, three demonstrations and one film of each."""

    def put(name: str = "demos.hdf5", split: Split = "train", seed: int = 0, tasks: int = 2) -> Path:
        source, path = made_datasets(split, seed, tasks), tmp_path / name
        shutil.copyfile(source, path)
        shutil.copytree(film_folder(source), film_folder(path), dirs_exist_ok=True)
        return path

    return put


def _restate(file: h5py.File) -> None:
    """Make hashes and statistics those of what the file holds now, as far as it can be read."""
    statistics = {"states": RunningStatistics(), "actions": RunningStatistics()}
    for demo in file["data"].values():
        with suppress(DemoFileError, KeyError, ValueError):
            demo.attrs["content_sha256"] = stored_sha256(datasets_of(demo))
            statistics["states"].add(demo["obs/state"][()])
            statistics["actions"].add(demo["actions"][()])
    file["data"].attrs["statistics"] = json.dumps({name: part.to_plain() for name, part in statistics.items()})


@pytest.fixture
def damage() -> Callable[..., None]:
    """Change a demo file and seal it again, by somebody who means it and makes hashes and statistics fit, or not."""

    def change_and_seal(path: Path, change: Callable[[h5py.File], object], *, is_restated: bool = True) -> None:
        with h5py.File(path, "r+") as file:
            change(file)
            if is_restated:
                _restate(file)
        write_seal(path)

    return change_and_seal


@pytest.fixture
def mend() -> Callable[[Path], None]:
    """Repair a demo file, which has to need it."""

    def examine_and_repair(path: Path) -> None:
        ((file, findings),) = examine([path])
        assert repair(plan_of(file, findings)) is not None

    return examine_and_repair


@pytest.fixture
def everything_below() -> Callable[[Path], dict[str, bytes]]:
    """Every file in a folder and the folders inside it, by its path from there."""
    return lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read demo files without the limited child, whose start takes longer than a test."""
    jobs = {"survey": hdf5_survey.survey, "salvage": hdf5_salvage.survey}
    monkeypatch.setattr("data_tools.doctor_survey.stream_limited", lambda job, path, *_: jobs[job](path, {}))
