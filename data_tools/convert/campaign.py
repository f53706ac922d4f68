"""Converting 10,000 frames to every format and back: what comes through, how long it takes, and in how much memory.

    .venv/bin/python -m data_tools.convert.campaign [--frames 10000] [--out results/conversion_10000.json]

Each conversion runs in a process of its own, so that its memory can be told; a tenth of the frames is converted too,
and memory that does not grow with the frames stays the same.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from data_tools.atomic import committed_file
from data_tools.convert import FORMATS
from data_tools.convert.conversion import convert
from data_tools.convert.format import ImageStorage, ReadOptions, WriteOptions
from data_tools.demo import Demo, Video
from data_tools.hdf5_writer import DemoWriter
from data_tools.provenance import Provenance, code_version
from data_tools.workers import worker_pool

HEIGHT, WIDTH, STEPS, RATE_HZ, NUM_TASKS = 90, 100, 40, 10, 5
JITTER_S = 0.01
ORIGIN = Provenance("campaign", "train", 7, created_by="data_tools.convert.campaign")


def make_demos(path: Path, num_frames: int, rng: np.random.Generator) -> None:
    """A demo file of episodes of STEPS frames at nearly RATE_HZ, by a steady clock far from zero."""
    with DemoWriter(path, ORIGIN) as writer:
        for index in range(num_frames // STEPS):
            writer.append_demo(_demo(index, rng))


def _demo(index: int, rng: np.random.Generator) -> Demo:
    ground = cv2.GaussianBlur(rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8), (0, 0), 3).astype(np.uint8)
    frames = np.stack([np.roll(ground, step, axis=1) for step in range(STEPS)])
    time_s = 1e6 + 10 * index + np.arange(STEPS) / RATE_HZ + rng.uniform(-JITTER_S, JITTER_S, STEPS)
    numbers = rng.uniform(-1, 1, (STEPS, 7)).astype(np.float32)
    outcome = "failure" if index % 10 == 9 else "success"
    task_id = f"task-{index % NUM_TASKS}"
    return Demo(
        Video(frames, time_s), numbers, numbers[::-1].copy(), time_s + 0.001, time_s + 0.002, task_id, "pr2", outcome,
        "steady",
    )  # fmt: skip


def run(frames: int, folder: Path) -> dict[str, Any]:
    """Every format and way to store pictures, out and back. Returns: what was found, by format and way."""
    small, large = frames // 10, frames
    for count in (small, large):
        make_demos(folder / f"{count}.hdf5", count, np.random.default_rng(7))
    rows: dict[str, Any] = {}
    for name, part in FORMATS.items():
        for images in part.images:
            if name == "mil":
                continue
            here, back = f"{name}_{images}{part.suffix}", f"{name}_{images}_back.hdf5"
            rows[f"{name}, {images}"] = {
                "export": _both(folder, small, large, "mil", name, "{count}.hdf5", here, images),
                "import": _both(folder, small, large, name, "mil", here, back, "lossless"),
            }
    return rows


def _both(
    folder: Path, small: int, large: int, source: str, to: str, path: str, out: str, images: ImageStorage
) -> dict[str, Any]:
    """A conversion of the few frames and of all of them; the numbers are those of the latter."""
    found = []
    for count in (small, large):
        names = [folder / f"{count}_{out}", folder / (path.format(count=count) if "{" in path else f"{count}_{path}")]
        with worker_pool(1) as pool:
            found.append(pool.submit(convert_one, source, to, names[1], names[0], images).result())
    return found[1] | {"peak_mb_with_a_tenth": found[0]["peak_mb"]}


def convert_one(source: str, to: str, path: Path, out: Path, images: ImageStorage) -> dict[str, Any]:
    """One conversion in this process. Returns: the report of `mil convert`, its time, its memory, the size written."""
    started_s = time.perf_counter()
    report = convert(
        path, source, out, (to, FORMATS[to]), lambda losses: FORMATS[source].read(path, ReadOptions(), losses),
        WriteOptions(images, RATE_HZ), origin=FORMATS[source].read_provenance(path),
    )  # fmt: skip
    files = [out] if out.is_file() else [file for file in out.rglob("*") if file.is_file()]
    return {
        "seconds": round(time.perf_counter() - started_s, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "megabytes": round(sum(file.stat().st_size for file in files) / 1e6, 2),
        **{name: value for name, value in report.to_dict().items() if name not in ("source", "destination")},
    }


def main() -> None:
    """Run the campaign and write its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("results/conversion_10000.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mil-convert-") as folder:
        rows = run(arguments.frames, Path(folder))
    content = {"frames": arguments.frames, "picture": [HEIGHT, WIDTH], "code_version": code_version(), "formats": rows}
    with committed_file(arguments.out) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n")
    for name, row in rows.items():
        print(name, {way: (part["seconds"], part["peak_mb"], part["is_identical"]) for way, part in row.items()})


if __name__ == "__main__":
    main()
