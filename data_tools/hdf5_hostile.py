"""HDF5 files that are whole and mean harm: links, bombs, loops, numbers that are none. Made by seed."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import h5py
import numpy as np

TREASURE = "treasure.hdf5"
"""A file outside of the data set, which no hostile file may lead to."""


def make_treasure(folder: Path) -> None:
    """Something worth stealing, in the folder that hostile files point to."""
    with h5py.File(folder / TREASURE, "w") as file:
        file["treasure"] = np.full((9, 8, 10, 3), 77, np.uint8)


def make_hostile(path: Path, outside: Path, rng: np.random.Generator) -> str:
    """Turn a good HDF5 file into a hostile one, in place. Args: outside: folder to point to. Returns: the kind."""
    kind = str(rng.choice(list(KINDS)))
    with h5py.File(path, "r+") as file:
        KINDS[kind](file, outside, rng)
    return kind


def _names(file: h5py.File, *kinds: type) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, member: names.append(name) if isinstance(member, kinds) else None)
    return names


def _any(file: h5py.File, rng: np.random.Generator, *kinds: type) -> str:
    """Name of a member of one of these kinds; of a dataset when none is given."""
    return str(rng.choice(_names(file, *(kinds or (h5py.Dataset,)))))


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    return cast(h5py.Dataset, file[name])


def _any_group(file: h5py.File, rng: np.random.Generator) -> h5py.Group:
    return cast(h5py.Group, file[_any(file, rng, h5py.Group)])


def _replaced(file: h5py.File, name: str, value: object) -> None:
    del file[name]
    file[name] = value


def _external_link(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    target = str(rng.choice([str(outside / TREASURE), "../../outside/" + TREASURE, "/etc/passwd"]))
    _replaced(file, _any(file, rng, h5py.Dataset, h5py.Group), h5py.ExternalLink(target, "/treasure"))


def _soft_link(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng, h5py.Dataset, h5py.Group)
    _replaced(file, name, h5py.SoftLink(str(rng.choice(["/", f"/{name}", "/nowhere", "/data", "../.."]))))


def _hard_loop(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    group = _any_group(file, rng)
    group["again"] = group
    group["root"] = file["/"]


def _external_storage(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng)
    shape, dtype = _dataset(file, name).shape or (9,), _dataset(file, name).dtype
    del file[name]
    file.create_dataset(name, shape, dtype if dtype.kind in "fiu" else "u1",
                        external=[(str(outside / TREASURE), 0, h5py.h5f.UNLIMITED)])  # fmt: skip


def _virtual(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name, shape = _any(file, rng), (9, 8, 10, 3)
    del file[name]
    layout = h5py.VirtualLayout(shape, np.uint8)
    layout[:] = h5py.VirtualSource(str(outside / TREASURE), "treasure", shape)
    file.create_virtual_dataset(name, layout)


def _shape_bomb(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng)
    shape = tuple(
        int(side) for side in rng.choice([1, 9, 3, 10**5, 10**7, 2**31, 2**40], max(1, _dataset(file, name).ndim))
    )
    while np.prod(np.array(shape, float)) > 2.0**58:
        shape = (*shape[:-1], 1) if shape[-1] > 1 else (3, *(1 for _ in shape[1:]))
    dtype = _dataset(file, name).dtype
    del file[name]
    chunks = tuple(min(side, 16) for side in shape)
    file.create_dataset(name, shape, dtype, chunks=chunks, compression="gzip" if rng.random() < 0.5 else None)


def _decompression_bomb(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    """Chunks of 16 MB of zeros, each a few kilobytes in the file."""
    name, count = _any(file, rng), int(rng.integers(20, 70))
    rows = 16 << 20
    del file[name]
    bomb = file.create_dataset(name, (count * rows,), np.uint8, chunks=(rows,), compression="gzip")
    chunk = zlib.compress(bytes(rows), 9)
    for index in range(count):
        bomb.id.write_direct_chunk((index * rows,), chunk)


def _no_numbers(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = str(rng.choice([name for name in _names(file, h5py.Dataset) if _dataset(file, name).dtype.kind == "f"]))
    values = _dataset(file, name)[()]
    if values.size:
        values.flat[int(rng.integers(0, values.size))] = rng.choice([np.nan, np.inf, -np.inf])
        _dataset(file, name)[...] = values


def _times(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    """Times that stand still, run back, or last for years."""
    names = [
        name
        for name in _names(file, h5py.Dataset)
        if _dataset(file, name).dtype == np.float64 and _dataset(file, name).ndim == 1
    ]
    name = str(rng.choice(names or _names(file, h5py.Dataset)))
    values = np.asarray(_dataset(file, name)[()])
    choices = [
        values[::-1],
        np.zeros_like(values),
        np.linspace(0, 1e9, len(values)),
        np.linspace(0, 1e-12, len(values)),
    ]
    _replaced(file, name, choices[int(rng.integers(0, len(choices)))] if values.ndim == 1 else values)


def _absurd_shape(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng)
    dtype = _dataset(file, name).dtype
    shapes = [(), (0,), (9, 0, 10, 3), (1,) * 32, (1, 10**6), (10**6, 1), (9, 8, 10, 4), (9, 1, 1, 3)]
    shape = shapes[int(rng.integers(0, len(shapes)))]
    del file[name]
    file.create_dataset(name, shape, dtype if dtype.kind in "fiu" else "u1")


def _way_out(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    """Names that lead out of the folder, or that a terminal would obey."""
    names = [
        "../../outside/film.mp4",
        str(outside / "film.mp4"),
        "..",
        "",
        ".",
        "a\x1b[2Jb",
        "a\nb",
        "x" * 5000,
        "CON:",
    ]
    bad = names[int(rng.integers(0, len(names)))]
    texts = [
        (name, key) for name in ["/", *_names(file, h5py.Group)] for key, value in file[name].attrs.items()
        if isinstance(value, str)
    ]  # fmt: skip
    if texts:
        name, key = texts[int(rng.integers(0, len(texts)))]
        file[name].attrs[key] = bad


def _huge_attribute(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    holder = _any_group(file, rng)
    for key in list(holder.attrs)[:1] or ["new"]:
        holder.attrs[key] = "x" * 60_000
    holder.attrs["numbers"] = np.zeros(7000)


def _wrong_type(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng)
    values = [
        np.zeros(9, [("a", "f4"), ("b", "S5")]), np.array(["a"] * 9, h5py.string_dtype()), np.zeros(9, np.float16),
        np.zeros(9, ">f4"), np.zeros(9, complex), np.array([file.ref] * 9, h5py.ref_dtype), h5py.Empty("f4"),
        np.zeros((9, 3), bool), np.zeros(9, "V7"),
    ]  # fmt: skip
    _replaced(file, name, values[int(rng.integers(0, len(values)))])


def _wrong_attribute(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    holder = _any_group(file, rng)
    values = [
        np.nan,
        -1,
        2**62,
        np.zeros((3, 3)),
        h5py.Empty("f4"),
        b"\xff\xfe",
        "{" * 3000,
        '{"task": []}',
        np.int64(10**9),
    ]
    for key in list(holder.attrs) or ["num_samples"]:
        if rng.random() < 0.5:
            holder.attrs[key] = values[int(rng.integers(0, len(values)))]


def _crowd(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    group = _any_group(file, rng)
    for index in range(int(rng.integers(500, 3000))):
        group.create_group(f"demo_{index + 10}" if rng.random() < 0.5 else f"x{index}")


def _deep(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    _any_group(file, rng).create_group("/".join(["a"] * int(rng.integers(50, 800))))


def _filter(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    name = _any(file, rng)
    values = np.zeros((9, 3), np.float32)
    del file[name]
    if rng.random() < 0.5:
        file.create_dataset(name, data=values, scaleoffset=3)
    else:  # a filter that nobody has, marked as one that may be left out
        file.create_dataset(
            name, values.shape, values.dtype, chunks=values.shape, compression=32015, allow_unknown_filter=True
        )


def _gone(file: h5py.File, outside: Path, rng: np.random.Generator) -> None:
    del file[_any(file, rng, h5py.Dataset, h5py.Group)]


KINDS: dict[str, Callable[[h5py.File, Path, np.random.Generator], None]] = {
    "external link": _external_link, "soft link": _soft_link, "hard loop": _hard_loop,
    "external storage": _external_storage, "virtual": _virtual, "shape bomb": _shape_bomb,
    "decompression bomb": _decompression_bomb, "no numbers": _no_numbers, "times": _times,
    "absurd shape": _absurd_shape, "way out": _way_out, "huge attribute": _huge_attribute, "wrong type": _wrong_type,
    "wrong attribute": _wrong_attribute, "crowd": _crowd, "deep": _deep, "filter": _filter, "gone": _gone,
}  # fmt: skip
"""Name -> what is done to a good file."""
