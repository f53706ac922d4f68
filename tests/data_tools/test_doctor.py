"""Every fault that is put into a demo file is found by its own check, mended if it can be, and the mending undone."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.demo import TaskDemos
from data_tools.doctor import CHECKS, examine, findings_about, is_clean, validate
from data_tools.doctor_facts import DemoFacts, FileFacts
from data_tools.doctor_motion import frozen_runs, jerks, statistics_agree, statistics_of
from data_tools.doctor_repair import plan_of, repair
from data_tools.doctor_survey import facts_of
from data_tools.edit import delete
from data_tools.edit_files import undo, undo_copies, write_in_place, write_new
from data_tools.errors import DemoFileError
from data_tools.hdf5 import write_tasks
from data_tools.seal import write_seal

IMAGE = "data/demo_1/obs/image"


def assign(name: str, place: object, value: object) -> Callable[[h5py.File], object]:
    return lambda file: file[name].__setitem__(place, value)


def mark(name: str, attribute: str, value: object) -> Callable[[h5py.File], object]:
    return lambda file: file[name].attrs.__setitem__(attribute, value)


def leave_a_gap(file: h5py.File) -> None:
    file.move("data/demo_5", "data/demo_9")
    for key in ("train", "success"):
        file[f"mask/{key}"][5] = b"demo_9"


def freeze(file: h5py.File) -> None:
    file[IMAGE][3:9] = file[IMAGE][3]


def shake(file: h5py.File) -> None:
    file["data/demo_4/actions"][::2] += 5.0


def shift(file: h5py.File, first: int, seconds: float) -> None:
    for name in ("obs/capture_time_s", "obs/state_time_s", "action_time_s"):
        file[f"data/demo_2/{name}"][first:] += seconds


def stretch(file: h5py.File) -> None:
    for name in ("obs/capture_time_s", "obs/state_time_s", "action_time_s"):
        file[f"data/demo_2/{name}"][:] *= 3.0


def hold_still(file: h5py.File) -> None:
    for demo in file["data"].values():
        demo["obs/state"][:, 1] = 0.25


def call_it_another_task(file: h5py.File) -> None:
    for index in (3, 4, 5):
        file[f"data/demo_{index}"].attrs["task_id"] = "toy-train-00"


def outside(file: h5py.File) -> None:
    del file[IMAGE]
    file[IMAGE] = h5py.ExternalLink("/etc/hostname", "/")


INSIDE = {
    "broken": [lambda file: file.__delitem__(IMAGE), outside, lambda file: file.__delitem__("data/demo_3/actions")],
    "changed": [mark("data/demo_2", "content_sha256", "0" * 64)],
    "not_finite": [
        assign("data/demo_2/actions", (3, 1), np.nan),
        assign("data/demo_0/obs/state", (0, 0), np.inf),
    ],
    "times": [
        assign("data/demo_2/obs/capture_time_s", 4, 0.0),
        assign("data/demo_2/action_time_s", 4, np.nan),
    ],
    "numbering": [leave_a_gap, lambda file: file["data"].create_group("old_demo_0")],
    "totals": [
        mark("data", "total", 7),
        mark("data/demo_1", "num_samples", 11),
        lambda file: file["data"].attrs.__delitem__("total"),
    ],
    "statistics": [mark("data", "statistics", "{}"), mark("data", "statistics", '{"states": {"count": 72}}')],
    "masks": [assign("mask/train", 0, b"demo_8"), lambda file: file.__delitem__("mask/train")],
    "labels": [
        mark("data/demo_1", "success", False),
        mark("data/demo_1", "outcome", "splendid"),
    ],
    "duplicates": [lambda file: (file.__delitem__("data/demo_4"), file.copy("data/demo_3", "data/demo_4"))],
    "frozen": [freeze],
    "rate": [stretch],
    "gaps": [lambda file: shift(file, 6, 2.0)],
    "pairs": [call_it_another_task],
    "constant": [hold_still],
    "jerk": [shake],
}
"""Check -> changes of the file that it alone must find; sealed again, as by somebody who means it."""
CASES = [pytest.param(check, change, id=f"{check}-{k}") for check, changes in INSIDE.items()
         for k, change in enumerate(changes)]  # fmt: skip

pytestmark = pytest.mark.usefixtures("in_process")


def damage(path: Path, change: Callable[[h5py.File], object]) -> None:
    with h5py.File(path, "r+") as file:
        change(file)
    write_seal(path)


def names(path: Path) -> set[str]:
    return {finding.check for finding in validate([path])}


def mend(path: Path) -> None:
    ((file, findings),) = examine([path])
    assert repair(plan_of(file, findings)) is not None


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_nothing_is_wrong_with_a_clean_file(dataset):
    assert validate([dataset()]) == []


def test_the_limited_child_finds_the_same(dataset, monkeypatch):
    path = dataset()
    damage(path, freeze)
    here = validate([path])
    monkeypatch.undo()
    assert validate([path]) == here != []


def test_every_check_has_a_fault_that_only_it_finds():
    elsewhere = {"altered", "missing_films", "orphan_films", "leakage"}  # the tests of these stand below
    assert {check.name for check in CHECKS} == set(INSIDE) | elsewhere


@pytest.mark.parametrize(("check", "change"), CASES)
def test_a_fault_is_found_by_its_check_and_mended_and_the_mending_undone(dataset, check, change):
    path = dataset()
    damage(path, change)
    before = everything_below(path.parent)
    assert names(path) == {check}
    remedy = next(line.remedy for line in CHECKS if line.name == check)
    if remedy is None:
        return
    mend(path)
    assert names(path) == set()
    undo(path)
    after = everything_below(path.parent)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {name for name in after if ".undone-" in name} != set()


def test_a_changed_byte_is_found_and_the_file_sealed_again_once_everything_can_be_read(dataset):
    path = dataset()
    content = bytearray(path.read_bytes())
    place = content.index(b"planar_arm")
    content[place] = ord("P")
    path.write_bytes(content)
    assert names(path) == {"altered"}
    mend(path)
    assert names(path) == set()
    undo(path)
    assert path.read_bytes() == content


def test_a_file_that_was_cut_short_is_reported_and_left_alone(dataset):
    path = dataset()
    content = path.read_bytes()
    for length in np.linspace(600, len(content) - 1, 8).astype(int):
        path.write_bytes(content[:length])
        (finding,) = validate([path])
        assert (finding.check, finding.severity, finding.remedy) == ("altered", "error", None)
        assert "cut short" in finding.found and "copy" in finding.command
    plan = plan_of(facts_of(path), [finding])
    assert repair(plan) is None and path.read_bytes() == content[:length]


@settings(max_examples=12)
@given(place=st.integers(512, 10**6), change=st.integers(1, 255))
def test_any_changed_byte_behind_the_seal_is_an_error(tmp_path_factory, place, change):
    path = tmp_path_factory.mktemp("flipped") / "a.hdf5"
    write_tasks(path, [TaskDemos("a", ())])
    content = bytearray(path.read_bytes())
    content[512 + place % (len(content) - 512)] ^= change
    path.write_bytes(content)
    assert facts_of(path).seal_fault != ""


def test_files_that_nobody_refers_to_are_put_aside_and_come_back(dataset):
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
def test_a_film_that_is_not_the_one_that_was_stored_is_forgotten(dataset, fault):
    path = dataset()
    film = path.parent / "demos_films" / "toy-train-00.mp4"
    if fault == "missing":
        film.unlink()
    elif fault == "changed":
        film.write_bytes(b"another film")
    else:
        damage(path, mark("films/toy-train-00/film_0", "file", "../secret.mp4"))
    assert names(path) == {"missing_films"} | ({"orphan_films"} if fault == "renamed" else set())
    mend(path)
    assert names(path) == {"pairs"}  # what is left is true: that task has no film any more
    assert [p.name for p in film.parent.iterdir()] == ["toy-train-01.mp4"]


def test_leakage_between_files_is_found_by_task_by_demo_and_by_film(dataset):
    train, other, copy = dataset("a.hdf5"), dataset("b.hdf5", "test", 1), dataset("c.hdf5", "test")
    assert {finding.check for finding in validate([train, other])} == {"leakage"}  # the film is the same picture
    found = {finding.where.split()[0] for finding in validate([train, copy])}
    assert found >= {"toy-00", "toy-01", "film"}
    damage(other, lambda file: (file.__delitem__("data/demo_0"), h5py.File(train).copy("data/demo_0", file["data"]),
                                mark("data/demo_0", "split", "test")(file)))  # fmt: skip
    assert any(finding.where.startswith("content") for finding in validate([train, other]))
    assert not [f for f in validate([train, train]) if f.check == "leakage"]


def test_only_errors_and_warnings_make_a_file_unclean(dataset):
    path = dataset()
    damage(path, hold_still)
    findings = validate([path])
    assert findings and is_clean(findings)
    damage(path, freeze)
    assert not is_clean(validate([path]))


@pytest.mark.parametrize("content", [b"", b"no demo file", b"\x89HDF\r\n\x1a\n" + bytes(600)])
def test_what_is_no_demo_file_is_refused(tmp_path, content):
    (tmp_path / "a.hdf5").write_bytes(content)
    with pytest.raises(DemoFileError, match="expected a demo file"):
        validate([tmp_path / "a.hdf5"])


def test_a_repair_touches_nothing_outside_its_dataset(dataset, tmp_path):
    path = dataset()
    for name in ("other.hdf5", "demos2_films/x.mp4", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    damage(path, mark("data", "total", 1))
    before = everything_below(tmp_path)
    mend(path)
    after = everything_below(tmp_path)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"demos.hdf5", undo_copies(path)[0].name}
    assert set(before) <= set(after)


def test_a_film_name_that_leads_elsewhere_moves_nothing_there(dataset, tmp_path):
    path, precious = dataset(), tmp_path / "precious.mp4"
    precious.write_bytes(b"precious")
    damage(path, mark("films/toy-train-00/film_0", "file", "../precious.mp4"))
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


def facts(states: np.ndarray, is_repeat: np.ndarray) -> DemoFacts:
    return DemoFacts("demo_0", states=states.astype(np.float32), is_repeat=is_repeat, num_samples=len(states))


def test_equal_pictures_are_ordinary_while_nothing_moves():
    states = np.concatenate([np.linspace(0, 1, 10), np.ones(10)])[:, None]
    still = np.arange(19) >= 9
    assert frozen_runs(facts(states, still)) == []
    assert frozen_runs(facts(states, still | (np.arange(19) == 4) | (np.arange(19) == 5))) == [(4, 6)]
    assert frozen_runs(facts(states, np.ones(19, bool))) == [(0, 19)]


def test_one_pair_of_equal_pictures_among_many_is_no_frozen_camera():
    states = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 101))[:, None]
    steps = np.arange(100)
    assert frozen_runs(facts(states, steps == 40)) == []
    assert frozen_runs(facts(states, (steps >= 40) & (steps < 46))) == [(40, 46)]
    assert len(frozen_runs(facts(states, steps % 2 == 0))) > 20  # every second picture is a copy


def test_jerk_of_a_known_motion():
    times_s = {"actions": np.arange(50) * 0.1}

    def demo(name: str, actions: np.ndarray) -> DemoFacts:
        return DemoFacts(name, num_samples=50, states=np.zeros((50, 1), np.float32), times_s=times_s,
                         actions=actions[:, None].astype(np.float32))  # fmt: skip

    time = times_s["actions"]
    straight, curved = demo("straight", time), demo("curved", 3 * time**2)
    scale = np.concatenate([straight.actions, curved.actions]).astype(np.float64).std()
    assert jerks([straight, curved]) == pytest.approx({"curved": 6 / scale, "straight": 0.0}, abs=1e-3)


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_statistics_agree_with_themselves_and_with_nothing_else(count, seed):
    rng = np.random.default_rng(seed)
    made = [facts(rng.normal(size=(n, 2)), np.zeros(0, bool)) for n in (count, 3)]
    found = statistics_of(made)
    values = np.concatenate([demo.states for demo in made]).astype(np.float64)
    np.testing.assert_allclose(found["states"]["std"], values.std(0))
    assert statistics_agree(json.dumps(found), found)
    found["states"]["mean"][0] += 0.01
    assert not statistics_agree(json.dumps(statistics_of(made)), found)


def test_nothing_can_be_said_about_a_file_that_cannot_be_read():
    (finding,) = findings_about(
        FileFacts(Path("a.hdf5"), seal_fault="expected x; found y. Next: z.", is_readable=False)
    )
    assert (finding.check, finding.found, finding.remedy) == ("altered", "y", None)
