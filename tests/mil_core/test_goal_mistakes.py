"""Negative mining: what fooled a classifier comes first, and what really holds is told with it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mil_core.calibration import Calibration
from mil_core.cem import CemConfig
from mil_core.commands import mined_groups
from mil_core.commands.mined_groups import collect_mined_groups
from mil_core.errors import InvalidProblem
from mil_core.goal_mistakes import NUM_KEPT, Believed, WatchedGoal, mistakes
from mil_core.goal_pursuit import PursuitConfig
from sim.arrange_collect import ARRANGEMENTS, collect_group
from sim.collect import task_at
from sim.relations import NONE
from sim.tasks.arrange import parked, relations


class ByBrightness:
    """A goal that is believed in bright pictures."""

    calibration = Calibration(threshold=0.5)

    def margins(self, pictures: np.ndarray, places_m: np.ndarray) -> np.ndarray:
        return pictures.mean((1, 2, 3)) - 128.0

    def look(self, picture: np.ndarray):
        raise AssertionError("nobody looks")


def looks(levels: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures so bright, and one thing each whose place is its number."""
    pictures = np.stack([np.full((2, 2, 3), level, np.uint8) for level in levels])
    return pictures, np.arange(len(levels), dtype=float)[:, None, None].repeat(3, 2)


@given(st.lists(st.lists(st.integers(0, 255), min_size=1, max_size=40), min_size=1, max_size=3))
def test_a_watched_goal_says_the_same_and_remembers_the_likeliest_of_each_round(rounds: list[list[int]]) -> None:
    plain, watched = ByBrightness(), WatchedGoal(ByBrightness())
    assert watched.best() is None
    for levels in rounds:
        np.testing.assert_array_equal(watched.margins(*looks(levels)), plain.margins(*looks(levels)))
    best = watched.best()
    assert best is not None
    wanted = [level - 128.0 for levels in rounds for level in sorted(levels, reverse=True)[:NUM_KEPT]]
    np.testing.assert_array_equal(best.margins, wanted)
    np.testing.assert_array_equal(plain.margins(best.pictures, best.places_m), best.margins)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30), st.data())
def test_what_fooled_it_comes_first_and_others_only_fill_up(seen: list[tuple[bool, bool]], data) -> None:
    believed, true = (np.array(column) for column in zip(*seen, strict=True))
    pictures, places_m = looks([0] * len(seen))
    best = Believed(pictures, places_m, np.where(believed, 1.0, -1.0))
    count = data.draw(st.integers(1, len(seen)))
    chosen = mistakes(best, lambda place_m: bool(true[int(place_m[0, 0])]), count, np.random.default_rng(0))
    fooled = believed & ~true
    assert len(set(chosen.tolist())) == len(chosen) == count
    assert fooled[chosen].sum() == min(count, fooled.sum())
    assert (np.diff(fooled[chosen].astype(int)) <= 0).all()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mined_groups, "PER_SETTING", 2)
    monkeypatch.setattr(mined_groups, "BRIEFLY", PursuitConfig(2, CemConfig(num_iterations=1, num_samples=20)))


def test_a_classifier_that_believes_in_everything_is_refused(monkeypatch, few, untrained) -> None:
    monkeypatch.setattr(mined_groups, "MOST_TRIALS", 2)
    monkeypatch.setattr(WatchedGoal, "best", lambda self: None)
    with pytest.raises(InvalidProblem, match="expected a classifier that sees something left to do"):
        list(collect_mined_groups(untrained("flo_arrange"), "train", 5, 1, 0))


def test_a_mined_group_is_the_group_with_further_pictures_that_say_what_holds(few, untrained) -> None:
    folder: Path = untrained("flo_arrange")
    (mined,) = collect_mined_groups(folder, "train", 5, 1, 0)
    plain = collect_group("train", 5, 0)
    own = len(ARRANGEMENTS)
    assert mined.group_id == plain.group_id and len(mined.pictures) == own + 4
    for name in ("pictures", "relations", "places_m"):
        np.testing.assert_array_equal(getattr(mined, name)[:own], getattr(plain, name))
    task = task_at("arrange", "train", 5, 0)
    for found_m, table in zip(mined.places_m[own:], mined.relations[own:], strict=True):
        is_there = np.isfinite(found_m[:, 0])
        assert is_there.sum() >= 2 and (table[~is_there] == NONE).all() and (table[:, ~is_there] == NONE).all()
        np.testing.assert_array_equal(relations(np.where(is_there[:, None], found_m, parked(4)), task.blocks), table)
    assert len(np.unique(mined.pictures[own:].reshape(4, -1), axis=0)) > 1
