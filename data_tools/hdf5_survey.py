"""Reads everything that a demo file says and believes none of it: damage in one demo does not hide the others.

Meant to run in a limited child: it yields plain values, one for the file and then one for each demo, and holds a few
megabytes of pictures at a time. It reads every member, also those that this version does not know, so that whatever is
copied later is known to be whole and in the file itself. Does not check the seal, and refuses to judge what it finds.
"""

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from data_tools.content_hash import array_hash
from data_tools.errors import DemoFileError
from data_tools.hdf5_checks import COPY_AGAIN, group_of, integer_of, names_of, refuse, text_of
from data_tools.hdf5_hash import blocks_of, datasets_of, place_of, stored_sha256
from data_tools.hdf5_writer import FORMAT_VERSION

KNOWN_MEMBERS = ("data", "films", "mask")
"""Members of a demo file that this version understands."""
TIMES = {"pictures": "obs/capture_time_s", "states": "obs/state_time_s", "actions": "action_time_s"}
"""Stream -> array of its capture times."""
_IMAGE, _STATE, _ACTIONS = "obs/image", "obs/state", "actions"
_DEMO = re.compile(r"demo_(0|[1-9][0-9]{0,8})")
_BROKEN = (DemoFileError, OSError, RuntimeError, KeyError, ValueError, TypeError)


def survey(path: Path, request: dict[str, Any]) -> Generator[dict[str, Any], None, None]:
    """What a demo file holds, one plain value for the file and one for each demo, in the order of their numbers.

    Args: path: a demo file, whose seal may be broken. request: nothing.
    Raises: DemoFileError: not even the outline can be read, or it is of another version.
    """
    del request
    try:
        with h5py.File(path, "r") as file:
            outline = _outline(file)
            yield outline
            for name in outline["demos"]:
                yield {"name": name, **_demo(group_of(file, "data"), name)}
    except _BROKEN as error:
        if isinstance(error, DemoFileError):
            raise
        refuse(str(path), "a whole HDF5 file", f"damage ({error})", COPY_AGAIN)


def _outline(file: h5py.File) -> dict[str, Any]:
    data, films = group_of(file, "data"), group_of(file, "films")
    version = integer_of(data, "format_version")
    if not 1 <= version <= FORMAT_VERSION:
        newer = "install a newer version of mil"
        refuse(file.filename, f"format version 1 to {FORMAT_VERSION}", f"{version}", newer)
    names = names_of(data)
    demos = [name for name in names if _DEMO.fullmatch(name)]
    return {
        "provenance": text_of(data, "provenance"),
        "claims": _attributes(data),
        "demos": sorted(demos, key=lambda name: int(name.removeprefix("demo_"))),
        "strangers": tuple(name for name in names if name not in demos),
        "tasks": names_of(films),
        "films": tuple(_film(films, task_id, name) for task_id in names_of(films) for name in _names(films, task_id)),
        "masks": _masks(file),
        "extras": tuple(name for name in names_of(file) if name not in KNOWN_MEMBERS and _is_whole(file, name)),
    }


def _demo(data: h5py.Group, name: str) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    try:
        demo = group_of(data, name)
        claims = _attributes(demo)
        for label in ("task_id", "robot", "outcome", "clock"):
            text_of(demo, label)
        found = _measurements(demo, dict(datasets_of(demo)))
    except _BROKEN as error:
        return {"claims": claims, "fault": str(error)}
    return {"claims": claims, **found}


