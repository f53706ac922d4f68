"""The pages about recording tell the truth: commands run, every key of a recorded file is explained."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest

from mil_core.cli import OK, main

ROOT = Path(__file__).resolve().parents[1]
PAGE, FORMAT = ((ROOT / "docs" / name).read_text() for name in ("record.md", "format.md"))


def commands(program: str) -> Iterator[list[str]]:
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == [program]:
                yield words[1:]


@pytest.mark.usefixtures("in_an_empty_folder")
def test_every_command_of_the_page_runs_in_its_order():
    lines = list(commands("mil"))
    assert {words[0] for words in lines} == {"record", "inspect", "bench"}
    for words in lines:
        if "--teleop" in words:  # a test has neither hands nor a terminal
            words[words.index("--teleop") + 1] = "scripted"
        quick = [] if words[0] == "inspect" else ["--quick"]
        assert main([*words, *quick]) in ((0, 1) if words[0] == "bench" else (OK,)), " ".join(words)


def test_every_launch_file_and_module_of_the_page_exists():
    launched = [words[2] for words in commands("ros2") if words[0] == "launch"]
    assert launched == ["record.launch.py", "adapt_and_run.launch.py"]
    assert all((ROOT / "launch" / name).is_file() for name in launched)
    assert [(ROOT / f"{words[1].replace('.', '/')}.py").is_file() for words in commands("python")] == [True]


@pytest.mark.usefixtures("in_an_empty_folder")
def test_every_key_of_a_recorded_file_is_explained():
    words = ["record", "--task", "reach", "--robot", "planar_arm", "--teleop", "scripted", "--max-steps", "3"]
    assert main([*words, "--spectator", "--out", "a.hdf5"]) == OK
    explained = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", FORMAT))))
    names: set[str] = set()
    with h5py.File("a.hdf5") as file:
        file.visititems(lambda path, item: names.update([path.rsplit("/", 1)[-1], *item.attrs]))
    drawn_names = {"spectator", "spectator_time_s", "demo_0", "train", *(name for name in names if "reach-" in name)}
    assert names - drawn_names - explained == set()
