"""Takes of known content, for the tests of what becomes of them."""

import numpy as np

from data_tools.journal import StreamSpec
from data_tools.provenance import Provenance
from data_tools.recorder import RecorderLimits, Take
from data_tools.recorder_takes import Takes
from data_tools.recorder_watch import WatchLimits

SPECS = (
    StreamSpec("image", (6, 8, 3), "uint8", 30.0),
    StreamSpec("wrist", (4, 4, 3), "uint8", 15.0),
    StreamSpec("state", (3,), "float32", 30.0),
    StreamSpec("action", (2,), "float32", 30.0),
)
ORIGIN = Provenance(task="test", split="validation", seed=3, created_by="a test")
LIMITS = RecorderLimits(WatchLimits(silence_s=1e9), min_free_bytes=0)
STEPS = 10


def value(spec: StreamSpec, number: int, step: int) -> np.ndarray:
    rng = np.random.default_rng([number, step, len(spec.name)])
    if spec.dtype == "uint8":
        return rng.integers(0, 256, spec.shape, dtype=np.uint8)
    return rng.normal(size=spec.shape).astype(np.float32)


def begin(takes: Takes, task_id: str = "some-task") -> Take:
    info = {"task_id": task_id, "robot": "pr2", "clock": "counted", "device": "test"}
    return takes.begin(info, SPECS, LIMITS)


def send(take: Take, number: int, steps: int = STEPS) -> Take:
    for step in range(steps):
        for spec in SPECS:
            if spec.name != "wrist" or step % 2 == 0:  # the second camera is half as fast
                take.put(spec.name, 7.0 + step / 30, value(spec, number, step), 1000.0 + step / 30)
    return take
