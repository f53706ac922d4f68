"""What a training run of each kind of experiment draws from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from data_tools.atomic import file_sha256
from data_tools.demo import Split, TaskDemos
from data_tools.goal_pictures import GoalGroup
from data_tools.interactions import Interactions
from data_tools.reward_task import RewardTask
from data_tools.rope_pictures import RopePictures
from mil_core.checkpoint import MODEL
from mil_core.commands.goal_groups import goal_groups
from mil_core.commands.goal_sources import GOAL_SOURCES
from mil_core.commands.meta_data import own_data, simulated_data
from mil_core.commands.mined_groups import collect_mined_groups
from mil_core.commands.move_plays import move_plays
from mil_core.commands.output import BadArgument
from mil_core.commands.rope_pictures import rope_pictures
from mil_core.commands.table_tasks import table_tasks
from mil_core.experiments.classifier import ClassifierExperiment
from mil_core.experiments.experiment import Experiment, Statistics
from mil_core.experiments.imitation import ImitationExperiment
from mil_core.experiments.predictor import PredictorExperiment
from mil_core.experiments.reward import NoStatistics, RewardExperiment
from mil_core.experiments.rope import RopeExperiment
from mil_core.goal_tasks import GoalSampler
from mil_core.move_sampling import MoveSampler
from mil_core.novelty import Novelty
from mil_core.reward_sampling import RewardSampler
from mil_core.rope_tasks import RopeSampler
from mil_core.sampling import TaskSampler
from mil_core.scaling import Scaling
from mil_core.table_plane import TablePlane
from mil_core.training import Sampler
from sim.spriteworld.collect import SpriteOrder, collect_tasks

Record = TypeVar("Record")
_AUGMENTED: dict[Split, bool] = {"train": True, "validation": False}
"""Whether draws of a split are varied."""


@dataclass(frozen=True)
class Source:
    """Where the data of a run are, or are put."""

    own: Path | None
    """Demo file of the user's own, instead of simulated data."""
    folder: Path
    """Folder of the simulated data."""
    label: str
    """Beginning of the names of its files."""
    workers: int | None
    """Processes that collect; one a core when None, none but this one when 0."""


class TrainingSet(NamedTuple):
    """What the one training loop needs beside the learner."""

    statistics: Statistics
    """Fitted to the training tasks."""
    training: Sampler
    """Tasks of the outer loop."""
    validation: Sampler
    """Tasks whose identities the outer loop never meets."""
    sha256: dict[str, str]
    """Hash of each file that was read, by its name."""


def training_set(experiment: Experiment, source: Source) -> TrainingSet:
    """The training set of an experiment, made first where it is missing.

    Raises: DataError, SimError, MilError: as its kind of data does. BadArgument: it cannot use the user's own data.
    """
    if source.own is not None and not isinstance(experiment, ImitationExperiment):
        raise BadArgument(f"--data: expected none, found {source.own}; {experiment.name} makes its own data.")
    if isinstance(experiment, RewardExperiment):
        return _reward_set(experiment, source)
    if isinstance(experiment, ClassifierExperiment):
        return _classifier_set(experiment, source)
    if isinstance(experiment, RopeExperiment):
        return _rope_set(experiment, source)
    if isinstance(experiment, PredictorExperiment):
        return _play_set(experiment, source)
    assert isinstance(experiment, ImitationExperiment)  # all kinds that there are
    return _imitation_set(experiment, source)


def _reward_set(experiment: RewardExperiment, source: Source) -> TrainingSet:
    data, samplers, sha256 = experiment.data, {}, {}
    sizes: tuple[tuple[Split, int], ...] = (("train", data.num_tasks), ("validation", data.num_validation_tasks))
    for split, num_tasks in sizes:
        tasks, files = _reward_tasks(experiment, source, split, num_tasks)
        is_training = split == "train"
        samplers[split] = RewardSampler(
            tasks, data.tasks_per_draw, data.most_demos, augment=is_training, inverts=data.inverts
        )
        sha256 |= {path.name: file_sha256(path) for path in files}
    return TrainingSet(NoStatistics(), samplers["train"], samplers["validation"], sha256)


def _reward_tasks(
    experiment: RewardExperiment, source: Source, split: Split, num_tasks: int
) -> tuple[list[RewardTask], list[Path]]:
    """Tasks of the experiment's world, and the files that they were read from."""
    data = experiment.data
    if experiment.world == "tabletop":
        path = source.folder / f"{source.label}_{split}.npz"
        return table_tasks(path, split, num_tasks, data, source.workers), [path]
    # SpriteWorld's tasks are made in memory: that takes less time than training needs to warm up.
    return collect_tasks(SpriteOrder(split, seed=data.seed, demos_per_scene=data.most_demos), num_tasks), []


