"""The campaign of kills in small, and its power to notice a broken promise."""

from pathlib import Path

import numpy as np
import pytest

from data_tools import kill_campaign
from data_tools.hdf5 import read_tasks
from data_tools.kill_campaign import PROMISE_S, PROVENANCE, PromiseBroken, run
from data_tools.recorder_takes import Takes


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("kills")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kill_campaign, "LATEST_KILL_S", 1.2)
        return folder, run(5, 1, folder)


def test_kills_cost_at_most_what_is_promised(campaign) -> None:
    folder, content = campaign
    assert (content["kills"], sum(content["by_victim"].values())) == (5, 5)
    assert content["lost_s"]["max"] <= PROMISE_S and content["lost_more_than_promised"] == 0
    episodes = sorted((folder / "demos.takes").glob("episode-*.hdf5"))
    joined = [demo for task in read_tasks(folder / "demos.hdf5") for demo in task.demos]
    assert len(joined) == len(episodes) == content["episodes"]


def test_a_changed_picture_would_have_been_noticed(campaign, monkeypatch) -> None:
    folder, _ = campaign
    (path, *_) = sorted((folder / "demos.takes").glob("episode-*.hdf5"))
    number = int(path.stem.split("-")[1])
    assert kill_campaign._steps_of(path, number) > 0
    monkeypatch.setattr(kill_campaign, "picture", lambda *_: np.zeros(kill_campaign.SHAPE, np.uint8))
    with pytest.raises(PromiseBroken, match="the pictures of image"):
        kill_campaign._steps_of(path, number)


def test_a_loss_above_the_promise_would_have_been_noticed(tmp_path: Path) -> None:
    with Takes(tmp_path, PROVENANCE):
        pass
    words = [{"take": 0, "writer": 0}, {"take": 0, "sent": 16}]
    assert kill_campaign._check(tmp_path, words, "both", 1.0).lost_s > PROMISE_S