def _measurements(demo: h5py.Group, datasets: dict[str, h5py.Dataset]) -> dict[str, Any]:
    """Small arrays whole, pictures as what is known of them, and the hash of everything."""
    actions = _whole(demo, datasets, _ACTIONS, np.float32, (None, None))
    length = len(actions)
    pictures = _checked(demo, datasets, _IMAGE, np.uint8, (length, None, None, 3))
    if 0 in pictures.shape:
        refuse(_where(demo, _IMAGE), "at least one picture, no side zero", f"{pictures.shape}", COPY_AGAIN)
    states = _whole(demo, datasets, _STATE, np.float32, (length, None))
    times_s = {stream: _whole(demo, datasets, name, np.float64, (length,)) for stream, name in TIMES.items()}
    is_repeat: list[bool] = []
    hashed = {place_of(pictures): array_hash(pictures.dtype, pictures.shape, _watched(blocks_of(pictures), is_repeat))}
    return {
        "num_samples": length,
        "picture_shape": pictures.shape[1:],
        "states": states,
        "actions": actions,
        "times_s": times_s,
        "is_repeat": np.array(is_repeat[1:], bool),
        "content_sha256": stored_sha256(datasets.items(), hashed),
    }


def _watched(blocks: Iterator[NDArray], is_repeat: list[bool]) -> Iterator[NDArray]:
    """The blocks as they are; notes for each picture whether it equals the one before it."""
    last: NDArray | None = None
    for block in blocks:
        for picture in block:
            is_repeat.append(last is not None and np.array_equal(picture, last))
            last = picture
        yield block


def _checked(
    demo: h5py.Group,
    datasets: dict[str, h5py.Dataset],
    name: str,
    dtype: type[np.generic],
    shape: tuple[int | None, ...],
) -> h5py.Dataset:
    """A dataset of a demo, made sure to be of the right type and shape, None standing for any length."""
    dataset = datasets.get(name)
    wanted = f"{np.dtype(dtype)} {tuple('any' if side is None else side for side in shape)}"
    if dataset is None:
        refuse(_where(demo, name), wanted, "nothing", COPY_AGAIN)
    sides = zip(shape, dataset.shape, strict=False)
    fits = len(shape) == len(dataset.shape) and all(side in (None, found) for side, found in sides)
    if dataset.dtype != dtype or not fits:
        refuse(_where(demo, name), wanted, f"{dataset.dtype} {dataset.shape}", COPY_AGAIN)
    return dataset


def _whole(
    demo: h5py.Group,
    datasets: dict[str, h5py.Dataset],
    name: str,
    dtype: type[np.generic],
    shape: tuple[int | None, ...],
) -> NDArray:
    return np.asarray(_checked(demo, datasets, name, dtype, shape)[()])


def _names(films: h5py.Group, task_id: str) -> tuple[str, ...]:
    return names_of(group_of(films, task_id))


def _film(films: h5py.Group, task_id: str, name: str) -> dict[str, str]:
    try:
        film = group_of(group_of(films, task_id), name)
        for _, dataset in datasets_of(film):
            list(blocks_of(dataset))
        found = {"file_name": text_of(film, "file"), "sha256": text_of(film, "sha256")}
    except _BROKEN as error:
        found = {"fault": str(error)}
    return {"task_id": task_id, "name": name, **found}


def _masks(file: h5py.File) -> dict[str, tuple[str, ...]]:
    """Filter keys; one that is no list of names counts as empty."""
    if "mask" not in names_of(file):
        return {}
    masks: dict[str, tuple[str, ...]] = {}
    for key, dataset in datasets_of(group_of(file, "mask")):
        texts = dataset[()].tolist() if dataset.dtype.kind == "S" and dataset.ndim == 1 else []
        masks[key] = tuple(text.decode(errors="replace") for text in texts)
    return masks


def _is_whole(file: h5py.File, name: str) -> bool:
    """Whether everything in an unknown member can be read, so that it may be copied."""
    try:
        for _, dataset in datasets_of(group_of(file, name)):
            list(blocks_of(dataset))
    except _BROKEN:
        return False
    return True


def _attributes(holder: h5py.Group) -> dict[str, Any]:
    """Attributes that are one text, number or truth value."""
    found: dict[str, Any] = {}
    for name in holder.attrs:
        value = holder.attrs[name]
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, str | int | float | bool):
            found[name] = value
    return found


def _where(group: h5py.Group, name: str = "") -> str:
    return f"{group.file.filename}, {group.name}/{name}".rstrip("/")
