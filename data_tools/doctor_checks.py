"""What may be wrong with a demo file: one small function for each fault, from facts to places and findings.

Each takes the facts of a file and those of the files before it, and yields where it found the fault (a demo, a film,
or nothing for the whole file) and what it found. `doctor.CHECKS` lists them with their severity and remedy.
"""

import re
from collections.abc import Iterator, Sequence
from typing import get_args

import numpy as np

from data_tools.demo import Outcome
from data_tools.doctor_facts import DemoFacts, FileFacts
from data_tools.doctor_motion import (
    constant_dimensions,
    frozen_runs,
    is_finite,
    is_in_order,
    jerks,
    statistics_agree,
    statistics_of,
)

Faults = Iterator[tuple[str, str]]
Earlier = Sequence[FileFacts]

RATE_FACTOR = 1.5
"""A demo whose median gap differs by more than this from that of the whole file was recorded at another rate."""
GAP_FACTOR, GAP_S = 5.0, 0.5
"""A gap in the times that is longer than so many usual gaps, and than so long, has lost something that matters."""
JERK_FACTOR, JERK_DEVIATIONS, JERK_DEMOS = 2.0, 6.0, 5
"""A demo stands out when its jerk is so many times the median and so many robust deviations above it, among enough."""
_SPLIT_WORD = re.compile(r"(?<=[-_.])(train|validation|test)[-_.]")


def altered(file: FileFacts, _: Earlier) -> Faults:
    """The bytes are not those that were sealed."""
    if file.seal_fault:
        found = file.seal_fault.split("found ", 1)[-1].split(" Next:")[0].rstrip(".")
        yield "", found if file.is_readable else f"{found}; {len(file.salvage) or 'no'} whole demos can be found in it"


def broken(file: FileFacts, _: Earlier) -> Faults:
    """A demo cannot be read, or an array of it breaks the format."""
    yield from ((demo.name, demo.fault) for demo in file.demos if demo.fault)


def shapes(file: FileFacts, _: Earlier) -> Faults:
    """A demo's pictures, states or actions have another shape than those of most."""
    usual = file.alike[0].step_shape if file.alike else ()
    for demo in file.readable:
        if demo.step_shape != usual:
            yield demo.name, f"picture, state and action of shapes {demo.step_shape}, {usual} in the file"


def changed(file: FileFacts, _: Earlier) -> Faults:
    """A demo is not the one whose content hash was written with it."""
    for demo in file.readable:
        written = str(demo.claims.get("content_sha256", demo.content_sha256))
        if written != demo.content_sha256:
            yield demo.name, f"content {demo.content_sha256[:12]}, written as {written[:12]}"


def not_finite(file: FileFacts, _: Earlier) -> Faults:
    """A state or action is NaN or infinite."""
    for demo in file.readable:
        for stream in ("states", "actions"):
            bad = np.argwhere(~np.isfinite(getattr(demo, stream)))
            if len(bad):
                yield demo.name, f"{len(bad)} numbers that are NaN or infinite, the first in {stream}{bad[0].tolist()}"


def times(file: FileFacts, _: Earlier) -> Faults:
    """Capture times do not increase."""
    for demo in file.readable:
        wrong = [stream for stream, times_s in demo.times_s.items() if not is_in_order(times_s)]
        if wrong:
            yield demo.name, f"times of {', '.join(wrong)} that stand still, step back or are NaN"


def numbering(file: FileFacts, _: Earlier) -> Faults:
    """Demos are not named demo_0, demo_1, and so on."""
    if file.strangers:
        yield "", f"members that are no demos: {', '.join(file.strangers[:3])}"
    gaps = sorted(set(range(len(file.demos))) - {demo.index for demo in file.demos})
    if gaps:
        yield "", f"{len(file.demos)} demos without {', '.join(f'demo_{index}' for index in gaps[:3])}"


def totals(file: FileFacts, _: Earlier) -> Faults:
    """Numbers of steps are not what they claim to be."""
    for demo in file.readable:
        if demo.claims.get("num_samples") != demo.num_samples:
            yield demo.name, f"num_samples {demo.claims.get('num_samples')}, {demo.num_samples} steps"
    total = sum(demo.num_samples for demo in file.readable)
    if file.claims.get("total") != total and len(file.readable) == len(file.demos):
        yield "", f"total {file.claims.get('total')}, {total} steps"


def statistics(file: FileFacts, _: Earlier) -> Faults:
    """The statistics in the file are not those of its demos."""
    claimed, demos = file.claims.get("statistics"), file.alike
    is_whole = len(demos) == len(file.demos) and all(map(is_finite, demos))
    if claimed is not None and is_whole and not statistics_agree(str(claimed), statistics_of(demos)):
        yield "", "statistics that are not those of the states and actions"


def masks(file: FileFacts, _: Earlier) -> Faults:
    """A filter key names demos that are not there, or the one of the split does not name all of its demos."""
    names = {demo.name for demo in file.demos}
    for key, listed in file.masks.items():
        unknown = sorted(set(listed) - names)
        if unknown:
            yield f"mask/{key}", f"names without a demo: {', '.join(unknown[:3])}"
    for split in sorted({file.split_of(demo) for demo in file.demos}):
        missing = {demo.name for demo in file.demos if file.split_of(demo) == split} - set(file.masks.get(split, ()))
        if missing:
            yield f"mask/{split}", f"{len(missing)} demos of that split that it does not name"


def labels(file: FileFacts, _: Earlier) -> Faults:
    """A demo belongs to no task of the file, has an unknown outcome, or a success flag that contradicts it."""
    for demo in file.readable:
        outcome = demo.label("outcome")
        if demo.task_id not in file.tasks:
            yield demo.name, f"task {demo.task_id!r}, which the file does not list"
        if outcome not in get_args(Outcome):
            yield demo.name, f"outcome {outcome!r}"
        elif bool(demo.claims.get("success", outcome == "success")) != (outcome == "success"):
            yield demo.name, f"outcome {outcome!r}, success {demo.claims['success']}"


