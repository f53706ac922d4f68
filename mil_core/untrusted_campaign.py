"""Breaks files of every format in thousands of ways, opens each, and looks at what happens.

    python -m mil_core.untrusted_campaign --mutated 10000 --hostile 2000 --out results/untrusted_files.json

Every file is opened by the public reader of its format inside a limited child: 1 GiB, no way to anything outside of the
folder. It must be read, or be refused in one clear line. A file that ends its reader is opened once more in a child of
its own, which must say so in one line within ten seconds. Needs the extras `convert` and `dev` (ffmpeg's program).
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from data_tools import hdf5_hostile
from data_tools.atomic import committed_file, file_sha256
from data_tools.errors import DataError, LimitReached
from data_tools.limited import LimitedReader, Limits
from data_tools.provenance import code_version
from data_tools.seal import write_seal
from data_tools.untrusted import hostile_films, hostile_sets, seeds
from data_tools.untrusted.mutations import mutated
from mil_core import untrusted_checkpoints

MAX_SECONDS, MAX_BYTES = 10.0, 1 << 30
"""What opening one file may cost."""
_GRACE_S = 1.0  # for ending a child that has reached its limit
_ROUND, _AT_ONCE = 1200, 2  # files after which the results so far are written; formats attacked at the same time
_STUCK_S = 3.0  # of the processor, in a batch; what takes more is judged in a child of its own, by MAX_SECONDS
_READERS = "data_tools.untrusted.readers"
Make = Callable[[Path, np.random.Generator], None]
Spoil = Callable[[Path, Path, np.random.Generator], str]


@dataclass(frozen=True)
class Target:
    """One format under attack."""

    share: float
    """Part of all files, before they are made to sum to one."""
    make: Make
    """Writes a good one into a folder."""
    main: str
    """What is opened: a name inside that folder, or the folder itself."""
    reader: str
    """Job that reads many of them, as module:function."""
    hostile: Spoil
    """Makes a good one hostile: the main file, a folder to point to, chance."""
    is_sealed_again: bool = False
    """Write a true seal after the damage, as somebody would who means it."""


@dataclass
class Tally:
    """What happened to the files of one format."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {"mutated": Counter(), "hostile": Counter()})
    """mutated or hostile -> verdict -> files."""
    slowest_s: float = 0.0
    """Longest time that one file took."""
    peak_bytes: int = 0
    """Most memory of a child."""
    faults: list[str] = field(default_factory=list)
    """What must not happen, in words."""
    examples: dict[str, str] = field(default_factory=dict)
    """Verdict and kind -> a line that was said."""


def _foreign(name: str, main: str, share: float) -> Target:
    is_hdf5 = main.endswith(".hdf5")

    def spoil(path: Path, outside: Path, rng: np.random.Generator) -> str:
        if path.is_dir() and (inner := sorted(path.rglob("*.hdf5"))) and rng.random() < 0.7:
            return hdf5_hostile.make_hostile(inner[int(rng.integers(0, len(inner)))], outside, rng)
        return (hdf5_hostile if is_hdf5 else hostile_sets).make_hostile(path, outside, rng)

    def make(folder: Path, rng: np.random.Generator) -> None:
        seeds.make_data_set(name, folder, rng)

    return Target(share, make, main, f"{_READERS}:data_sets", spoil)


def _hostile_demos(path: Path, outside: Path, rng: np.random.Generator) -> str:
    kind = hdf5_hostile.make_hostile(path, outside, rng)
    write_seal(path)
    return kind


def _film(name: str, share: float) -> Target:
    def make(folder: Path, rng: np.random.Generator) -> None:
        seeds.make_film(name, folder, rng)

    return Target(share, make, name, f"{_READERS}:films", hostile_films.make_hostile)


TARGETS: dict[str, Target] = {
    "demos": Target(1, seeds.make_demos, "demos.hdf5", f"{_READERS}:demos", _hostile_demos),
    "demos_sealed": Target(3, seeds.make_demos, "demos.hdf5", f"{_READERS}:demos", _hostile_demos, True),
    **{name: _film(file_name, 1) for name, file_name in seeds.FILMS.items()},
    "robomimic": _foreign("robomimic", "set.hdf5", 1.5),
    "act": _foreign("act", "set", 0.7),
    "minari": _foreign("minari", "set", 0.8),
    "lerobot_v21": _foreign("lerobot_v21", "set", 0.8),
    "lerobot_v3": _foreign("lerobot_v3", "set", 1),
    "mcap": _foreign("mcap", "set", 1),
    "checkpoint": Target(
        1.5,
        lambda folder, rng: untrusted_checkpoints.make_good(folder / "checkpoint"),
        "checkpoint",
        "mil_core.untrusted_checkpoints:checkpoints",
        untrusted_checkpoints.make_hostile,
    ),
}
"""Format -> how it is attacked."""


