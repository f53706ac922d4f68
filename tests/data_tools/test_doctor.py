"""Every fault that is put into a demo file is found by its own check, mended if it can be, and the mending undone."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.demo import TaskDemos
from data_tools.doctor import CHECKS, examine, findings_about, is_clean, validate
from data_tools.doctor_facts import FileFacts
from data_tools.doctor_repair import plan_of, repair
from data_tools.doctor_survey import facts_of
from data_tools.edit_files import undo
from data_tools.errors import DemoFileError
from data_tools.hdf5 import read_provenance, write_tasks

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


def widen(file: h5py.File) -> None:
    states = file["data/demo_2/obs/state"][()]
    del file["data/demo_2/obs/state"]
    file["data/demo_2/obs/state"] = np.concatenate([states, states[:, :1]], axis=1)


INSIDE = {
    "broken": [lambda file: file.__delitem__(IMAGE), outside, lambda file: file.__delitem__("data/demo_3/actions")],
    "shapes": [widen],
    "changed": [mark("data/demo_2", "content_sha256", "0" * 64), assign(IMAGE, (3, 2, 1, 0), 1)],
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
UNSTATED = {"changed", "statistics"}
"""Checks of what a file says about its content, which other changes therefore have to keep true."""
CASES = [pytest.param(check, change, id=f"{check}-{k}") for check, changes in INSIDE.items()
         for k, change in enumerate(changes)]  # fmt: skip

pytestmark = pytest.mark.usefixtures("in_process")


def names(path: Path) -> set[str]:
    return {finding.check for finding in validate([path])}


def test_nothing_is_wrong_with_a_clean_file(dataset):
    assert validate([dataset()]) == []


def test_the_limited_child_finds_the_same(dataset, damage, monkeypatch):
    path = dataset()
    damage(path, freeze)
    here = validate([path])
    monkeypatch.undo()
    assert validate([path]) == here != []


def test_every_check_has_a_fault_that_only_it_finds():
    elsewhere = {"altered", "missing_films", "orphan_films", "leakage"}  # the tests of these stand below
    assert {check.name for check in CHECKS} == set(INSIDE) | elsewhere


@pytest.mark.parametrize(("check", "change"), CASES)
def test_a_fault_is_found_by_its_check_and_mended_and_the_mending_undone(
    dataset, damage, everything_below, check, change
):
    path = dataset()
    damage(path, change, is_restated=check not in UNSTATED)
    before = everything_below(path.parent)
    ((file, findings),) = examine([path])
    assert {finding.check for finding in findings} == {check}
    remedy = next(line.remedy for line in CHECKS if line.name == check)
    if remedy is None:
        return
    repair(plan_of(file, findings))
    assert names(path) == set()
    undo(path)
    after = everything_below(path.parent)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {name for name in after if ".undone-" in name} != set()


@pytest.mark.parametrize(
    "provenance",
    ["[" * 50_000, '{"parents": ' + '[{"name": "a", "parents": ' * 900 + "[]" + "}]" * 900 + "}", "9" * 5000],
)
def test_a_provenance_that_is_too_deep_is_refused(dataset, damage, provenance):
    path = dataset()
    damage(path, mark("data", "provenance", provenance))
    with pytest.raises(DemoFileError, match="Provenance: expected"):
        validate([path])
    with pytest.raises(DemoFileError, match="Provenance: expected"):
        read_provenance(path)


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e999", "[" * 300])
def test_a_seal_that_counts_no_bytes_is_refused(dataset, number):
    path = dataset()
    seal = f'{{"format": "mil-demos", "bytes": {number}, "sha256": ""}}'.encode()
    path.write_bytes(seal.ljust(512) + path.read_bytes()[512:])
    with pytest.raises(DemoFileError, match="another kind of file"):
        validate([path])


def test_a_changed_byte_is_found_and_the_file_sealed_again_once_everything_can_be_read(dataset, mend):
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


@settings(max_examples=12)
@given(place=st.integers(512, 10**6), change=st.integers(1, 255))
def test_any_changed_byte_behind_the_seal_is_an_error(tmp_path_factory, place, change):
    path = tmp_path_factory.mktemp("flipped") / "a.hdf5"
    write_tasks(path, [TaskDemos("a", ())])
    content = bytearray(path.read_bytes())
    content[512 + place % (len(content) - 512)] ^= change
    path.write_bytes(content)
    assert facts_of(path).seal_fault != ""


def test_leakage_between_files_is_found_by_task_by_demo_and_by_film(dataset, damage):
    train, other, copy = dataset("a.hdf5"), dataset("b.hdf5", "test", 1), dataset("c.hdf5", "test")
    assert {finding.check for finding in validate([train, other])} == {"leakage"}  # the film is the same picture
    found = {finding.where.split()[0] for finding in validate([train, copy])}
    assert found >= {"toy-00", "toy-01", "film"}
    damage(other, lambda file: (file.__delitem__("data/demo_0"), h5py.File(train).copy("data/demo_0", file["data"]),
                                mark("data/demo_0", "split", "test")(file)))  # fmt: skip
    assert any(finding.where.startswith("content") for finding in validate([train, other]))
    assert not [f for f in validate([train, train]) if f.check == "leakage"]


def test_only_errors_and_warnings_make_a_file_unclean(dataset, damage):
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


def test_nothing_can_be_said_about_a_file_that_cannot_be_read():
    (finding,) = findings_about(
        FileFacts(Path("a.hdf5"), seal_fault="expected x; found y. Next: z.", is_readable=False)
    )
    assert (finding.check, finding.remedy) == ("altered", None) and finding.found.startswith("y; no whole demos")
