"""A demo file that is damaged, wrong or meant to harm is refused, with the demo, what was expected and what to do."""

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_tools.demo import TaskDemos
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_provenance, read_tasks, write_tasks
from data_tools.seal import write_seal
from data_tools.video import write_video

IMAGE = "data/demo_1/obs/image"


@pytest.fixture
def path(tmp_path, task) -> Path:
    write_tasks(tmp_path / "a.hdf5", [task])
    return tmp_path / "a.hdf5"


def refused(path: Path) -> str:
    with pytest.raises(DemoFileError) as caught:
        list(read_tasks(path))
    message = str(caught.value)
    assert "expected" in message and "found" in message and "Next: " in message
    return message


def edit(path: Path, change: Callable[[h5py.File], object]) -> None:
    """Change a file and seal it again, as somebody would who means it."""
    with h5py.File(path, "r+") as file:
        change(file)
    write_seal(path)


def replace(name: str, value: object, **options: object) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, data=value, **options)

    return change


def test_missing(tmp_path):
    assert "nothing" in refused(tmp_path / "a.hdf5")


def test_folder(tmp_path):
    assert "a folder" in refused(tmp_path)


def test_empty(tmp_path):
    (tmp_path / "a.hdf5").touch()
    assert "an empty file" in refused(tmp_path / "a.hdf5")


@given(st.binary(min_size=1, max_size=2000).filter(lambda content: not content.startswith(b"\x89HDF")))
def test_noise(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("demos") / "a.hdf5"
    path.write_bytes(content)
    assert "another kind of file" in refused(path)


def test_a_file_of_another_project_is_named_as_such(tmp_path):
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_group("data/demo_0")
    assert "an HDF5 file of another one" in refused(tmp_path / "a.hdf5")


def test_truncated_anywhere(path):
    content = path.read_bytes()
    for length in np.linspace(1, len(content) - 1, 50).astype(int):
        path.write_bytes(content[:length])
        refused(path)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_single_changed_byte_anywhere_is_found(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("demos") / "a.hdf5"
    write_tasks(path, [TaskDemos("a", ())])
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    if content[place : place + 1].isspace() and place < 512:
        return  # white space for white space in the seal changes nothing
    path.write_bytes(content)
    refused(path)


def test_a_file_that_changes_after_it_was_read_is_checked_again(path):
    assert len(list_tasks(path)) == 1
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert "damaged" in refused(path)


@pytest.mark.parametrize("version", [0, 3, 10**6])
def test_another_version(path, version):
    edit(path, lambda file: file["data"].attrs.modify("format_version", version))
    assert f"format version 1 to 2; found {version}" in refused(path)


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        (replace(IMAGE, np.zeros((9, 8, 10), np.uint8)), "uint8 (9, 'any', 'any', 3)", "(9, 8, 10)"),
        (replace(IMAGE, np.zeros((5, 8, 10, 3), np.uint8)), "uint8 (9, 'any', 'any', 3)", "(5, 8, 10, 3)"),
        (replace(IMAGE, np.zeros((9, 8, 10, 4), np.uint8)), "uint8 (9, 'any', 'any', 3)", "(9, 8, 10, 4)"),
        (replace(IMAGE, np.zeros((9, 8, 10, 3))), "uint8", "float64"),
        (replace(IMAGE, np.zeros((9, 0, 10, 3), np.uint8)), "no side zero", "(9, 0, 10, 3)"),
        (replace("data/demo_1/actions", np.zeros((9, 2))), "float32", "float64"),
        (replace("data/demo_1/actions", np.full((9, 2), np.nan, np.float32)), "finite", "NaN"),
        (replace("data/demo_1/obs/state", np.full((9, 3), np.inf, np.float32)), "finite", "infinity"),
        (replace("data/demo_1/obs/state", h5py.Empty("f4")), "float32", "None"),
        (replace("data/demo_1/obs/state", ["a"] * 9), "float32", "object"),
        (replace("data/demo_1/obs/capture_time_s", np.zeros(9)), "strictly increasing", "step back"),
        (lambda file: file.__delitem__("data/demo_1/action_time_s"), "a dataset", "nothing"),
        (lambda file: file.__delitem__("data/demo_0"), "a group", "nothing"),
        (lambda file: file.__delitem__("films"), "a group", "nothing"),
        (lambda file: file.__delitem__("data"), "a group", "nothing"),
        (lambda file: file["data/demo_1"].attrs.modify("outcome", "splendid"), "an outcome of", "splendid"),
        (lambda file: file["data/demo_1"].attrs.create("outcome", 3), "a text", "int64"),
        (lambda file: file["data/demo_1"].attrs.create("num_samples", "9"), "a whole number", "str"),
        (lambda file: file["data/demo_1"].attrs.__delitem__("robot"), "a text", "nothing"),
        (lambda file: file["data/demo_1"].attrs.modify("task_id", "other"), "a task listed under films", "other"),
        (lambda file: (file.__delitem__("data"), file.create_dataset("data", data=1)), "a group", "a dataset"),
    ],
)
def test_what_breaks_the_format_is_named(path, change, expected, found):
    edit(path, change)
    message = refused(path)
    assert expected in message.split("found")[0] and found in message
    assert "demo_" in message or "/data" in message or "/films" in message


