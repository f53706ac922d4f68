"""`mil replay` judges a recording by the rule that its outcome was told by."""

import json
from pathlib import Path

import numpy as np
import pytest

from data_tools.hdf5 import read_demos
from mil_core.cli import OK, main
from mil_core.commands.exits import ANSWER_IS_NO
from sim.teleop.scripted import Scripted

pytestmark = pytest.mark.usefixtures("in_an_empty_folder")


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.mark.parametrize("by", ["state", "action"])
def test_a_recording_that_reached_and_went_on_is_replayed_to_the_same(monkeypatch, by):
    act, passed = Scripted.act, []

    def going_on(self, env) -> np.ndarray:
        passed.extend([1] * env.success())
        return np.ones(2) if passed else act(self, env)

    monkeypatch.setattr(Scripted, "act", going_on)
    words = ("--task", "reach", "--robot", "planar_arm", "--teleop", "scripted", "--out", "a.hdf5")
    assert run("record", *words, "--seed", 3) == OK
    assert [demo.outcome for demo in read_demos("a.hdf5")] == ["success"]
    assert run("replay", "a.hdf5", "--by", by, "--out", "r.json") == OK
    report = json.loads(Path("r.json").read_text())
    assert report["success_once"] and not report["success_at_end"] and report["criterion"] == "success_once"
    assert run("edit", "a.hdf5", "relabel", "demo_0", "--outcome", "failure") == OK
    assert run("replay", "a.hdf5", "--by", by) == ANSWER_IS_NO


def test_a_collection_is_judged_by_its_end():
    assert run("collect", "--task", "reach", "--robot", "planar_arm", "--quick", "--out", "a.hdf5") == OK
    assert run("replay", "a.hdf5", "--out", "r.json") == OK
    assert json.loads(Path("r.json").read_text())["criterion"] == "success_at_end"
