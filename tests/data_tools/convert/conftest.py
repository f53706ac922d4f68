"""Small data sets that these tests convert, and two ways to convert without a child process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from data_tools.convert import FORMATS
from data_tools.convert.conversion import convert
from data_tools.convert.format import ImageStorage, Losses, ReadOptions, WriteOptions
from data_tools.convert.report import ConversionReport
from data_tools.demo import Demo, Video
from data_tools.provenance import Provenance

ORIGIN = Provenance("place", "test", 7, "v1", licence="CC-BY-4.0", consent="signed", created_by="mil collect")


def smooth_demo(task_id: str, num_steps: int, start_s: float = 3.0, rate_hz: float = 10.0) -> Demo:
    """A demo at an even rate whose pictures are smooth, as cameras see them."""
    y, x, t = np.meshgrid(np.arange(32), np.arange(48), np.arange(num_steps), indexing="ij")
    shades = [120 + 100 * np.sin((x + 2 * t + 9 * k) / 15 + y / 20) for k in range(3)]
    frames = np.moveaxis(np.stack(shades, -1), 2, 0).astype(np.uint8)
    time_s = start_s + np.arange(num_steps) / rate_hz
    count = np.arange(num_steps, dtype=np.float32)[:, None]
    return Demo(
        Video(frames, time_s), np.sin(count + np.arange(3, dtype=np.float32)), 0.1 * np.cos(count * np.ones(2, "f4")),
        time_s + 0.01, time_s + 0.02, task_id, "planar_arm", "success",
    )  # fmt: skip


@pytest.fixture
def demos() -> list[Demo]:
    """Three episodes of two tasks, which take turns."""
    return [smooth_demo(task, length) for task, length in (("a", 5), ("b", 7), ("a", 4))]


@pytest.fixture
def write() -> Callable[..., ConversionReport]:
    """Write demos in a format, through the same code as `mil convert`."""

    def run(
        demos: list[Demo], name: str, path: Path, images: ImageStorage | None = None, *, keep: bool = True, **options
    ) -> ConversionReport:
        target = FORMATS[name]
        choice = WriteOptions(images or target.images[0], keep_frames=keep)
        return convert(
            Path("memory"), "mil", path, (name, target), lambda losses: iter(demos), choice, origin=ORIGIN, **options
        )

    return run


@pytest.fixture
def read() -> Callable[..., list[Demo]]:
    """Read a data set of a format; `losses` collects what is not carried over."""

    def run(name: str, path: Path, losses: Losses | None = None, **options) -> list[Demo]:
        found: Iterator[Demo] = FORMATS[name].read(path, ReadOptions(**options), losses or Losses())
        return list(found)

    return run
