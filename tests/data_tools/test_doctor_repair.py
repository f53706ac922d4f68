"""Repairs change what they say, keep what was there, and can be undone; nothing outside the dataset is touched."""

from pathlib import Path

import pytest

from data_tools.content_hash import demo_sha256
from data_tools.doctor import examine, validate
from data_tools.doctor_repair import plan_of, repair
from data_tools.doctor_survey import facts_of
from data_tools.edit import delete
from data_tools.edit_files import undo, undo_copies, write_in_place, write_new
from data_tools.errors import DemoFileError
from data_tools.hdf5 import read_demos, read_provenance

pytestmark = pytest.mark.usefixtures("in_process")


def names(path: Path) -> set[str]:
    return {finding.check for finding in validate([path])}


def rename_film(file) -> None:
    file["films/toy-train-00/film_0"].attrs["file"] = "../precious.mp4"


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.9999])
def test_of_a_file_cut_short_the_demos_before_the_cut_come_back_bit_by_bit(dataset, share):
    path = dataset()
    whole = [demo_sha256(demo) for demo in read_demos(path)]
    content = path.read_bytes()
    cut = content[: 600 + int(share * (len(content) - 601))]
    path.write_bytes(cut)
    ((file, findings),) = examine([path])
    (finding,) = findings
    assert (finding.check, finding.severity) == ("altered", "error") and "cut short" in finding.found
    undo_copy = repair(plan_of(file, findings))
    if not file.salvage:
        assert share < 0.5 and finding.remedy is None and "copy" in finding.command and undo_copy is None
        assert path.read_bytes() == cut
        return
    assert [demo_sha256(demo) for demo in read_demos(path)] == whole[: len(file.salvage)]
    assert len(file.salvage) >= int(share * len(whole)) - 1 and "--repair" in finding.command
    assert names(path) <= {"orphan_films"} and read_provenance(path).parents[0].name == path.name
    undo(path)
    assert path.read_bytes() == cut


def test_a_demo_that_is_cut_or_changed_is_not_taken_for_a_whole_one(dataset):
    path = dataset()
    content = bytearray(path.read_bytes())
    changed = next(iter(read_demos(path))).states.tobytes()
    content[content.index(changed)] ^= 1
    path.write_bytes(content[:-200])
    assert len(facts_of(path).salvage) == 5


def test_a_file_cut_short_that_was_recorded_is_made_again_from_its_takes(dataset):
    path = dataset()
    path.with_suffix(".takes").mkdir()
    path.write_bytes(path.read_bytes()[:700])
    (finding,) = validate([path])
    assert "mil record --resume" in finding.command and finding.remedy is None


def test_files_that_nobody_refers_to_are_put_aside_and_come_back(dataset, mend, everything_below):
    path = dataset()
    orphan = path.parent / "demos_films" / "orphan.mp4"
    orphan.write_bytes(b"film")
    before = everything_below(path.parent)
    (finding,) = validate([path])
    assert (finding.check, finding.where, finding.severity) == ("orphan_films", "orphan.mp4", "warning")
    mend(path)
    assert names(path) == set() and not orphan.exists()
    assert [p.read_bytes() for p in path.parent.glob("demos_films.undo-*/*")] == [b"film"]
    undo(path)
    after = everything_below(path.parent)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize("fault", ["missing", "changed", "renamed"])
def test_a_film_that_is_not_the_one_that_was_stored_is_forgotten(dataset, damage, mend, fault):
    path = dataset()
    film = path.parent / "demos_films" / "toy-train-00.mp4"
    if fault == "missing":
        film.unlink()
    elif fault == "changed":
        film.write_bytes(b"another film")
    else:
        damage(path, rename_film)
    assert names(path) == {"missing_films"} | ({"orphan_films"} if fault == "renamed" else set())
    mend(path)
    assert names(path) == {"pairs"}  # what is left is true: that task has no film any more
    assert [p.name for p in film.parent.iterdir()] == ["toy-train-01.mp4"]


def test_a_repair_touches_nothing_outside_its_dataset(dataset, damage, mend, everything_below, tmp_path):
    path = dataset()
    for name in ("other.hdf5", "demos2_films/x.mp4", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    damage(path, lambda file: file["data"].attrs.__setitem__("total", 1))
    before = everything_below(tmp_path)
    mend(path)
    after = everything_below(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"demos.hdf5", undo_copies(path)[0].name}
    assert set(before) <= set(after)


def test_a_film_name_that_leads_elsewhere_moves_nothing_there(dataset, damage, mend, tmp_path):
    path, precious = dataset(), tmp_path / "precious.mp4"
    precious.write_bytes(b"precious")
    damage(path, rename_film)
    mend(path)
    assert precious.read_bytes() == b"precious"
    undo(path)
    write_in_place(delete(facts_of(path), [], ["toy-train-00"]), path)
    undo(path)
    with pytest.raises(DemoFileError, match="--repair"):
        write_new(delete(facts_of(path), ["demo_0"]), tmp_path / "new.hdf5")
    assert precious.read_bytes() == b"precious"


def test_undo_goes_back_step_by_step_and_never_over_work_that_came_later(dataset):
    path = dataset()
    whole = path.read_bytes()
    for index in (5, 4):
        write_in_place(delete(facts_of(path), [f"demo_{index}"]), path)
    assert len(facts_of(path).demos) == 4
    undo(path)
    assert len(facts_of(path).demos) == 5
    dataset("later.hdf5", seed=5).replace(path)
    with pytest.raises(DemoFileError, match="written later"):
        undo(path)
    path.unlink()
    undo(path)
    assert path.read_bytes() == whole
    with pytest.raises(DemoFileError, match="an undo copy"):
        undo(path)
