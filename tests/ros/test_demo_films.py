"""The demonstration's films stand in a folder of their own; `make clean` and it leave the libraries of people alone."""

import subprocess
from pathlib import Path

from mil_bringup.demo_films import FOLDER, SHIPPED, FilmMaker, place_task
from mil_bringup.environment import ROOT
from mil_nodes.params import DemoRecorderParams, PolicyRunnerParams


def test_films_replace_only_films_of_the_same_tasks(tmp_path: Path) -> None:
    name = f"{place_task(0).task_id}.mp4"
    (tmp_path / "folder").mkdir()
    for own in ("mine.mp4", "episode-000000.hdf5", "folder/kept", name):
        (tmp_path / own).write_bytes(b"my own")
    with FilmMaker(tmp_path, 1):
        pass
    assert (tmp_path / name).read_bytes() == (SHIPPED / name).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"mine.mp4", "episode-000000.hdf5", "folder", name}
    assert all((tmp_path / own).read_bytes() == b"my own" for own in ("mine.mp4", "folder/kept"))


def test_no_library_is_the_folder_of_the_demonstration() -> None:
    assert FOLDER not in {Path(params.library).name for params in (DemoRecorderParams(), PolicyRunnerParams())}


def test_clean_removes_what_make_has_made_and_no_library() -> None:
    told = subprocess.run(["make", "-n", "clean"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    removed = {word for word in told.split() if word == "out" or word.startswith("out/")}
    assert removed == {"out/demo", "out/table", "out/ros-log"}
