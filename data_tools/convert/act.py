"""ACT and ALOHA HDF5: a folder of files `episode_<i>.hdf5`.

Source: tonyzhaozh/act record_sim_episodes.py: observations/qpos, observations/qvel, observations/images/<camera> in
chunks of one frame, action, and the attribute sim. The rate, 50 Hz, stands in ACT's code alone.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

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
from data_tools.convert.labels import LABELS, build_demo, labels_of, provenance_or_none
from data_tools.demo import Demo
from data_tools.hdf5_checks import attribute_or_none, group_of, names_of
from data_tools.hdf5_foreign import has_members, new_tree, opened_tree, times_of, whole
from data_tools.provenance import Provenance

RATE_HZ = 50.0
"""1 / DT of ACT's constants."""
CAMERA = "top"
_NAME = re.compile(r"episode_(\d{1,9})\.hdf5")
_TIMES = ("observations/capture_time_s", "observations/state_time_s", "action_time_s")


def _episodes(folder: Path) -> list[Path]:
    """Files of a folder in the order of their numbers."""
    if not folder.is_dir():
        return []
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    files = _episodes(path)
    if not files:
        refuse(path, "a folder of episode_<i>.hdf5", "none", "name the folder itself")
    if [file.name for file in files] != [f"episode_{index}.hdf5" for index in range(len(files))]:
        losses.add(f"Episodes are numbered anew from 0 on; here they are {files[0].stem} to {files[-1].stem}.")
    for file in files:
        yield _read_demo(file, path.name, options, losses)


def _read_demo(path: Path, task: str, options: ReadOptions, losses: Losses) -> Demo:
    if path.is_symlink():
        refuse(path, "a file of the folder itself", "a link", "copy the file into the folder")
    with opened_tree(path) as file, translated(path, "an ACT episode"):
        observations = group_of(file, "observations")
        cameras = group_of(observations, "images")
        names = sorted(names_of(cameras))
        if not names:
            refuse(path, "a camera in observations/images", "none", "record with a camera")
        frames = whole(cameras, chosen_camera(path, names, options.camera, losses))
        if "qvel" in names_of(observations) and attribute_or_none(file, "task_id") is None:
            losses.add("observations/qvel is not carried over; states are observations/qpos.")
        labels = {name: attribute_or_none(file, name) for name in (*LABELS, "success")}
        labels["task_id"] = labels["task_id"] or task
        times = times_of(file, _TIMES)
        states = single_precision(f"{path}, observations/qpos", whole(observations, "qpos"), losses)
        actions = single_precision(f"{path}, action", whole(file, "action"), losses)
        return build_demo(frames, states, actions, times, labels, options.rate_hz or RATE_HZ, losses)


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    path.mkdir()
    lengths: set[int] = set()
    for index, demo in enumerate(demos):
        with new_tree(path / f"episode_{index}.hdf5") as file:
            file.attrs.update({"sim": demo.clock == "simulated", "provenance": provenance.to_json(), **labels_of(demo)})
            frames = demo.video.frames
            observations = file.create_group("observations")
            observations.create_dataset(f"images/{CAMERA}", data=frames, chunks=(1, *frames.shape[1:]))
            observations["qpos"], file["action"] = demo.states, demo.actions
            observations["qvel"] = _rate_of_change(demo)
            times = (demo.video.capture_time_s, demo.state_time_s, demo.action_time_s)
            for name, values in zip(_TIMES, times, strict=True):
                file[name] = values
        lengths.add(len(demo))
    losses.add("ACT asks for velocities: observations/qvel is the change of our states per second, not a measurement.")
    losses.add("ACT takes all recordings for 50 Hz; true times stand in arrays that it does not read.")
    if len(lengths) > 1:
        found = f"{min(lengths)} to {max(lengths)} steps"
        losses.add(f"ACT's statistics ask for episodes of one length; these have {found}.")


def _rate_of_change(demo: Demo) -> np.ndarray:
    """Velocities by central differences over the true times, shape (T, S)."""
    if len(demo) < 2:
        return np.zeros_like(demo.states)
    with np.errstate(over="ignore"):
        change = np.gradient(demo.states.astype(np.float64), demo.state_time_s, axis=0).astype(np.float32)
    return np.nan_to_num(change)


def _read_provenance(path: Path) -> Provenance | None:
    files = _episodes(path)
    if not files:
        return None
    with opened_tree(files[0]) as file:
        return provenance_or_none(attribute_or_none(file, "provenance"))


FORMAT = Format(
    title="ACT and ALOHA, a folder of HDF5 episodes",
    suffix="",
    images=("plain",),
    matches=lambda path: any(has_members(file, "observations", "action") for file in _episodes(path)[:1]),
    read=_read,
    read_provenance=_read_provenance,
    write=_write,
)
