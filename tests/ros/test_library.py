"""Ids name films, and nothing that a client sends reaches a file outside the library."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mil_nodes.errors import BadId, UnknownDemo
from mil_nodes.library import checked_id, demo_path, film_path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "cup-1.mp4").write_bytes(b"film")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    return folder


def test_an_id_names_its_file(library: Path) -> None:
    assert film_path(library, "cup-1").read_bytes() == b"film"


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "cup-1.mp4", "a/b", "", ".", "Cup", "-cup", "cup\n", "c" * 65, "é"]
)
def test_whatever_is_no_id_is_refused(library: Path, path: str) -> None:
    with pytest.raises(BadId, match="expected lower-case letters"):
        film_path(library, path)


@pytest.mark.parametrize("name", ["link", "cup-2"])
def test_links_and_unknown_films_are_refused_with_the_known_ones(library: Path, name: str) -> None:
    with pytest.raises(UnknownDemo, match="cup-1"):
        film_path(library, name)


def test_a_demonstration_is_a_way_or_a_recording(library: Path) -> None:
    for name in ("way.npz", "take.hdf5"):
        (library / name).write_bytes(b"demo")
        assert demo_path(library, name.split(".")[0]) == library / name
    with pytest.raises(UnknownDemo, match=r"cup-1.npz or .*cup-1.hdf5, found none; known demonstrations: take, way"):
        demo_path(library, "cup-1")


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownDemo, match="known films: none"):
        film_path(tmp_path, "cup-1")


@given(st.text())
def test_what_passes_as_an_id_is_one_plain_name(text: str) -> None:
    try:
        name = checked_id(text)
    except BadId:
        return
    assert Path(name).name == name == text
    assert len(text) <= 64