def _classifier_set(experiment: ClassifierExperiment, source: Source) -> TrainingSet:
    data, world = experiment.data, GOAL_SOURCES[experiment.data.source]
    if data.mined_by:
        world = replace(world, collect=partial(collect_mined_groups, Path(data.mined_by)))
        # Other classifiers are fooled by other pictures, and none of them is told by the names of the groups.
        fooled = file_sha256(Path(data.mined_by) / MODEL)[:8]
        source = replace(source, label=f"{source.label}_{fooled}")

    def read(path: Path, split: Split, num_groups: int) -> list[GoalGroup]:
        return goal_groups(world, path, split, num_groups, data.seed, source.workers)

    groups, sha256 = _both_splits(source, read, data.num_groups, data.num_validation_groups)
    sizes = data.groups_per_draw, data.tasks_per_group, data.queries_per_task, data.near_misses_per_task
    favoured = [world.relations.index(name) for name in data.favoured]
    training = GoalSampler(groups["train"], *sizes, favoured, augment=True)
    validation = GoalSampler(groups["validation"], *sizes, augment=False)
    return TrainingSet(_novelty(groups), training, validation, sha256)


def _rope_set(experiment: RopeExperiment, source: Source) -> TrainingSet:
    data = experiment.data

    def read(path: Path, split: Split, num_tasks: int) -> list[RopePictures]:
        return rope_pictures(path, split, num_tasks, data.seed, source.workers, data.misses_per_task)

    tasks, sha256 = _both_splits(source, read, data.num_tasks, data.num_validation_tasks)
    queries, small = data.queries_per_task, data.small_per_task
    return TrainingSet(
        _novelty(tasks),
        RopeSampler(tasks["train"], data.tasks_per_draw, queries, small, augment=True),
        # The more pictures, the surer the calibration.
        RopeSampler(tasks["validation"], data.tasks_per_draw, 5 * queries, 3 * small, augment=False),
        sha256,
    )


def _play_set(experiment: PredictorExperiment, source: Source) -> TrainingSet:
    data = experiment.data

    def read(path: Path, split: Split, num_groups: int) -> list[Interactions]:
        return move_plays(path, split, num_groups, data.moves_per_group, data.seed, source.workers)

    plays, sha256 = _both_splits(source, read, data.num_groups, data.num_validation_groups)
    training, validation = (
        MoveSampler(plays[split], data.moves_per_draw, augment=augment) for split, augment in _AUGMENTED.items()
    )
    return TrainingSet(TablePlane.fit(plays["train"]), training, validation, sha256)


def _both_splits(
    source: Source, read: Callable[[Path, Split, int], list[Record]], num_training: int, num_validation: int
) -> tuple[dict[Split, list[Record]], dict[str, str]]:
    """What both splits' files hold, and the hash of each. Args: read: from path, split and number of records."""
    sizes: dict[Split, int] = {"train": num_training, "validation": num_validation}
    paths = {split: source.folder / f"{source.label}_{split}.npz" for split in sizes}
    records: dict[Split, list[Record]] = {split: read(paths[split], split, size) for split, size in sizes.items()}
    return records, {path.name: file_sha256(path) for path in paths.values()}


def _novelty(records: Mapping[Split, Sequence[GoalGroup | RopePictures]]) -> Novelty:
    training, validation = (np.concatenate([one.pictures for one in records[split]]) for split in _AUGMENTED)
    return Novelty.fit(training, validation)


def _imitation_set(experiment: ImitationExperiment, source: Source) -> TrainingSet:
    if source.own is not None:
        data = own_data(source.own, experiment.policy)
    else:
        data = simulated_data(experiment, source.folder, source.label, source.workers)
    data = replace(data, training=data.training[: experiment.data.used_tasks])
    scaling = Scaling.fit([demo for task in data.training for demo in task.demos], experiment.policy)
    as_they_are = replace(experiment, learning=replace(experiment.learning, augment=False))
    return TrainingSet(
        scaling,
        _sampler(experiment, scaling, data.training),
        _sampler(as_they_are, scaling, data.validation),
        {path.name: file_sha256(path) for path in data.files},
    )


def _sampler(experiment: ImitationExperiment, scaling: Scaling, tasks: list[TaskDemos]) -> TaskSampler:
    return TaskSampler(tasks, scaling, experiment.policy, experiment.support, experiment.learning)
