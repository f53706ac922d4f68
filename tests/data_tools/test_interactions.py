"""Moves come back from their file as they were, and what does not fit is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_tools.errors import DemoFileError, DemoShapeMismatch
from data_tools.interactions import Interactions, read_interactions, write_interactions

FIELDS = ("before", "after", "take_m", "put_m")


def some_moves(seed: int, count: int = 3) -> Interactions:
    rng = np.random.default_rng(seed)
    pictures = rng.integers(0, 256, (2, count, 6, 5, 3)).astype(np.uint8)
    places_m = rng.normal(size=(2, count, 2)).astype(np.float32)
    return Interactions(f"group-{seed}", *pictures, *places_m)


def test_moves_are_a_round_trip(tmp_path: Path) -> None:
    groups = [some_moves(seed) for seed in range(3)]
    write_interactions(tmp_path / "moves.npz", groups)
    for group, same in zip(groups, read_interactions(tmp_path / "moves.npz"), strict=True):
        assert group.group_id == same.group_id
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(group, name), getattr(same, name))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("before", lambda value: value[:, :, :, :2]),
        ("after", lambda value: value[:2]),
        ("after", lambda value: value.astype(np.float32)),
        ("take_m", lambda value: value[:, :1]),
        ("put_m", lambda value: value.astype(np.float64)),
        ("put_m", lambda value: np.where(value > value.min(), value, np.float32(np.nan))),
    ],
)
def test_moves_that_do_not_fit_are_refused(name: str, change) -> None:
    whole = some_moves(0)
    with pytest.raises(DemoShapeMismatch, match="Interactions"):
        replace(whole, **{name: change(getattr(whole, name))})


@pytest.mark.parametrize("name", FIELDS)
def test_a_file_whose_arrays_do_not_fit_each_other_is_refused(tmp_path: Path, name: str) -> None:
    arrays = {field: getattr(some_moves(0), field)[None] for field in FIELDS} | {"group_id": np.array(["a"])}
    path = tmp_path / "moves.npz"
    for wrong in (arrays | {name: arrays[name][:, :-1]}, {key: arrays[key] for key in arrays if key != name}):
        np.savez(path, **wrong)
        with pytest.raises(DemoFileError, match="again"):
            read_interactions(path)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "moves.npz"
    write_interactions(path, [some_moves(0)])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DemoFileError, match="again"):
        read_interactions(path)
