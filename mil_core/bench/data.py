"""Random windows of 40 pictures out of a demo file, against robomimic's data set class and against decoding films.

All bring the same clips into the same batch, in turns, from files of the same demos in the disk's cache, timed by the
processor's clock. Like is compared with like: ours and robomimic's both with plain pictures, which is robomimic's own
way; the compressed ones of both are timed as well.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import ImageStorage, Losses, WriteOptions
from data_tools.convert.robomimic import FORMAT as ROBOMIMIC
from data_tools.demo import Demo, Video
from data_tools.hdf5_windows import WindowReader
from data_tools.hdf5_writer import DemoWriter
from data_tools.provenance import UNKNOWN
from data_tools.video_clip import ClipReader
from data_tools.video_encoder import ConstantRateEncoder
from mil_core.bench.comparison import Agreement, Comparison, Timing, cpu_seconds_of

WINDOW, HEIGHT, WIDTH, RATE_HZ = 40, 90, 100, 10
NUM_DEMOS, NUM_STEPS = 20, 160
BUDGET_S = 0.002
TOLERANCE = 4.0
"""Mean difference of a pixel's value, of 255, in any clip: the films are lossy."""
OURS = "WindowReader"
NUM_CHECKED, WINDOWS_A_TURN = 20, 20
INSTALL = "pip install --no-deps robomimic==0.3.0 && pip install tqdm termcolor imageio psutil tensorboardX"
Read = Callable[[int, int], NDArray[np.uint8]]
"""Pictures of a window, by demo and first step."""


@dataclass(frozen=True)
class DataComparison(Comparison):
    """A comparison with every way that was timed."""

    others: tuple[Timing, ...]
    """The ways that are neither ours nor the fastest other one."""

    def to_dict(self) -> dict[str, Any]:
        """The content of the results file."""
        timings = (self.ours, self.peer, *self.others)
        rates = {timing.what: round(WINDOW / timing.p50_s) for timing in timings}
        others = [asdict(timing) for timing in self.others]
        return super().to_dict() | {"others": others, "frames_per_second": rates}


def bench_data(folder: Path, repeats: int, rng: np.random.Generator, num_demos: int = NUM_DEMOS) -> DataComparison:
    """Compare the ways to read.

    Args: folder: for the files, 20 MB for each demo. repeats: windows. rng: draws demos and windows. num_demos: demos.
    """
    demos = [moving_demo(rng) for _ in range(num_demos)]
    with ExitStack() as stack:
        ways = _ways(folder, demos, stack)
        windows = [(int(rng.integers(num_demos)), int(rng.integers(NUM_STEPS - WINDOW + 1))) for _ in range(repeats)]
        difference = max(_difference(demos, read, windows[:NUM_CHECKED]) for read in ways.values())
        batch = np.empty((WINDOW, HEIGHT, WIDTH, 3), np.uint8)
        seconds: dict[str, list[float]] = {what: [] for what in ways}
        for turn in range(0, repeats, WINDOWS_A_TURN):  # in turns, so that a busy machine is unkind to all of them
            for what, read in ways.items():
                for window in windows[turn : turn + WINDOWS_A_TURN]:
                    seconds[what].append(cpu_seconds_of(partial(_fill, batch, read, *window)))
    ours, *others = (Timing.of(what, found) for what, found in seconds.items())
    peer = min((timing for timing in others if not timing.what.startswith(OURS)), key=lambda timing: timing.p50_s)
    return DataComparison(
        "data", ours, peer,
        Agreement("largest mean difference of a pixel's value in a clip, of 255", difference, TOLERANCE),
        BUDGET_S, "p50_s", tuple(timing for timing in others if timing is not peer),
    )  # fmt: skip


def _fill(batch: NDArray[np.uint8], read: Read, demo: int, first: int) -> None:
    """What a trainer does with a window: put it into its batch."""
    np.copyto(batch, read(demo, first))


