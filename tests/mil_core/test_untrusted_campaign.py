"""A small run of the campaign of broken and hostile files, and that it would notice what it looks for."""

from pathlib import Path

import numpy as np
import pytest

from data_tools.untrusted.mutations import MUTATIONS, mutated
from data_tools.untrusted.readers import batch
from mil_core import untrusted_campaign
from mil_core.errors import MilError
from mil_core.untrusted_campaign import TARGETS, run

FORMATS = ("demos_sealed", "film_mp4", "film_gif", "robomimic", "lerobot_v3", "checkpoint")
"""Some of all, one for each library that reads strangers' bytes."""


def test_no_file_breaks_a_promise():
    assert set(FORMATS) < set(TARGETS)
    results = run(60, 40, seed=11, formats=FORMATS)
    assert results["faults"] == [] and results["outside_untouched"]
    assert results["peak_bytes"] <= results["limits"]["bytes"] and results["is_kept"]
    assert results["mutated"] + results["hostile"] >= 95
    verdicts = [counts for part in results["formats"].values() for counts in (part["mutated"], part["hostile"])]
    assert sum(counts.get("refused", 0) for counts in verdicts) > 30


def test_the_same_seed_makes_the_same_files(tmp_path):
    def made(name: str) -> list[tuple[str, bytes]]:
        rng = np.random.default_rng(3)
        return [mutated(b"0123456789" * 50, name.encode() * 99, rng) for _ in range(40)]

    assert made("a") == made("a") and {what for what, _ in made("a")} == set(MUTATIONS)
    assert len({content for _, content in made("a")}) > 30


class Meant(MilError):
    """An error that a reader raises on purpose."""


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Meant("expected a, found b; do c."), "refused"),
        (Meant("bad file"), "fault"),
        (ValueError("expected a, found b"), "fault"),
        (MemoryError(), "contained"),
        (None, "read"),
    ],
)
def test_verdicts(tmp_path, error, verdict):
    def read(path: Path) -> None:
        assert path == tmp_path / "x"
        if error:
            raise error

    (result,) = batch(read, tmp_path, {"names": ["x"]})
    assert result["verdict"] == verdict


def test_what_leaves_the_folder_is_noticed(monkeypatch):
    monkeypatch.setattr(untrusted_campaign, "_fingerprint", lambda folder, count=[]: count.append(1) or len(count))
    results = run(1, 1, seed=0, formats=["demos"])
    assert not results["outside_untouched"] and not results["is_kept"]