def duplicates(file: FileFacts, _: Earlier) -> Faults:
    """A demo has the content of an earlier one."""
    first: dict[str, str] = {}
    for demo in file.readable:
        original = first.setdefault(demo.content_sha256, demo.name)
        if original != demo.name:
            yield demo.name, f"the same content as {original}"


def frozen(file: FileFacts, _: Earlier) -> Faults:
    """Pictures repeat while the robot moves."""
    for demo in file.readable:
        runs = frozen_runs(demo)
        if runs:
            first, last = max(runs, key=lambda run: run[1] - run[0])
            count = sum(last - first for first, last in runs)
            yield demo.name, f"{count} pictures that repeat the one before, longest from step {first} to {last}"


def rate(file: FileFacts, _: Earlier) -> Faults:
    """A demo was recorded at another rate than the others."""
    gaps = _usual_gaps_s(file)
    if gaps:
        usual_s = float(np.median(list(gaps.values())))
        for name, gap_s in gaps.items():
            if not usual_s / RATE_FACTOR <= gap_s <= usual_s * RATE_FACTOR:
                yield name, f"{1 / gap_s:.4g} Hz, {1 / usual_s:.4g} Hz in the file"


def gaps(file: FileFacts, _: Earlier) -> Faults:
    """Time is missing inside a demo."""
    for name, usual_s in _usual_gaps_s(file).items():
        demo = next(demo for demo in file.readable if demo.name == name)
        for stream, times_s in demo.times_s.items():
            gap_s = np.diff(times_s)
            if len(gap_s) and gap_s.max() > max(GAP_FACTOR * usual_s, GAP_S):
                yield name, f"a gap of {gap_s.max():.2f} s in the {stream} after step {int(gap_s.argmax())}"


def _usual_gaps_s(file: FileFacts) -> dict[str, float]:
    """Median time between pictures of each demo whose times are in order."""
    usable = [d for d in file.readable if d.num_samples > 1 and all(map(is_in_order, d.times_s.values()))]
    return {demo.name: float(np.median(np.diff(demo.times_s["pictures"]))) for demo in usable}


def constant(file: FileFacts, _: Earlier) -> Faults:
    """A dimension of the states or actions never changes: it teaches nothing, and naive scaling divides by zero."""
    for stream, dimension, value in constant_dimensions(file.alike):
        yield "", f"{stream}[{dimension}] is always {value:g}"


def jerk(file: FileFacts, _: Earlier) -> Faults:
    """A demo was commanded far more jerkily than the others."""
    found = jerks(file.alike)
    values = np.array(list(found.values()))
    median = float(np.median(values)) if len(found) >= JERK_DEMOS else 0.0
    if median > 0:  # where most demos have no jerk at all, nothing tells how much is much
        deviation = 1.4826 * float(np.median(np.abs(values - median)))  # that of a normal distribution
        limit = max(JERK_FACTOR * median, median + JERK_DEVIATIONS * deviation)
        yield from ((name, f"jerk {value / median:.1f} times the median") for name, value in found.items()
                    if value > limit)  # fmt: skip


def missing_films(file: FileFacts, _: Earlier) -> Faults:
    """A film is not there, was changed, or its reference cannot be read."""
    for film in file.films:
        where = f"{film.task_id}/{film.name}"
        if film.fault:
            yield where, film.fault
        elif film.file_name not in file.film_files:
            yield where, f"no file {film.file_name!r} in the film folder"
        elif file.film_files[film.file_name] != film.sha256:
            yield where, f"another content in {film.file_name}"


def orphan_films(file: FileFacts, _: Earlier) -> Faults:
    """A file in the film folder belongs to no film of the demo file."""
    known = {film.file_name for film in file.films}
    yield from ((name, "a file that no film refers to") for name in file.film_files if name not in known)


def pairs(file: FileFacts, _: Earlier) -> Faults:
    """In a file with films, a task has films and no demos, or demos and no films."""
    filmed, shown = {film.task_id for film in file.films}, {demo.task_id for demo in file.demos}
    if filmed:
        yield from ((task_id, "a film and no demo") for task_id in sorted(filmed - shown))
        yield from ((task_id, "demos and no film") for task_id in sorted(shown - filmed))


def leakage(file: FileFacts, earlier: Earlier) -> Faults:
    """A task, a demo or a film of one split is also in another split, of this file or of one before it."""
    homes: dict[str, tuple[str, FileFacts]] = {}
    for holder in (*earlier, file):
        for split, identity in _identities(holder):
            home, first = homes.setdefault(identity, (split, holder))
            if home != split and holder is file:
                yield identity.split(":", 1)[1], f"in split {split}, and in split {home} of {first.path.name}"


def _identities(file: FileFacts) -> Iterator[tuple[str, str]]:
    """Split and identity of all that must not be met in two splits, each once."""
    found: dict[tuple[str, str], None] = {}
    for demo in file.readable:
        found[file.split_of(demo), f"task:{_SPLIT_WORD.sub('', demo.task_id)}"] = None
        found[file.split_of(demo), f"demo:content {demo.content_sha256[:12]}"] = None
    for film in file.films:
        found[_split_of_task(file, film.task_id), f"film:film {film.sha256[:12]}"] = None
    yield from found


def _split_of_task(file: FileFacts, task_id: str) -> str:
    of_task: list[DemoFacts] = [demo for demo in file.readable if demo.task_id == task_id]
    return file.split_of(of_task[0]) if of_task else file.provenance.split