def _difference(demos: list[Demo], read: Read, windows: list[tuple[int, int]]) -> float:
    """Largest mean difference of a pixel's value between what is read and what was written."""
    pairs = [(read(demo, first), demos[demo].video.frames[first : first + WINDOW]) for demo, first in windows]
    return max(float(np.abs(found.astype(np.int16) - true).mean()) for found, true in pairs)


def moving_demo(rng: np.random.Generator) -> Demo:
    """A demo whose pictures have a textured ground and three discs that move over it."""
    ground = cv2.GaussianBlur(rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8), (0, 0), 3).astype(np.uint8)
    starts, speeds = rng.uniform(10, 80, (3, 2)), rng.uniform(-0.4, 0.4, (3, 2))
    colours = rng.integers(0, 256, (3, 3)).tolist()
    frames = np.repeat(ground[None], NUM_STEPS, axis=0)
    for step, frame in enumerate(frames):
        for start, speed, colour in zip(starts, speeds, colours, strict=True):
            cv2.circle(frame, tuple((start + step * speed).astype(int).tolist()), 8, colour, -1)
        frame += rng.integers(0, 3, frame.shape, dtype=np.uint8) * (frame < 250)  # a camera is never quite still
    time_s = np.arange(NUM_STEPS) / RATE_HZ
    numbers = rng.normal(size=(NUM_STEPS, 7)).astype(np.float32)
    return Demo(Video(frames, time_s), numbers, numbers, time_s, time_s, "bench", "none")


def _ways(folder: Path, demos: list[Demo], stack: ExitStack) -> dict[str, Read]:
    """Way to read -> reader; ours with plain pictures comes first."""
    ways: dict[str, Read] = {}
    for name, compress in (("plain", False), ("compressed", True)):
        with DemoWriter(folder / f"ours_{name}.hdf5", compress=compress) as writer:
            for demo in demos:
                writer.append_demo(demo)
        reader = stack.enter_context(WindowReader(folder / f"ours_{name}.hdf5"))
        ways[f"{OURS}, {name}: {WINDOW} pictures of {WIDTH}x{HEIGHT}"] = lambda demo, first, reader=reader: reader.read(
            demo, first, WINDOW
        )
    ways |= _robomimic_ways(folder, demos)
    suffix = "" if len(ways) > 2 else f"; robomimic is not installed, to compare type: {INSTALL}"
    return ways | {f"PyAV: seeking in H.264 films with a key frame at every second picture{suffix}":
                   _film_way(folder, demos, stack)}  # fmt: skip


def _robomimic_ways(folder: Path, demos: list[Demo]) -> dict[str, Read]:
    """The data set class of robomimic, with plain and with compressed pictures; nothing where it is not installed."""
    try:
        from robomimic.utils.dataset import SequenceDataset  # pyright: ignore[reportMissingImports]
    except ImportError:
        return {}
    ways: dict[str, Read] = {}
    storages: dict[str, ImageStorage] = {"plain": "plain", "compressed": "lossless"}
    for name, images in storages.items():
        path = folder / f"robomimic_{name}.hdf5"
        ROBOMIMIC.write(path, demos, UNKNOWN, WriteOptions(images), Losses())
        data = SequenceDataset(
            str(path), ("image",), (), seq_length=WINDOW, pad_seq_length=False, load_next_obs=False,
            hdf5_cache_mode=None,
        )  # fmt: skip
        starts = NUM_STEPS - WINDOW + 1
        ways[f"robomimic: SequenceDataset, {name}"] = lambda demo, first, data=data, starts=starts: data[
            demo * starts + first
        ]["obs"]["image"]
    return ways


def _film_way(folder: Path, demos: list[Demo], stack: ExitStack) -> Read:
    films = []
    for index, demo in enumerate(demos):
        with ConstantRateEncoder(folder / f"{index}.mp4", HEIGHT, WIDTH, RATE_HZ) as film:
            for frame in demo.video.frames:
                film.append(frame)
        films.append(ClipReader(folder / f"{index}.mp4", RATE_HZ))
        stack.callback(films[-1].close)
    return lambda demo, first: films[demo].read(first, WINDOW)
