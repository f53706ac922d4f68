"""Where the labelled pictures of each source of goals come from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Split
from data_tools.goal_pictures import GoalGroup
from sim import arrange_collect, place_goals, push_goals
from sim.relations import RELATIONS
from sim.tasks.arrange import OTHER_CAMERAS


@dataclass(frozen=True)
class GoalSource:
    """A world in which goals are shown."""

    collect: Callable[[Split, int, int, int | None], Iterator[GoalGroup]]
    """Groups of a split and seed: how many, on how many processes."""
    group_id: Callable[[Split, int, int], str]
    """Identity of a group of a split and seed, by its number."""
    relations: tuple[str, ...]
    """Names of the relations."""
    tasks_per_group: int
    """Test tasks about the same things: no more than there are."""
    cameras: tuple[str, ...]
    """Cameras other than the policy's."""
    seen_by: Callable[[int, str], NDArray[np.uint8]]
    """Test pictures of a seed by one of these cameras."""


def _arrangements_by(seed: int, camera: str) -> NDArray[np.uint8]:
    return arrange_collect.collect_group("test", seed, 0, camera, arrange_collect.ARRANGEMENTS[::10]).pictures


def _places_by(seed: int, camera: str) -> NDArray[np.uint8]:
    return place_goals.collect_group("test", seed, 0, camera, in_each=2, beside=2).pictures


def _pushes_by(seed: int, camera: str) -> NDArray[np.uint8]:
    return push_goals.collect_group("test", seed, 0, camera, episodes=1).pictures


GOAL_SOURCES: dict[str, GoalSource] = {
    "arrange": GoalSource(
        arrange_collect.collect_groups,
        arrange_collect.group_id,
        RELATIONS,
        len(RELATIONS),
        tuple(OTHER_CAMERAS),
        _arrangements_by,
    ),
    "place": GoalSource(
        place_goals.collect_groups, place_goals.group_id, place_goals.RELATIONS, 3, ("overview",), _places_by
    ),
    push_goals.TASK: GoalSource(
        push_goals.collect_groups, push_goals.group_id, push_goals.RELATIONS, 2, (), _pushes_by
    ),
}
"""Source, as ClassifierDataConfig names it -> where its pictures come from."""
