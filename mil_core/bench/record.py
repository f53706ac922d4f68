"""Handing a camera's picture to the recorder, and what recording two cameras costs the machine."""

import os
import resource
import shutil
import tempfile
import time
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.journal import StreamSpec, TakeRecord, read_take
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_watch import WatchLimits
from mil_core.bench.comparison import Agreement, Comparison, Timing, seconds_of

BUDGET_S = 0.005
"""For one picture in the control loop; a period of 30 Hz has 0.033 s."""
SHAPE, RATE_HZ = (480, 640, 3), 30
CAMERAS = ("image", "wrist")
NUM_PICTURES = 24
NOISE = 1.0
"""Standard deviation of the sensor's noise: without it pictures would shrink more than real ones do."""
PEER_PICTURES = 30
CHECKED = 200
SECONDS, QUICK_SECONDS = 600.0, 2.0


@dataclass(frozen=True)
class RecordComparison(Comparison):
    """One row of `mil bench`, with the facts of the whole recording."""

    recording: dict[str, Any]
    """Length, processor share, drops and bytes."""

    def to_dict(self) -> dict[str, Any]:
        """The content of the results file."""
        return {**super().to_dict(), "recording": self.recording}


def bench_record(seconds: float, folder: Path | None = None) -> RecordComparison:
    """Record two cameras, a state and an action at 30 Hz. Peer: deflate each picture in the loop, as writing to a
    compressed HDF5 file there does.

    Args: seconds: length of the recording. folder: where to record; a temporary one when left out.
    Raises: OSError: the disk is full.
    """
    scenes = pictures()
    root = Path(tempfile.mkdtemp(prefix="mil-bench-", dir=folder))
    try:
        our_seconds, facts, take = _record(scenes, seconds, root / "take")
        different = _differences(take, scenes)
    finally:
        shutil.rmtree(root)
    peer_seconds = [seconds_of(lambda p=p: zlib.compress(p.tobytes(), 1)) for p in _cycled(scenes, PEER_PICTURES)]
    return RecordComparison(
        "record",
        Timing.of("one 640x480 picture handed to the recorder", our_seconds),
        Timing.of("one picture deflated in the control loop, at the level of our files", peer_seconds),
        Agreement("samples that are not what was sent, or not there", different, 0.0),
        BUDGET_S,
        "p99_s",
        facts,
    )


def pictures() -> list[NDArray[np.uint8]]:
    """A scene that moves a little, as a noisy camera sees it."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    frames = []
    for step in range(NUM_PICTURES):
        waves = 120 + 60 * np.sin((x + 5 * step) / 37) * np.cos(y / 23) + 20 * ((x // 40 + y // 40) % 2)
        frame = waves[..., None] * np.array([1.0, 0.8, 0.6]) + rng.normal(0.0, NOISE, SHAPE)
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return frames


def _record(
    scenes: list[NDArray[np.uint8]], seconds: float, folder: Path
) -> tuple[list[float], dict[str, Any], TakeRecord]:
    specs = [StreamSpec(camera, SHAPE, "uint8", RATE_HZ) for camera in CAMERAS]
    specs += [StreamSpec("state", (9,), "float32", RATE_HZ), StreamSpec("action", (7,), "float32", RATE_HZ)]
    limits = RecorderLimits(WatchLimits(silence_s=60.0), max_stream_bytes=1 << 62)  # one take, never sealed
    load = os.getloadavg()[0]
    before_s, children_s = time.process_time(), _children_s()
    take = Take(folder, {"task_id": "bench"}, specs, limits)
    our_seconds: list[float] = []
    started_s = time.monotonic()
    for step in range(round(seconds * RATE_HZ)):
        for index, camera in enumerate(CAMERAS):
            picture = scenes[(step + index) % len(scenes)]
            our_seconds.append(seconds_of(lambda c=camera, p=picture, s=step: take.put(c, s / RATE_HZ, p)))
        for spec in specs[2:]:
            take.put(spec.name, step / RATE_HZ, np.full(spec.shape, step, np.float32))
        time.sleep(max(0.0, started_s + (step + 1) / RATE_HZ - time.monotonic()))
    duration_s = time.monotonic() - started_s
    end = take.finish({"reason": "bench"})
    own_s, writer_s = time.process_time() - before_s, _children_s() - children_s
    stored = sum(path.stat().st_size for path in folder.iterdir())
    facts = {
        "load_average_before": load, "load_average_after": os.getloadavg()[0], "niceness": os.nice(0),
        "seconds": duration_s, "asked_seconds": seconds, "pictures": round(seconds * RATE_HZ) * len(CAMERAS),
        "cameras": len(CAMERAS), "rate_hz": RATE_HZ,
        "achieved_rate_hz": take.counts[CAMERAS[0]].rate_hz, "dropped": sum(end["overflowed"].values()),
        "ended_by": end["reason"], "core_share": (own_s + writer_s) / duration_s, "core_share_budget": 0.5,
        "core_share_of_loop": own_s / duration_s, "core_share_of_writer": writer_s / duration_s,
        "bytes_on_disk": stored, "bytes_of_pictures": round(seconds * RATE_HZ) * len(CAMERAS) * int(np.prod(SHAPE)),
    }  # fmt: skip
    return our_seconds, facts, read_take(folder)


def _differences(take: TakeRecord, scenes: list[NDArray[np.uint8]]) -> int:
    """Samples that are missing or, among CHECKED of them spread over the take, not what was sent."""
    asked = round(take.samples[-1].capture_time_s * RATE_HZ) + 1 if take.samples else 0
    wrong = (len(CAMERAS) + 2) * asked - len(take.samples)
    for place in take.samples[:: max(1, len(take.samples) // CHECKED)]:
        step, content = round(place.capture_time_s * RATE_HZ), zlib.decompress(take.payload(place))
        if place.stream < len(CAMERAS):
            wrong += content != scenes[(step + place.stream) % len(scenes)].tobytes()
        else:
            wrong += content != np.full(len(content) // 4, step, np.float32).tobytes()
    return wrong


def _cycled(scenes: list[NDArray[np.uint8]], count: int) -> list[NDArray[np.uint8]]:
    return list(islice(scenes * (count // len(scenes) + 1), count))


def _children_s() -> float:
    """Processor time of the processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
