"""Makes a new demo file out of demos of others: groups are copied as they are, everything that follows is made anew.

Chunks are copied without being unpacked, so a file of any size needs little memory, and whatever a later version or a
recorder added to a demo stays with it. Demos are renumbered; num_samples, success, content hashes, totals, statistics,
filter keys and the seal are those of what the new file holds.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import get_args

import h5py
import numpy as np

from data_tools.atomic import flush_to_disk
from data_tools.demo import Outcome, Split
from data_tools.doctor_facts import FileFacts
from data_tools.doctor_motion import statistics_of
from data_tools.edit import DemoPick, Recipe
from data_tools.errors import DemoFileError
from data_tools.hdf5_checks import COPY_AGAIN, dataset_of, group_of, refuse
from data_tools.provenance import Parent, Provenance
from data_tools.seal import SEAL_BYTES, write_seal

MAX_PROVENANCE_BYTES = 1 << 20
"""Files remember where they came from as long as it takes no more than this: some thousand files."""


def rebuild(recipe: Recipe, film_names: Sequence[str], out: Path) -> None:
    """Write the file of a recipe, sealed and flushed.

    Args: recipe: from files whose facts were read. film_names: new name of the file of each film. out: a free name.
    Raises: DemoFileError: the demos do not fit together, or a source can no longer be read.
    """
    check_shapes(recipe)
    try:
        with h5py.File(out, "w", userblock_size=SEAL_BYTES) as file, ExitStack() as stack:
            sources = {facts.path: stack.enter_context(h5py.File(facts.path, "r")) for facts in recipe.sources}
            _copy_frame(sources[recipe.sources[0].path], recipe.sources[0], file)
            for index, pick in enumerate(recipe.demos):
                _copy_demo(sources[pick.path], pick, file, f"demo_{index}")
            _copy_films(sources, recipe, film_names, file)
            for key, names in _masks(recipe).items():
                file.create_dataset(f"mask/{key}", data=np.array(names, dtype="S"))
            _describe(group_of(file, "data"), recipe)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        refuse(str(recipe.sources[0].path), "a file that can be copied from", f"{error}", COPY_AGAIN)
    write_seal(out)
    flush_to_disk(out)


def check_shapes(recipe: Recipe) -> None:
    """Raises: DemoFileError: the demos of a recipe differ in the shapes of a step."""
    for pick in recipe.demos[1:]:
        first = recipe.demos[0].facts.step_shape
        if pick.facts.step_shape != first:
            refuse(f"{pick.path}, {pick.facts.name}", f"picture, state and action of shapes {first}",
                   f"{pick.facts.step_shape}", "keep demos of another robot or camera in another file")  # fmt: skip


def _copy_frame(source: h5py.File, facts: FileFacts, file: h5py.File) -> None:
    """What the file as a whole says of itself, and members that this version does not know."""
    file.create_group("data").attrs.update(dict(source["data"].attrs))
    file.create_group("films", track_order=True)  # tasks come back in the order in which they came
    for name in facts.extras:
        source.copy(name, file)


def _copy_demo(source: h5py.File, pick: DemoPick, file: h5py.File, name: str) -> None:
    source.copy(f"data/{pick.facts.name}", file["data"], name=name)
    demo, length = group_of(group_of(file, "data"), name), pick.facts.num_samples
    outcome = pick.outcome if pick.outcome in get_args(Outcome) else "unknown"
    is_success = outcome == "success"
    demo.attrs.update({
        "num_samples": length, "task_id": pick.task_id, "outcome": outcome, "success": is_success,
        "content_sha256": pick.facts.content_sha256,
    })  # fmt: skip
    if outcome != pick.facts.label("outcome") and "rewards" in demo:
        rewards = dataset_of(demo, "rewards")
        if rewards.shape == (length,):
            rewards[length - 1] = float(is_success)


def _copy_films(sources: Mapping[Path, h5py.File], recipe: Recipe, names: Sequence[str], file: h5py.File) -> None:
    for task_id in recipe.tasks:
        file.create_group(f"films/{task_id}")
    for pick, name in zip(recipe.films, names, strict=True):
        films = group_of(group_of(file, "films"), pick.task_id)
        member = f"film_{len(films)}"
        sources[pick.path].copy(f"films/{pick.facts.task_id}/{pick.facts.name}", films, name=member)
        films[member].attrs["file"] = name


def _masks(recipe: Recipe) -> dict[str, list[str]]:
    """Filter keys of splits and outcomes from the demos themselves, others from where the demos came from."""
    masks: dict[str, list[str]] = {}
    facts = {file.path: file for file in recipe.sources}
    own = {*get_args(Split), *get_args(Outcome)}
    for index, pick in enumerate(recipe.demos):
        file, outcome = facts[pick.path], pick.outcome if pick.outcome in get_args(Outcome) else "unknown"
        kept = [key for key, names in file.masks.items() if key not in own and pick.facts.name in names]
        for key in (file.split_of(pick.facts), outcome, *kept):
            masks.setdefault(key, []).append(f"demo_{index}")
    return masks


def _describe(data: h5py.Group, recipe: Recipe) -> None:
    demos = [pick.facts for pick in recipe.demos]
    data.attrs["total"] = sum(demo.num_samples for demo in demos)
    data.attrs["statistics"] = json.dumps(statistics_of(demos))
    data.attrs["provenance"] = _short_enough(recipe.provenance).to_json()


def _short_enough(provenance: Provenance) -> Provenance:
    """The provenance, without the parents' own parents if it would not fit otherwise."""
    if len(provenance.to_json()) <= MAX_PROVENANCE_BYTES:
        return provenance
    parents = tuple(Parent(parent.name, parent.sha256, parent.operation) for parent in provenance.parents)
    short = replace(provenance, parents=parents)
    if len(short.to_json()) > MAX_PROVENANCE_BYTES:
        raise DemoFileError(
            f"Merging: expected fewer files, found {len(provenance.parents)}; merge some of them first."
        )
    return short
