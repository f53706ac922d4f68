"""What is held out is held out in every catalogue, and is what it was when the checkpoints learned."""

import json
from dataclasses import replace

import pytest

from data_tools.errors import DataError
from sim import identities, objects
from sim.identities import CATALOGUES, PATH, manifest
from sim.tasks import TASKS
from sim.tasks.metaworld import AbstractGoalTask

COMMITTED = json.loads(PATH.read_text())


@pytest.mark.parametrize("name", CATALOGUES)
def test_no_identity_is_in_two_splits_and_none_has_changed(name):
    found = manifest(name)  # which refuses what two splits share
    assert found.train and found.validation and found.test
    hashes = {split: found.sha256(split) for split in ("train", "validation", "test")}
    assert hashes == COMMITTED[name], (
        f"{name}: no longer what the shipped checkpoints were trained and tested on; if that is meant, train them anew "
        "and type: python -m sim.identities"
    )


def test_every_catalogue_is_there():
    assert list(COMMITTED) == list(CATALOGUES)


def test_one_leaked_colour_is_found(monkeypatch):
    real, (leaked, *_) = objects.catalogue, objects.catalogue("test")

    def leaky(split):
        first, *others = real(split)
        return (replace(first, second_rgb=leaked.rgb), *others) if split == "train" else real(split)

    monkeypatch.setattr(identities, "catalogue", leaky)
    with pytest.raises(DataError, match="'train' and 'test': expected no common identity, found 1"):
        manifest("containers")


def test_no_box_of_goals_has_more_cells_than_are_listed():
    boxes = [task.goal_box for task in TASKS.values() if issubclass(task, AbstractGoalTask)]
    assert len(boxes) >= 3 and max(box.num_cells.max() for box in boxes) <= identities.CELLS_A_SIDE
