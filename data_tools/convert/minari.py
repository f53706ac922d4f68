"""Minari: a folder with `data/main_data.hdf5` and `data/metadata.json`.

Source: Farama-Foundation/Minari minari/dataset/_storages/hdf5_storage.py, docs/content/dataset_standards.md. There are
T + 1 observations for T actions; our last one comes twice.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.coded_picture import decoded
from data_tools.convert.format import (
    Format,
    Losses,
    ReadOptions,
    Shapes,
    WriteOptions,
    check_alike,
    chosen_camera,
    refuse,
    single_precision,
    step_shapes,
    translated,
)
from data_tools.convert.labels import LABELS, Times, build_demo, labels_of, provenance_or_none, read_json
from data_tools.demo import Demo
from data_tools.hdf5_checks import (
    attribute_or_none,
    byte_rows_of,
    dataset_of,
    group_of,
    is_encoded,
    is_group,
    length_of,
    names_of,
)
from data_tools.hdf5_foreign import Group, arrays_of, new_tree, opened_tree, store_pictures, times_of, whole
from data_tools.provenance import Provenance

RATE_HZ = 10.0
"""Rate of data sets that hold no times; Minari does not keep one."""
VERSION = "0.5.4"
"""Release of Minari whose layout is written."""
MAIN, METADATA = "data/main_data.hdf5", "data/metadata.json"
_TIMES = ("infos/capture_time_s", "infos/state_time_s", "infos/action_time_s")
_MAX_METADATA_BYTES = 1 << 27  # the bounds of each pixel of the observation space stand in it


def _metadata(path: Path) -> dict[str, Any]:
    file = path / METADATA
    if not file.is_file() or file.is_symlink() or file.stat().st_size > _MAX_METADATA_BYTES:
        refuse(path, f"{METADATA}", "none that can be read", "name the folder that holds data/")
    with translated(file, "JSON"):
        return read_json(file.read_text())


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    metadata = _metadata(path)
    if metadata.get("data_format") != "hdf5":
        refuse(path, "data_format hdf5", f"{metadata.get('data_format')!r}", "convert it with Minari to hdf5")
    total = metadata.get("total_episodes")
    with opened_tree(path / MAIN) as file, translated(path, "a Minari data set"):
        names = names_of(file)
        if not isinstance(total, int) or set(names) != {f"episode_{index}" for index in range(total)}:
            refuse(path, f"episodes 0 to {total} less one", f"{len(names)} groups", "mend it with minari")
        sizes = _picture_sizes(metadata)
        for index in range(total):
            yield _read_demo(path, group_of(file, f"episode_{index}"), metadata, sizes, options, losses)


def _read_demo(
    path: Path, episode: Group, metadata: dict[str, Any], sizes: dict[str, tuple[int, int]], options: ReadOptions,
    losses: Losses,
) -> Demo:  # fmt: skip
    where = f"{path}, {episode.name}"
    length = length_of(episode, "rewards")
    if not is_group(episode, "observations"):
        refuse(where, "a dictionary of observations with pictures", "one array", "record pictures and states")
    observations = group_of(episode, "observations")
    cameras = sorted(sizes)
    if not cameras:
        refuse(where, "pictures in the observation space", f"{names_of(observations)}", "record with render pictures")
    camera = chosen_camera(where, cameras, options.camera, losses)
    frames = _pictures(where, observations, camera, sizes[camera], length)
    times = _times(episode, length)
    labels = {name: attribute_or_none(episode, name) for name in (*LABELS, "success")}
    labels["task_id"] = labels["task_id"] or str(metadata.get("dataset_id", "unknown"))
    actions = single_precision(f"{where}, actions", whole(episode, "actions"), losses)
    states = _states(where, observations, set(cameras), losses)[:length]
    losses.add("The observation after the last action is not carried over: a demo ends with its last action.")
    return build_demo(frames, states, actions, times, labels, options.rate_hz or RATE_HZ, losses)


def _times(episode: Group, length: int) -> Times | None:
    """Times that this project left in infos, without those of the last observation."""
    times = times_of(episode, _TIMES)
    return None if times is None else (times[0][:length], times[1][:length], times[2][:length])


def _pictures(where: str, observations: Group, camera: str, size: tuple[int, int], length: int) -> NDArray[np.uint8]:
    *folders, name = camera.split("/")
    for folder in folders:
        observations = group_of(observations, folder)
    if not is_encoded(observations, name):
        return np.asarray(dataset_of(observations, name)[:length])
    rows = byte_rows_of(observations, name, length + 1)
    return np.stack([decoded(where, row, size) for _, row in zip(range(length), rows, strict=False)])


def _states(where: str, observations: Group, cameras: set[str], losses: Losses) -> NDArray[np.float32]:
    members = [name for name in names_of(observations) if name not in cameras and not is_group(observations, name)]
    groups = [name for name in names_of(observations) if is_group(observations, name)]
    parts = [(name, dataset_of(observations, name)) for name in members]
    for group in groups:
        parts += [(f"{group}/{name}", part) for name, part in arrays_of(group_of(observations, group)) if part.ndim < 3]
    parts = sorted(part for part in parts if part[0] not in cameras)
    if not parts:
        refuse(where, "numbers in observations to be states", "pictures alone", "record states too")
    names = ", ".join(name for name, _ in parts)
    if names != "state":
        losses.add(f"States are these observations beside each other: {names}.")
    arrays = [single_precision(f"{where}, observations/{name}", np.asarray(part[()]), losses) for name, part in parts]
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _picture_sizes(metadata: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Height and width of each observation that is a picture, by its name with `/` between."""
    found: dict[str, tuple[int, int]] = {}

    def look(space: dict[str, Any], name: str) -> None:
        for key, part in space.get("subspaces", {}).items() if space.get("type") == "Dict" else ():
            look(part, f"{name}/{key}" if name else key)
        shape = space.get("shape", [])
        if space.get("type") == "Box" and space.get("dtype") == "uint8" and len(shape) == 3 and shape[2] == 3:
            found[name] = (int(shape[0]), int(shape[1]))

    look(read_json(str(metadata.get("observation_space"))), "")
    return found


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    (path / "data").mkdir(parents=True)
    total = steps = 0
    shapes: Shapes = ((), (), ())
    with new_tree(path / MAIN) as file:
        for total, demo in enumerate(demos, 1):
            shapes = step_shapes(demo) if total == 1 else shapes
            check_alike(demo, shapes, "Minari")
            _write_demo(file.create_group(f"episode_{total - 1}"), total - 1, demo, options)
            steps += len(demo)
    metadata = {
        "total_episodes": total,
        "total_steps": steps,
        "data_format": "hdf5",
        "jpeg_encoding": False,
        **_spaces(shapes),
        "dataset_id": f"mil/{re.sub(r'[^-_a-zA-Z0-9]', '-', provenance.task) or 'unknown'}-v0",
        "minari_version": VERSION,
        "author": ["unknown"],
        "author_email": ["unknown"],
        "code_permalink": provenance.code_version,
        "algorithm_name": provenance.created_by or "unknown",
        "requirements": [],
        "dataset_size": round((path / MAIN).stat().st_size / 1e6, 1),
        "provenance": provenance.to_json(),
    }
    (path / METADATA).write_text(json.dumps(metadata))
    losses.add("Minari has one observation more than actions: the last one is written twice.")
    losses.add("Minari recovers an environment from env_spec; there is none, since ours is no Gymnasium environment.")


