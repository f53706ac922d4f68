"""The campaign of kills in small, and its power to notice a broken promise."""

from pathlib import Path

import numpy as np
import pytest

from data_tools import kill_campaign
from data_tools.atomic import file_sha256
from data_tools.kill_campaign import PROMISE_S, PROVENANCE, PromiseBroken, run
from data_tools.recorder_takes import Takes


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    root = tmp_path_factory.mktemp("kills")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kill_campaign, "LATEST_KILL_S", 1.2)
        patch.setattr(kill_campaign, "FOLDER_KILLS", 3)
        return root, run(5, 1, root)


def test_kills_cost_at_most_what_is_promised(campaign) -> None:
    root, content = campaign
    assert (content["kills"], sum(content["by_victim"].values())) == (5, 5)
    assert content["lost_s"]["max"] <= PROMISE_S and content["lost_more_than_promised"] == 0
    assert content["episodes"] == len(list(root.glob("*/demos.takes/episode-*.hdf5"))) > 0


def test_a_changed_picture_would_have_been_noticed(campaign, monkeypatch) -> None:
    (path, *_) = sorted(campaign[0].glob("*/demos.takes/episode-*.hdf5"))
    assert kill_campaign._steps_of(path) > 0
    monkeypatch.setattr(kill_campaign, "picture", lambda *_: np.zeros(kill_campaign.SHAPE, np.uint8))
    with pytest.raises(PromiseBroken, match="the pictures of image"):
        kill_campaign._steps_of(path)


def test_a_changed_or_missing_episode_would_have_been_noticed(tmp_path: Path) -> None:
    path = tmp_path / "episode-000000.hdf5"
    path.write_bytes(b"what was sealed")
    hashes = {path.name: file_sha256(path)}
    kill_campaign._check_unchanged([path], hashes)
    for episodes in ([], [path]):
        path.write_bytes(b"what was sealef")
        with pytest.raises(PromiseBroken, match="found others"):
            kill_campaign._check_unchanged(episodes, hashes)


def test_a_loss_above_the_promise_would_have_been_noticed(tmp_path: Path) -> None:
    with Takes(tmp_path, PROVENANCE):
        pass
    words = [{"take": 0, "writer": 0}, {"take": 0, "sent": 16}]
    assert kill_campaign._check(tmp_path, words, "both", 1.0, {}).lost_s > PROMISE_S
