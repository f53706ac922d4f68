"""An edit covers up no damage, and one that fails leaves every file and film as it was."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from data_tools.doctor import validate
from data_tools.doctor_survey import facts_of
from data_tools.edit import Criteria, delete, filtered, merge, relabel, split
from data_tools.edit_files import undo, write_in_place, write_new
from data_tools.errors import DemoFileError
from data_tools.seal import write_seal

pytestmark = pytest.mark.usefixtures("in_process")

EDITS = {
    "delete": lambda file: delete(file, ["demo_5"]),
    "filter": lambda file: filtered(file, Criteria()),
    "relabel": lambda file: relabel(file, ["demo_0"], [], outcome="failure"),
    "split": lambda file: split(file, (1.0, 1.0)),
    "merge": lambda file: merge([file]),
}
DAMAGES = {
    "a changed number": lambda file: file["data/demo_1/actions"].__setitem__((0, 0), 9.0),
    "an unreadable demo": lambda file: file["data/demo_1"].__delitem__("actions"),
}


@pytest.mark.parametrize("fault", DAMAGES)
@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_covers_up_no_damage(dataset, edit, fault, is_sealed):
    path = dataset()
    with h5py.File(path, "r+") as file:
        DAMAGES[fault](file)
    if is_sealed:
        write_seal(path)
    with pytest.raises(DemoFileError, match="as they were written; found .*--repair"):
        EDITS[edit](facts_of(path))


def test_what_was_damaged_can_be_edited_once_it_is_mended(dataset, mend):
    path = dataset()
    with h5py.File(path, "r+") as file:
        DAMAGES["a changed number"](file)
    mend(path)
    write_in_place(relabel(facts_of(path), ["demo_0"], [], outcome="failure"), path)
    assert len(facts_of(path).demos) == 5 and not [f for f in validate([path]) if f.severity == "error"]


def test_a_merge_in_place_that_is_refused_brings_no_films(dataset, damage, everything_below, tmp_path):
    path = dataset()

    def widen(file: h5py.File) -> None:
        for demo in file["data"].values():
            del demo["obs/state"]
            demo["obs/state"] = np.zeros((12, 4), np.float32)

    damage(dataset("b.hdf5", seed=3), widen)
    recipe, before = merge([facts_of(path), facts_of(tmp_path / "b.hdf5")]), everything_below(tmp_path)
    with pytest.raises(DemoFileError, match="shapes"):
        write_in_place(recipe, path)
    assert everything_below(tmp_path) == before


def test_a_disk_that_is_full_leaves_everything_as_it_was(dataset, monkeypatch, everything_below, tmp_path):
    path = dataset()
    recipe, before = merge([facts_of(path), facts_of(dataset("b.hdf5", seed=3))]), everything_below(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def half(source: Path, target: Path) -> None:
        Path(target).write_bytes(Path(source).read_bytes()[:100])
        full()

    with monkeypatch.context() as patch:
        patch.setattr("data_tools.edit_files.rebuild", full)
        with pytest.raises(OSError, match="No space"):
            write_in_place(recipe, path)
    assert everything_below(tmp_path) == before
    with monkeypatch.context() as patch:
        patch.setattr("data_tools.edit_files.shutil.copyfile", half)
        patch.setattr("data_tools.edit_files.os.link", full)  # a file system without hard links
        for work in (
            lambda: write_in_place(None, path),
            lambda: write_in_place(delete(facts_of(path), ["demo_0"]), path),
        ):
            with pytest.raises(OSError, match="No space"):
                work()
    assert everything_below(tmp_path) == before


def test_a_name_that_looks_like_a_pattern_has_undo_copies_too(dataset):
    path = dataset("a[1].hdf5")
    before = path.read_bytes()
    write_in_place(delete(facts_of(path), ["demo_0"]), path)
    undo(path)
    assert path.read_bytes() == before


def test_films_that_belong_to_no_demo_file_are_not_replaced(dataset, tmp_path):
    recipe, film = delete(facts_of(dataset()), ["demo_0"]), tmp_path / "new_films" / "my_phone_film.mp4"
    film.parent.mkdir()
    film.write_bytes(b"a film")
    with pytest.raises(DemoFileError, match="found .*new_films.*move it away"):
        write_new(recipe, tmp_path / "new.hdf5", overwrite=True)
    assert film.exists() and not (tmp_path / "new.hdf5").exists()
