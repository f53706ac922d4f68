"""What LeRobot data sets of both versions share: info.json, its features, and names made from its templates.

Source: huggingface/lerobot src/lerobot/datasets/utils.py and dataset_metadata.py. Times have names of their own,
because LeRobot gives everything that begins with `observation` or `action` to the policy.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_tools.convert.format import ImageStorage, Losses, chosen_camera, refuse, translated
from data_tools.convert.labels import read_json
from data_tools.demo import Demo
from data_tools.video_encoder import CODEC, PIXELS

INFO = "meta/info.json"
CAMERA, STATE, ACTION = "observation.images.camera", "observation.state", "action"
TIMES = ("time.frame_s", "time.state_s", "time.action_s")
"""True capture times of pictures, states and actions, float64; to LeRobot, names with `image` in them are pictures."""
COUNTERS = ("frame_index", "episode_index", "index", "task_index")
_FIELD = re.compile(r"\{(\w+)(?::0(\d)d)?\}")
_MAX_JSON_BYTES = 1 << 26


@dataclass(frozen=True)
class Info:
    """A checked info.json."""

    path: Path
    """Folder of the data set."""
    fps: float
    """Rate of LeRobot's own timestamps."""
    features: dict[str, dict[str, Any]]
    """Feature -> dtype, shape, names."""
    total_episodes: int
    """Episodes that it promises."""
    total_frames: int
    """Frames that it promises."""
    robot: str
    """Its robot_type."""
    fields: dict[str, Any]
    """Everything in it."""

    def camera(self, wanted: str | None, losses: Losses) -> str:
        """The feature that pictures are taken from; `wanted` may leave out what stands before the last point."""
        cameras = sorted(name for name, part in self.features.items() if part.get("dtype") in ("video", "image"))
        if not cameras:
            refuse(self.path, "a feature of pictures", f"{sorted(self.features)[:8]}", "record with a camera")
        full = next((name for name in cameras if wanted in (name, name.rsplit(".", 1)[-1])), wanted)
        return chosen_camera(self.path, cameras, full, losses)

    def size(self, camera: str) -> tuple[int, int]:
        """Height and width of a camera's pictures; the names of the axes tell which is which."""
        shape = self.features[camera].get("shape")
        if not isinstance(shape, (list, tuple)) or len(shape) != 3 or not all(isinstance(side, int) for side in shape):
            refuse(self.path, f"three sides of {camera}", f"{shape!r}", f"mend {INFO}")
        if 3 not in (shape[0], shape[2]):
            refuse(self.path, f"three colours in {camera}", f"{shape!r}", "leave depth pictures out with --camera")
        height, width = (shape[0], shape[1]) if shape[2] == 3 else (shape[1], shape[2])
        return int(height), int(width)

    def file(self, template: str, **values: str | int) -> Path:
        """The file that a template of this data set names; it never leaves the folder.

        Raises: ConversionError: the template is unusual, names something outside, or the file is missing.
        """
        text = self.fields.get(template)
        if not isinstance(text, str) or len(text) > 300 or _FIELD.sub("", text).count("{"):
            refuse(self.path, f"{template} like data/chunk-{{chunk_index:03d}}/...", f"{text!r}"[:200], f"mend {INFO}")
        unknown = {name for name, _ in _FIELD.findall(text)} - set(values)
        if unknown:
            refuse(self.path, f"{template} with {sorted(values)}", f"{sorted(unknown)}", f"mend {INFO}")
        name = _FIELD.sub(lambda match: str(values[match[1]]).zfill(int(match[2] or 0)), text)
        return inside(self.path, name)


def inside(folder: Path, name: str) -> Path:
    """An existing file below a folder. Raises: ConversionError: it is missing, or lies or leads outside."""
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts or "\0" in name:
        refuse(folder, "files below the folder", f"{name!r}", "do not trust this data set")
    if not path.is_file():
        refuse(path, "a file", "none", "copy the data set again, with data/, meta/ and videos/")
    if not path.resolve().is_relative_to(folder.resolve()):
        refuse(folder, "files below the folder", f"a link to {path.resolve()}", "do not trust this data set")
    return path


def read_info(path: Path, version: str) -> Info:
    """Read and check info.json. Raises: ConversionError: it is missing, damaged or of another version."""
    fields = json_of(inside(path, INFO))
    if fields.get("codebase_version") != version:
        refuse(path, f"codebase_version {version}", f"{fields.get('codebase_version')!r}", "try another --from")
    fps, features = fields.get("fps"), fields.get("features")
    if not isinstance(fps, (int, float)) or not 0 < fps < 1e6:
        refuse(path, "fps above 0", f"{fps!r}", f"mend {INFO}")
    if not isinstance(features, dict) or not all(isinstance(part, dict) for part in features.values()):
        refuse(path, "features", f"{type(features).__name__}", f"mend {INFO}")
    totals = [fields.get(name) for name in ("total_episodes", "total_frames")]
    if not all(isinstance(total, int) and total >= 0 for total in totals):
        refuse(path, "total_episodes and total_frames", f"{totals}", f"mend {INFO}")
    robot = str(fields.get("robot_type") or "unknown")
    return Info(path, float(fps), features, fields["total_episodes"], fields["total_frames"], robot, fields)


def json_of(path: Path) -> dict[str, Any]:
    """A JSON object from a file of reasonable size. Raises: ConversionError."""
    if path.stat().st_size > _MAX_JSON_BYTES:
        refuse(path, f"at most {_MAX_JSON_BYTES} bytes", f"{path.stat().st_size}", "do not trust this data set")
    with translated(path, "JSON"):
        return read_json(path.read_text())


def new_features(demo: Demo, images: ImageStorage, fps: int) -> dict[str, dict[str, Any]]:
    """Features of a data set of demos like this one."""
    height, width = demo.video.frames.shape[1:3]
    pictures: dict[str, Any] = {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]}
    if images == "video":
        pictures["dtype"] = "video"
        pictures["info"] = {
            "video.fps": fps, "video.height": height, "video.width": width, "video.channels": 3, "video.codec": CODEC,
            "video.pix_fmt": PIXELS, "video.is_depth_map": False, "has_audio": False,
        }  # fmt: skip
    features = {CAMERA: pictures, STATE: _numbers("float32", demo.states.shape[1], "state")}
    features[ACTION] = _numbers("float32", demo.actions.shape[1], "action")
    for name, dtype in (("next.reward", "float32"), ("next.done", "bool"), ("next.success", "bool")):
        features[name] = _numbers(dtype, 1)
    features |= {name: _numbers("float64", 1) for name in TIMES}
    features |= {"timestamp": _numbers("float32", 1)}
    return features | {name: _numbers("int64", 1) for name in COUNTERS}


def is_version(path: Path, version: str) -> bool:
    """Whether a folder says that it is a LeRobot data set of this version; never raises."""
    try:
        return json.loads((path / INFO).read_text()).get("codebase_version") == version
    except (OSError, ValueError, AttributeError, RecursionError):
        return False


def _numbers(dtype: str, size: int, name: str | None = None) -> dict[str, Any]:
    names = None if name is None else [f"{name}_{index}" for index in range(size)]
    return {"dtype": dtype, "shape": [size], "names": names}