def _spaces(shapes: Shapes) -> dict[str, str]:
    parts = {"image": _box(shapes[0], "uint8"), "state": _box(shapes[1], "float32")}
    observations = {"type": "Dict", "subspaces": parts}
    return {
        "observation_space": json.dumps(observations),
        "action_space": json.dumps(_box(shapes[2], "float32")),
    }


def _box(shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    low, high = (0, 255) if dtype == "uint8" else (-np.inf, np.inf)
    bounds = {name: np.full(shape, value).tolist() for name, value in (("low", low), ("high", high))}
    return {"type": "Box", "dtype": dtype, "shape": list(shape), **bounds}


def _write_demo(group: Group, index: int, demo: Demo, options: WriteOptions) -> None:
    group.attrs.update({"id": index, "total_steps": len(demo), **labels_of(demo)})
    store_pictures(group, "observations/image", _with_last(demo.video.frames), compress=options.images == "lossless")
    group["observations/state"], group["actions"] = _with_last(demo.states), demo.actions
    is_last = np.arange(len(demo)) == len(demo) - 1
    is_success = demo.outcome == "success"
    group["rewards"] = (is_last & is_success).astype(np.float64)
    group["terminations"], group["truncations"] = is_last & is_success, is_last & (not is_success)
    times = (demo.video.capture_time_s, demo.state_time_s, demo.action_time_s)
    for name, values in zip(_TIMES, times, strict=True):
        group[name] = _with_last(values)


def _with_last(values: NDArray) -> NDArray:
    return np.concatenate([values, values[-1:]])


def _read_provenance(path: Path) -> Provenance | None:
    return provenance_or_none(_metadata(path).get("provenance"))


FORMAT = Format(
    title="Minari, HDF5 storage",
    suffix="",
    images=("lossless", "plain"),
    matches=lambda path: (path / MAIN).is_file() and (path / METADATA).is_file(),
    read=_read,
    read_provenance=_read_provenance,
    write=_write,
)