def run(
    num_mutated: int, num_hostile: int, seed: int, formats: Sequence[str] = tuple(TARGETS), out: Path | None = None
) -> dict[str, Any]:
    """The campaign over some formats, in rounds of all of them, so that one that is stopped has tried each.

    Args: num_mutated, num_hostile: files of all formats together. out: is written after each round.
    Returns: what goes into the results file.
    """
    total = sum(TARGETS[name].share for name in formats)
    asked = {"mutated": num_mutated, "hostile": num_hostile}
    wanted = {
        name: {kind: 1 + int(count * TARGETS[name].share / total) for kind, count in asked.items()} for name in formats
    }
    tallies = {name: Tally() for name in formats}
    rngs = {name: np.random.default_rng([seed, index]) for index, name in enumerate(formats)}
    num_rounds = -(-sum(asked.values()) // _ROUND)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mil-untrusted-") as place, ThreadPoolExecutor(_AT_ONCE) as pool:
        root = Path(place)
        before = _fingerprint(_make_outside(root))
        for name in formats:
            (root / name).mkdir()
            TARGETS[name].make(root / name, rngs[name])
        for number in range(num_rounds):
            parts = {name: _part(counts, number, num_rounds) for name, counts in wanted.items()}
            list(pool.map(lambda n, p=parts: _attack(n, tallies[n], p[n], root, rngs[n]), formats))
            results = _summary(tallies, seed, asked, _fingerprint(root / "outside") == before)
            _write(results, out)
            counted = ", ".join(f"{results[kind]} {kind}" for kind in asked)
            print(f"{time.monotonic() - started_s:.0f} s: {counted}, faults {results['faults']}", flush=True)
    return results


def _part(counts: dict[str, int], number: int, num_rounds: int) -> list[str]:
    """Kinds of the files of one format in one round."""
    ends = {kind: [count * turn // num_rounds for turn in (number, number + 1)] for kind, count in counts.items()}
    return [kind for kind, (first, last) in ends.items() for _ in range(first, last)]


def _attack(name: str, tally: Tally, kinds: Sequence[str], root: Path, rng: np.random.Generator) -> None:
    target, folder = TARGETS[name], root / f"{name}-batch"
    made = [_make(target, kind, root / name, folder / str(n), root / "outside", rng) for n, kind in enumerate(kinds)]
    results = _opened(target.reader, folder, [f"{n}/{target.main}" for n in range(len(kinds))], tally)
    for kind, what, result in zip(kinds, made, results, strict=True):
        _count(tally, kind, what, result)
    shutil.rmtree(folder, ignore_errors=True)


def _make(target: Target, kind: str, good: Path, folder: Path, outside: Path, rng: np.random.Generator) -> str:
    """One bad copy. Returns: what was done to it."""
    shutil.copytree(good, folder)
    main = folder / target.main
    if kind == "hostile":
        return target.hostile(main, outside, rng)
    files = sorted(path for path in ([main] if main.is_file() else main.rglob("*")) if path.is_file())
    path, donor = (files[int(index)] for index in rng.integers(0, len(files), 2))
    what, content = mutated(path.read_bytes() or b"\0", donor.read_bytes(), rng)
    path.write_bytes(content)
    if target.is_sealed_again and len(content) > 2048:
        write_seal(path)
    return what


def _opened(reader: str, folder: Path, names: Sequence[str], tally: Tally) -> Iterator[dict[str, Any]]:
    """A result for each file, in order: all in one child, and one that ends it once more in a child of its own."""
    left = list(names)
    while left:
        done = 0
        for result in _read(reader, folder, left, 3 * _STUCK_S * len(left), tally):
            done += 1
            yield result
        left = left[done:]
        if left:  # the first of them has ended the child
            yield from _read(reader, folder, left[:1], MAX_SECONDS, tally, is_told=True)
            left = left[1:]


def _read(
    reader: str, folder: Path, names: Sequence[str], time_s: float, tally: Tally, *, is_told: bool = False
) -> Iterator[dict[str, Any]]:
    code = [Path(__file__).parent]
    request = {"names": list(names), "stuck_s": 0.0 if is_told else _STUCK_S}
    child = LimitedReader(reader, folder, request, Limits(MAX_BYTES, time_s), code)
    try:
        with child:
            yield from child
    except LimitReached as error:
        if is_told:
            is_fault = "a fault of its reader" in str(error)
            yield {"verdict": "fault" if is_fault else "contained", "text": str(error), "seconds": child.waited_s}
    except DataError as error:
        if is_told:
            yield {"verdict": "fault", "text": str(error), "seconds": child.waited_s}
    finally:
        tally.peak_bytes = max(tally.peak_bytes, child.peak_bytes)


def _count(tally: Tally, kind: str, what: str, result: dict[str, Any]) -> None:
    verdict = result["verdict"]
    tally.counts[kind][verdict] += 1
    tally.slowest_s = max(tally.slowest_s, result["seconds"])
    if verdict == "fault" or result["seconds"] > MAX_SECONDS + _GRACE_S:
        tally.faults.append(f"{what}: {result['text']} after {result['seconds']:.1f} s")
    elif verdict != "read":
        tally.examples.setdefault(f"{verdict}, {what}", result["text"][:300])


def _make_outside(root: Path) -> Path:
    """A folder beside the data sets, with things that hostile files point to."""
    outside = root / "outside"
    outside.mkdir()
    hdf5_hostile.make_treasure(outside)
    seeds.make_film("film.mp4", outside, np.random.default_rng(0))
    return outside


def _fingerprint(folder: Path) -> list[tuple[str, str, int]]:
    return [(path.name, file_sha256(path), path.stat().st_mtime_ns) for path in sorted(folder.iterdir())]


def _summary(tallies: dict[str, Tally], seed: int, asked: dict[str, int], is_untouched: bool) -> dict[str, Any]:
    peak_bytes = max(tally.peak_bytes for tally in tallies.values())
    faults = [f"{name}, {fault}" for name, tally in tallies.items() for fault in tally.faults]
    sums = {kind: sum(tally.counts[kind].total() for tally in tallies.values()) for kind in asked}
    options = " ".join(f"--{kind} {count}" for kind, count in asked.items())
    options += "" if tallies.keys() == TARGETS.keys() else f" --formats {' '.join(tallies)}"
    return {
        "command": f"python -m mil_core.untrusted_campaign {options} --seed {seed}",
        "seed": seed, "asked": asked, **sums,
        "is_kept": not faults and is_untouched and peak_bytes <= MAX_BYTES,
        "faults": faults,
        "outside_untouched": is_untouched,
        "slowest_s": max(tally.slowest_s for tally in tallies.values()),
        "peak_bytes": peak_bytes,
        "limits": {"seconds": MAX_SECONDS, "bytes": MAX_BYTES},
        "load_average": os.getloadavg(),
        "formats": {
            name: {
                **{kind: dict(sorted(counts.items())) for kind, counts in tally.counts.items()},
                "slowest_s": tally.slowest_s,
                "peak_bytes": tally.peak_bytes,
                "examples": dict(sorted(tally.examples.items())),
            }
            for name, tally in tallies.items()
        },
        "code_version": code_version(),
    }  # fmt: skip


def _write(results: dict[str, Any], out: Path | None) -> None:
    if out is not None:
        with committed_file(out) as partial:
            partial.write_text(json.dumps(results, indent=1) + "\n")


def main() -> int:
    """Run the campaign that the command line asks for. Returns: 0 when every promise was kept, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutated", type=int, default=10_000, help="files with seeded damage")
    parser.add_argument("--hostile", type=int, default=2_000, help="files that mean harm")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--formats", nargs="+", choices=list(TARGETS), default=list(TARGETS))
    parser.add_argument("--out", type=Path, default=Path("results/untrusted_files.json"))
    options = parser.parse_args()
    results = run(options.mutated, options.hostile, options.seed, options.formats, options.out)
    print(
        f"{len(results['faults'])} faults, peak {results['peak_bytes'] >> 20} MB, slowest {results['slowest_s']:.1f} s"
    )
    return 0 if results["is_kept"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
