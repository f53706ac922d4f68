"""Edits neither lose nor invent: what is taken apart can be put together again, and counts are those of the rest."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_tools.content_hash import demo_sha256
from data_tools.doctor import validate
from data_tools.doctor_facts import FileFacts
from data_tools.doctor_motion import statistics_of
from data_tools.doctor_survey import facts_of
from data_tools.edit import Criteria, Recipe, delete, filtered, merge, relabel, split
from data_tools.edit_files import undo, write_in_place, write_new
from data_tools.errors import DemoFileError
from data_tools.hdf5 import read_provenance, read_tasks
from data_tools.provenance import Parent, Provenance
from data_tools.seal import write_seal

pytestmark = pytest.mark.usefixtures("in_process")
FIXTURES_STAY = settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(recipe: Recipe, path: Path) -> FileFacts:
    write_new(recipe, path, overwrite=True)
    return facts_of(path)


def contents(*files: FileFacts) -> Counter[tuple[str, str, str]]:
    """What is in some files, wherever it stands."""
    demos = ((demo.task_id, demo.label("outcome"), demo.content_sha256) for file in files for demo in file.demos)
    return Counter([*demos, *{(film.task_id, "film", film.sha256) for file in files for film in file.films}])


def is_true(file: FileFacts) -> bool:
    """What the file says of itself is what it holds, and the ordinary reader takes it."""
    claimed = json.loads(file.claims["statistics"])
    assert claimed == statistics_of(file.demos)
    assert file.claims["total"] == sum(demo.num_samples for demo in file.demos)
    assert all(demo.claims["content_sha256"] == demo.content_sha256 for demo in file.demos)
    read = [demo for task in read_tasks(file.path, with_films=False) for demo in task.demos]
    assert Counter(map(demo_sha256, read)) == Counter(demo.content_sha256 for demo in file.demos)
    return [demo.name for demo in file.demos] == [f"demo_{index}" for index in range(len(file.demos))]


@FIXTURES_STAY
@given(st.sets(st.integers(0, 5), min_size=1, max_size=5))
def test_what_is_deleted_and_what_is_left_merge_to_the_same(dataset, tmp_path, gone):
    whole = facts_of(dataset())
    names = {f"demo_{index}" for index in gone}
    left = made(delete(whole, names), tmp_path / "left.hdf5")
    rest = made(delete(whole, {demo.name for demo in whole.demos} - names), tmp_path / "rest.hdf5")
    assert is_true(left) and is_true(rest) and len(left.demos) == 6 - len(gone)
    assert contents(made(merge([left, rest]), tmp_path / "both.hdf5")) == contents(whole)


@FIXTURES_STAY
@given(st.lists(st.floats(0.1, 5), min_size=2, max_size=3), st.booleans())
def test_parts_merge_to_the_whole_in_its_order(dataset, tmp_path, shares, by_demos):
    whole = facts_of(dataset(tasks=3))
    recipes = split(whole, shares, by_demos)
    parts = [made(recipe, tmp_path / f"part_{k}.hdf5") for k, recipe in enumerate(recipes)]
    assert all(part.demos and is_true(part) for part in parts)
    again = made(merge(parts), tmp_path / "again.hdf5")
    assert [demo.content_sha256 for demo in again.demos] == [demo.content_sha256 for demo in whole.demos]
    assert again.tasks == whole.tasks and contents(again) == contents(whole)
    assert validate([again.path]) == []


def test_a_split_by_tasks_divides_no_task_and_follows_the_shares(dataset, tmp_path):
    first, second = split(facts_of(dataset(tasks=4)), (3, 1))
    assert {pick.task_id for pick in first.demos} & {pick.task_id for pick in second.demos} == set()
    assert (len(first.demos), len(second.demos)) == (9, 3)


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        (Criteria(outcome="failure"), ["demo_1"]),
        (Criteria(outcome="success", task="*-01"), ["demo_3", "demo_4", "demo_5"]),
        (Criteria(robot="pr2"), []),
        (Criteria(min_steps=12, max_steps=12), [f"demo_{index}" for index in range(6)]),
        (Criteria(max_steps=11), []),
    ],
)
def test_a_filter_keeps_what_it_says_and_a_second_time_changes_nothing(dataset, tmp_path, criteria, left):
    file = made(relabel(facts_of(dataset()), ["demo_1"], [], outcome="failure"), tmp_path / "mixed.hdf5")
    if not left:
        with pytest.raises(DemoFileError, match="something to be left"):
            filtered(file, criteria)
        return
    once = made(filtered(file, criteria), tmp_path / "once.hdf5")
    kept = [demo.content_sha256 for demo in file.demos if demo.name in left]
    assert [demo.content_sha256 for demo in once.demos] == kept and is_true(once)
    twice = made(filtered(once, criteria), tmp_path / "twice.hdf5")
    assert contents(twice) == contents(once) and twice.masks == once.masks


def test_labels_change_and_measurements_do_not(dataset, tmp_path):
    whole = facts_of(dataset())
    file = made(relabel(whole, ["demo_2"], [], outcome="failure"), tmp_path / "a.hdf5")
    assert [demo.label("outcome") for demo in file.demos] == ["success"] * 2 + ["failure"] + ["success"] * 3
    assert [demo.content_sha256 for demo in file.demos] == [demo.content_sha256 for demo in whole.demos]
    assert file.masks["failure"] == ("demo_2",) and validate([file.path]) == []
    with h5py.File(file.path) as stored:
        assert stored["data/demo_2/rewards"][:].sum() == 0 and stored["data/demo_1/rewards"][:].sum() == 1


def test_a_task_takes_its_films_with_it_and_single_demos_do_not(dataset, tmp_path):
    whole = facts_of(dataset())
    moved = made(relabel(whole, [], ["toy-train-00"], task_id="new"), tmp_path / "a.hdf5")
    assert moved.tasks == ("new", "toy-train-01") and {film.task_id for film in moved.films} == set(moved.tasks)
    single = made(relabel(whole, ["demo_0"], [], task_id="new"), tmp_path / "b.hdf5")
    assert single.tasks == ("toy-train-00", "toy-train-01", "new")
    assert {finding.check for finding in validate([single.path])} == {"pairs"}


def test_films_of_the_same_name_and_different_content_both_survive_a_merge(dataset, tmp_path):
    first, second = facts_of(dataset()), facts_of(dataset("b.hdf5", seed=1))
    second = made(relabel(second, [], ["toy-train-10"], task_id="toy-train-00"), tmp_path / "c.hdf5")
    film = (tmp_path / "c_films" / "toy-train-10.mp4").rename(tmp_path / "c_films" / "toy-train-00.mp4")
    film.write_bytes(b"another film")
    with h5py.File(second.path, "r+") as file:
        sha256 = hashlib.sha256(b"another film").hexdigest()
        file["films/toy-train-00/film_0"].attrs.update({"file": film.name, "sha256": sha256})
    write_seal(second.path)
    both = made(merge([first, facts_of(second.path)]), tmp_path / "both.hdf5")
    assert {"toy-train-00.mp4", "toy-train-00-1.mp4"} <= set(both.film_files)
    assert not [f for f in validate([both.path]) if f.check in ("missing_films", "orphan_films")]


def test_in_place_keeps_the_old_file_and_puts_its_films_aside(dataset, tmp_path):
    path = dataset()
    before = path.read_bytes()
    films = {film.name: film.read_bytes() for film in (tmp_path / "demos_films").iterdir()}
    copy = write_in_place(delete(facts_of(path), [], ["toy-train-01"]), path)
    assert copy.read_bytes() == before and validate([path]) == []
    assert [film.name for film in (tmp_path / "demos_films").iterdir()] == ["toy-train-00.mp4"]
    undo(path)
    assert path.read_bytes() == before
    assert {film.name: film.read_bytes() for film in (tmp_path / "demos_films").iterdir()} == films


def test_films_that_a_merge_in_place_brought_leave_with_its_undoing(dataset, tmp_path):
    path, other = dataset(), dataset("b.hdf5", seed=1)
    before, films = path.read_bytes(), set((tmp_path / "demos_films").iterdir())
    write_in_place(merge([facts_of(path), facts_of(other)]), path)
    assert len(facts_of(path).demos) == 12 and len(list((tmp_path / "demos_films").iterdir())) == 4
    assert validate([path]) == [] and read_provenance(path).seed == -1
    undo(path)
    assert path.read_bytes() == before and set((tmp_path / "demos_films").iterdir()) == films


def test_the_provenance_names_every_step_back_to_the_beginning(dataset, tmp_path):
    whole = facts_of(dataset())
    left = made(delete(whole, ["demo_0"]), tmp_path / "left.hdf5")
    failed = made(relabel(left, ["demo_0"], [], outcome="failure"), tmp_path / "failed.hdf5")
    origin = failed.provenance
    assert origin.operation == "relabel demo_0 --outcome failure"
    assert (origin.parents[0].name, origin.parents[0].operation) == ("left.hdf5", "delete demo_0")
    assert origin.parents[0].parents[0].name == "demos.hdf5"
    assert Provenance.from_json(origin.to_json()) == origin


def test_a_provenance_that_is_too_long_forgets_the_oldest_steps(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("data_tools.hdf5_rebuild.MAX_PROVENANCE_BYTES", 60_000)
    long = Parent("a" * 200, "0" * 64, "x" * 300, tuple(Parent("b" * 200, "1" * 64) for _ in range(200)))
    recipe = delete(facts_of(dataset()), ["demo_0"])
    many = Recipe(recipe.sources, recipe.demos, recipe.films, recipe.tasks,
                  Provenance("toy", operation="merge", parents=(long, long)))  # fmt: skip
    parents = made(many, tmp_path / "a.hdf5").provenance.parents
    assert [parent.sha256 for parent in parents] == ["0" * 64] * 2 and parents[0].parents == ()


def test_members_that_this_version_does_not_know_stay(dataset, damage, tmp_path):
    path = dataset()

    def enrich(file: h5py.File) -> None:
        file["data/demo_1/obs/force"] = np.arange(36.0).reshape(12, 3)
        file["data/demo_1"].attrs["operator"] = "somebody"
        file["calibration/camera"] = np.eye(3)
        file["mask/favourites"] = np.array(["demo_1", "demo_5"], dtype="S")

    damage(path, enrich)
    left = made(delete(facts_of(path), ["demo_0", "demo_5"]), tmp_path / "left.hdf5")
    with h5py.File(left.path) as file:
        np.testing.assert_array_equal(file["data/demo_0/obs/force"], np.arange(36.0).reshape(12, 3))
        assert file["data/demo_0"].attrs["operator"] == "somebody"
        np.testing.assert_array_equal(file["calibration/camera"], np.eye(3))
        assert list(file["mask/favourites"]) == [b"demo_0"]
        assert file["data/demo_0/states"].id == file["data/demo_0/obs/state"].id  # one object under two names


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (lambda file: delete(file, ["demo_9"]), "demo_9"),
        (lambda file: delete(file, [], ["toy"]), "toy"),
        (lambda file: delete(file, []), "none"),
        (lambda file: delete(file, [demo.name for demo in file.demos]), "nothing"),
        (lambda file: relabel(file, ["demo_0"], []), "less"),
        (lambda file: relabel(file, ["demo_0"], [], task_id="../secret"), "../secret"),
        (lambda file: split(file, (1.0,)), r"\[1.0\]"),
        (lambda file: split(file, (1.0, -1.0)), "-1.0"),
        (lambda file: split(file, (1, 1, 1)), r"\[1, 1, 1\]"),
    ],
)
def test_what_cannot_be_done_is_refused(dataset, edit, found):
    with pytest.raises(DemoFileError, match=f"expected .*found .*{found}.*Next: "):
        edit(facts_of(dataset()))


def test_files_that_do_not_belong_together_are_not_merged(dataset, damage, tmp_path):
    path = dataset()
    with pytest.raises(DemoFileError, match="split 'train'"):
        merge([facts_of(path), facts_of(dataset("b.hdf5", "test"))])

    def widen(file: h5py.File) -> None:
        for demo in file["data"].values():
            del demo["obs/state"]
            demo["obs/state"] = np.zeros((12, 4), np.float32)

    damage(dataset("c.hdf5", seed=3), widen)
    recipe = merge([facts_of(path), facts_of(tmp_path / "c.hdf5")])
    before = path.read_bytes()
    with pytest.raises(DemoFileError, match=r"shapes .*\(3,\).*found .*\(4,\)"):
        write_in_place(recipe, path)
    assert path.read_bytes() == before and not list(tmp_path.glob("*undo*")) and not list(tmp_path.glob(".*"))


def test_a_name_that_is_taken_is_kept(dataset, tmp_path):
    path = dataset()
    recipe = delete(facts_of(path), ["demo_0"])
    for out in (path, dataset("b.hdf5", seed=1), tmp_path / "new.h5"):
        with pytest.raises(DemoFileError, match="expected"):
            write_new(recipe, out)
    with pytest.raises(DemoFileError, match="leave --out away"):
        write_new(recipe, path, overwrite=True)
    (tmp_path / "demos_films" / "toy-train-01.mp4").unlink()
    with pytest.raises(DemoFileError, match="--repair"):
        write_new(recipe, tmp_path / "new.hdf5")
    assert not (tmp_path / "new.hdf5").exists() and not (tmp_path / "new_films").exists()
