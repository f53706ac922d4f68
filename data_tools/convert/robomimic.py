"""robomimic HDF5, read in the variants of robomimic, robosuite and Isaac Lab: one file, `data/demo_<i>`.

Source: robomimic docs/datasets/overview.md; isaaclab utils/datasets/hdf5_dataset_file_handler.py.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import (
    Format,
    Losses,
    ReadOptions,
    WriteOptions,
    chosen_camera,
    refuse,
    single_precision,
    translated,
)
from data_tools.convert.labels import LABELS, build_demo, labels_of, provenance_or_none, read_json
from data_tools.demo import Demo
from data_tools.hdf5_checks import attribute_or_none, group_of, is_group, names_of
from data_tools.hdf5_foreign import (
    Group,
    arrays_of,
    has_members,
    new_tree,
    opened_tree,
    store_pictures,
    times_of,
    whole,
)
from data_tools.provenance import Provenance

DEFAULT_RATE_HZ = 20.0
"""Control rate of robosuite when the file does not tell another."""
_TIMES = ("obs/capture_time_s", "obs/state_time_s", "action_time_s")
_NAME = re.compile(r"demo_(\d{1,9})")


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    with opened_tree(path) as file, translated(path, "a robomimic file"):
        data = group_of(file, "data")
        env = _environment(data)
        rate_hz = options.rate_hz or _control_rate(env) or DEFAULT_RATE_HZ
        for name in _demo_names(path, data, losses):
            yield _read_demo(path, group_of(data, name), name, env, rate_hz, options, losses)


def _demo_names(path: Path, data: Group, losses: Losses) -> list[str]:
    """Names of demos in the order of their numbers, which need not begin at zero nor follow each other."""
    numbers = {name: match for name in names_of(data) if (match := _NAME.fullmatch(name))}
    strangers = sorted(set(names_of(data)) - set(numbers))
    if strangers:
        losses.add(f"These are no demos and left out: {', '.join(strangers[:5])}.")
    if not numbers:
        refuse(path, "groups data/demo_<i>", f"{strangers[:3] or 'none'}", "name a robomimic data set")
    ordered = sorted(numbers, key=lambda name: int(numbers[name][1]))
    if [int(numbers[name][1]) for name in ordered] != list(range(len(ordered))):
        losses.add(f"Demos are numbered anew from 0 on; here they are {ordered[0]} to {ordered[-1]}.")
    return ordered


def _read_demo(
    path: Path, demo: Group, name: str, env: dict[str, Any], rate_hz: float, options: ReadOptions, losses: Losses
) -> Demo:
    where = f"{path}, {name}"
    if not is_group(demo, "obs"):
        found = "none: it holds states and actions alone"
        refuse(where, "pictures in obs", found, "render them with robomimic's dataset_states_to_obs.py")
    observations = dict(arrays_of(group_of(demo, "obs")))
    actions = single_precision(f"{where}, actions", whole(demo, "actions"), losses)
    labels = {key: attribute_or_none(demo, key) for key in (*LABELS, "success")}
    labels["task_id"] = labels["task_id"] or str(env.get("env_name") or "unknown")
    labels["robot"] = labels["robot"] or _robot(env)
    return build_demo(
        _pictures(where, observations, options.camera, losses),
        _states(where, observations, losses),
        actions,
        times_of(demo, _TIMES),
        labels,
        rate_hz,
        losses,
    )


def _pictures(where: str, observations: dict[str, Any], wanted: str | None, losses: Losses) -> NDArray[np.uint8]:
    cameras = {name: array for name, array in observations.items() if array.ndim == 4 and array.dtype == np.uint8}
    if not cameras:
        found = f"arrays {sorted(observations)[:6]}"
        refuse(where, "uint8 pictures (T, height, width, 3) in obs", found, "render the data set with pictures")
    name = chosen_camera(where, sorted(cameras), wanted, losses)
    return np.asarray(cameras[name][()])


def _states(where: str, observations: dict[str, Any], losses: Losses) -> NDArray[np.float32]:
    """`obs/state` if there is one, else all other rows of numbers beside each other, in the order of their names."""
    if "state" in observations:
        names = ["state"]
    else:
        names = [
            name
            for name, array in sorted(observations.items())
            if array.ndim in (1, 2) and array.dtype.kind in "fiu" and not name.endswith("_time_s")
        ]
        losses.add(f"States are these of obs beside each other: {', '.join(names) or 'none'}.")
    if not names:
        refuse(where, "numbers in obs to be states", "pictures alone", "add obs/state, shape (T, S)")
    parts = [single_precision(f"{where}, obs/{name}", np.asarray(observations[name][()]), losses) for name in names]
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


def _environment(data: Group) -> dict[str, Any]:
    """What the file says about its environment: JSON in env_args, or robosuite's attribute env."""
    text = attribute_or_none(data, "env_args")
    if isinstance(text, str):
        return read_json(text)
    return {"env_name": attribute_or_none(data, "env")}


def _control_rate(env: dict[str, Any]) -> float | None:
    kwargs = env.get("env_kwargs")
    rate = kwargs.get("control_freq") if isinstance(kwargs, dict) else None
    return float(rate) if isinstance(rate, (int, float)) and 0 < rate < 1e6 else None


def _robot(env: dict[str, Any]) -> str:
    kwargs = env.get("env_kwargs")
    robots = kwargs.get("robots") if isinstance(kwargs, dict) else None
    return "+".join(map(str, robots)) if isinstance(robots, list) else str(robots or "unknown")


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    total = index = 0
    with new_tree(path) as file:
        data = file.create_group("data")
        for index, demo in enumerate(demos, 1):
            _write_demo(data.create_group(f"demo_{index - 1}"), demo, options, losses)
            total += len(demo)
        env_args = {"env_name": provenance.task, "type": 2, "env_kwargs": {}}
        data.attrs.update({"total": total, "env_args": json.dumps(env_args), "provenance": provenance.to_json()})
        names = np.array([f"demo_{number}" for number in range(index)], dtype="S")
        file.create_dataset(f"mask/{provenance.split}", data=names)
    losses.add("next_obs is not written: set train.hdf5_load_next_obs to false in robomimic.")


def _write_demo(group: Group, demo: Demo, options: WriteOptions, losses: Losses) -> None:
    is_last = np.arange(len(demo)) == len(demo) - 1
    is_success = demo.outcome == "success"
    group.attrs.update({"num_samples": len(demo), **labels_of(demo)})
    if demo.outcome != "unknown":
        group.attrs["success"] = is_success
    store_pictures(group, "obs/image", demo.video.frames, compress=options.images == "lossless")
    group["obs/state"], group["actions"] = demo.states, demo.actions
    times = (demo.video.capture_time_s, demo.state_time_s, demo.action_time_s)
    for name, values in zip(_TIMES, times, strict=True):
        group[name] = values
    group["rewards"], group["dones"] = (is_last & is_success).astype(np.float32), is_last.astype(np.uint8)
    group["states"] = group["obs/state"]
    if len(demo.actions) and np.abs(demo.actions).max(initial=0) > 1:
        losses.add("Some actions lie outside [-1, 1], which robomimic's own checker asks for; they are not scaled.")


def _read_provenance(path: Path) -> Provenance | None:
    with opened_tree(path) as file:
        return provenance_or_none(attribute_or_none(group_of(file, "data"), "provenance"))


FORMAT = Format(
    title="robomimic HDF5, also as robosuite and Isaac Lab write it",
    suffix=".hdf5",
    images=("plain", "lossless"),
    matches=lambda path: has_members(path, "data"),
    read=_read,
    read_provenance=_read_provenance,
    write=_write,
)
