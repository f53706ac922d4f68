"""Good files of every format that is read, small and made by seed, from which bad ones are made."""

import subprocess
from pathlib import Path

import numpy as np

from data_tools.convert import FORMATS
from data_tools.convert.format import Losses, WriteOptions
from data_tools.demo import Demo, Film, TaskDemos, Video
from data_tools.hdf5 import write_tasks
from data_tools.provenance import UNKNOWN
from data_tools.video import write_video

FILMS = {
    "film_mp4": "film.mp4", "film_webm": "film.webm", "film_mkv": "film.mkv", "film_mov": "film.mov",
    "film_gif": "film.gif",
}  # fmt: skip
"""Format -> name of its file."""
_CODERS = {
    "film.webm": ["-c:v", "libvpx-vp9", "-deadline", "realtime"], "film.mkv": ["-c:v", "libx264"],
    "film.mov": ["-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"], "film.gif": [],
}  # fmt: skip
_NUM_FRAMES, _HEIGHT, _WIDTH, _RATE_HZ = 12, 48, 64, 10.0


def film(rng: np.random.Generator) -> Video:
    """A square that wanders over noise."""
    frames = rng.integers(0, 60, (_NUM_FRAMES, _HEIGHT, _WIDTH, 3), dtype=np.uint8)
    for index, frame in enumerate(frames):
        frame[10:30, 3 * index : 3 * index + 20] = 200
    return Video(frames, np.arange(_NUM_FRAMES) / _RATE_HZ)


def task(rng: np.random.Generator) -> TaskDemos:
    """Two demos and a film."""
    return TaskDemos("place-train-7", tuple(_demo(rng, length) for length in (6, 9)), (Film(film(rng)),))


def make_demos(folder: Path, rng: np.random.Generator) -> None:
    """A demo file of this project."""
    write_tasks(folder / "demos.hdf5", [task(rng)])


def make_film(name: str, folder: Path, rng: np.random.Generator) -> None:
    """A film of a container and codec. Raises: ImportError: ffmpeg's program is missing (the extra dev)."""
    write_video(folder / "film.mp4", film(rng).frames, _RATE_HZ)
    if name != "film.mp4":
        from imageio_ffmpeg import get_ffmpeg_exe

        words = [get_ffmpeg_exe(), "-v", "error", "-i", str(folder / "film.mp4"), *_CODERS[name], str(folder / name)]
        subprocess.run(words, check=True)
        (folder / "film.mp4").unlink()


def make_data_set(name: str, folder: Path, rng: np.random.Generator) -> None:
    """A data set of another project."""
    target = FORMATS[name]
    demos = task(rng).demos
    target.write(folder / f"set{target.suffix}", demos, UNKNOWN, WriteOptions(target.images[0]), Losses())


def _demo(rng: np.random.Generator, num_steps: int) -> Demo:
    time_s = np.arange(num_steps) / _RATE_HZ
    return Demo(
        video=Video(rng.integers(0, 256, (num_steps, 8, 10, 3), dtype=np.uint8), time_s),
        states=rng.normal(size=(num_steps, 3)).astype(np.float32),
        actions=rng.normal(size=(num_steps, 2)).astype(np.float32),
        state_time_s=time_s,
        action_time_s=time_s,
        task_id="place-train-7",
        robot="planar_arm",
        outcome="success",
    )