@pytest.mark.parametrize("name", ["data", "data/demo_1", "data/demo_1/obs", IMAGE, "films", "films/place-train-7"])
@pytest.mark.parametrize("kind", ["external", "soft to external", "soft"])
def test_no_link_is_followed_at_any_level(path, tmp_path, name, kind):
    with h5py.File(tmp_path / "secret.hdf5", "w") as secret, h5py.File(path) as file:
        file.copy(name, secret, "treasure")

    def change(file: h5py.File) -> None:
        outside = h5py.ExternalLink(str(tmp_path / "secret.hdf5"), "/treasure")
        del file[name]
        if kind == "soft to external":
            file["door"] = outside
        if kind == "soft":
            file.create_group("door")
        file[name] = outside if kind == "external" else h5py.SoftLink("/door")

    edit(path, change)
    assert re.search(r"found a link of type (External|Soft)Link\. Next: do not trust", refused(path))


def test_no_array_is_read_from_another_file(path, tmp_path):
    shape = (9, 8, 10, 3)
    (tmp_path / "secret").write_bytes(bytes(9 * 8 * 10 * 3))
    with h5py.File(tmp_path / "secret.hdf5", "w") as secret:
        secret["treasure"] = np.zeros(shape, np.uint8)

    def stored_outside(file: h5py.File) -> None:
        del file[IMAGE]
        file.create_dataset(IMAGE, shape, np.uint8, external=[(str(tmp_path / "secret"), 0, h5py.h5f.UNLIMITED)])

    def virtual(file: h5py.File) -> None:
        del file[IMAGE]
        layout = h5py.VirtualLayout(shape, np.uint8)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.hdf5"), "treasure", shape)
        file.create_virtual_dataset(IMAGE, layout)

    for change in (stored_outside, virtual):
        edit(path, change)
        assert "lies in another file" in refused(path)


def test_an_array_that_claims_more_than_it_holds_is_not_read(path):
    def change(file: h5py.File) -> None:
        del file[IMAGE]
        file.create_dataset(IMAGE, (9, 100_000, 100_000, 3), np.uint8, chunks=(1, 1000, 1000, 3), compression="gzip")

    edit(path, change)
    assert "270000000000 bytes claimed, 0 stored" in refused(path)


def test_a_filter_outside_the_list_is_not_run(path):
    edit(path, replace("data/demo_1/obs/state", np.zeros((9, 3), np.float32), scaleoffset=3))
    assert "compression by gzip or lzf" in refused(path)


def test_provenance_that_is_no_json(path):
    edit(path, lambda file: file["data"].attrs.modify("provenance", "made by me"))
    with pytest.raises(DemoFileError, match="JSON object, found 'made by me'"):
        read_provenance(path)


def test_a_film_that_is_missing(path):
    (path.parent / "a_films" / "place-train-7.mp4").unlink()
    assert "copy both together" in refused(path)


def test_a_film_that_was_changed(path, frames):
    write_video(path.parent / "a_films" / "place-train-7.mp4", frames[::-1], 10.0)
    assert re.search("expected sha256 .*, found", refused(path))


@pytest.mark.parametrize("name", ["../secret.mp4", "/etc/hostname", "b/c.mp4", "..", "", ".hidden.mp4", "link.mp4"])
def test_a_film_name_does_not_leave_the_folder(path, name, frames):
    write_video(path.parent / "secret.mp4", frames, 10.0)
    (path.parent / "a_films" / "link.mp4").symlink_to(path.parent / "secret.mp4")
    edit(path, lambda file: file["films/place-train-7/film_0"].attrs.modify("file", name))
    assert "a way out" in refused(path)


def test_film_times_that_do_not_fit(path):
    edit(path, replace("films/place-train-7/film_0/capture_time_s", np.arange(11.0)))
    assert "float64 (12,)" in refused(path)
