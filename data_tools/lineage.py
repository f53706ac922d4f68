"""Where something came from, step by step: from a table of results back to the film or the recording.

Each step is a hash that the thing itself carries: results name their checkpoint, a checkpoint its demo files, an
adapted policy its checkpoint and its support, a demo file its films and the files it was made from, a film of the
library the film that was ingested. Files are looked for by name in a few folders and believed by hash alone. What is
not found is still named, with what is known of it.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from data_tools.atomic import file_sha256
from data_tools.errors import DataError
from data_tools.hdf5 import read_provenance
from data_tools.hdf5_survey import survey
from data_tools.provenance import Parent

SEARCHED = ("", "data", "checkpoints", "runs", "out", "out/library")
"""Folders, from the one that one stands in, where files are looked for, and one level below."""
MAX_FILMS = 3
"""Films of a demo file that are named; the others are counted."""
MAX_DEPTH = 30
"""Longest chain that is followed."""
MODEL, CONFIG, ADAPTED, ADAPT_REPORT = "model.safetensors", "config.json", "adapted.safetensors", "adapt.json"


@dataclass(frozen=True)
class Origin:
    """One thing and what it came from."""

    kind: str
    """results, adapted policy, checkpoint, demo file, film or file."""
    name: str
    """Its path where it was found, else its name."""
    sha256: str
    """Hash of its bytes; of a checkpoint, of its weights. Empty when nothing recorded it."""
    made_by: str = ""
    """What is known of its making."""
    is_found: bool = True
    """Whether it was found, with this hash."""
    parents: tuple["Origin", ...] = ()
    """What it came from."""


def lineage(path: Path, searched: Sequence[Path] | None = None) -> Origin:
    """The chain that ends in `path`.

    Args: path: demo file, film, checkpoint folder, folder of an adapted policy, or results file. searched: folders
        where files may lie; SEARCHED and the folder of `path` when None.
    Raises: DataError: there is nothing, or nothing of ours.
    """
    folders = list(map(Path, SEARCHED)) if searched is None else list(searched)
    return _Search([path.parent, *folders]).of(path)


class _Search:
    """Follows hashes to files below some folders."""

    def __init__(self, folders: Sequence[Path]) -> None:
        below = [child for folder in folders if folder.is_dir() for child in sorted(folder.iterdir()) if child.is_dir()]
        self._folders = list(dict.fromkeys([*folders, *below]))
        self._depth = 0

    def of(self, path: Path) -> Origin:
        """What a file or folder came from."""
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                return Origin("file", str(path), "", "a longer chain than is followed")
            return self._of(path)
        finally:
            self._depth -= 1

    def _of(self, path: Path) -> Origin:
        if (path / ADAPTED).is_file():
            return self._adapted(path)
        if (path / CONFIG).is_file():
            return self._checkpoint(path)
        if path.suffix == ".json" and path.is_file():
            return self._results(path)
        if not path.is_file():
            raise DataError(
                f"{path}: expected a demo file, a film, results, or the folder of a checkpoint or adapted policy, "
                f"found {'another folder' if path.is_dir() else 'nothing'}; check the name."
            )
        is_demo_file = path.suffix == ".hdf5" or ".hdf5.undo-" in path.name
        return self._demo_file(path) if is_demo_file else self._film(path)

    def _results(self, path: Path) -> Origin:
        content = _json(path)
        names = {"checkpoint_sha256": ("checkpoint", MODEL), "adapted_sha256": ("adapted policy", ADAPTED)}
        parents = [self._folder(*names[key], str(content[key])) for key in names if key in content]
        if not parents:
            raise DataError(f"{path}: expected results of `mil evaluate` or `mil rollout`, found no checkpoint_sha256.")
        made_by = f"experiment {content.get('experiment')}, seed {content.get('seed')}, {content.get('code_version')}"
        return Origin("results", str(path), file_sha256(path), made_by, parents=tuple(parents))

    def _adapted(self, path: Path) -> Origin:
        try:
            with safe_open(path / ADAPTED, framework="numpy") as file:
                known = file.metadata() or {}
        except (SafetensorError, OSError) as error:
            raise DataError(f"{path / ADAPTED}: expected a safetensors file, found {error}; adapt again.") from error
        support = _json(path / ADAPT_REPORT).get("support", "") if (path / ADAPT_REPORT).is_file() else ""
        parents = (
            self._folder("checkpoint", MODEL, known.get("base_sha256", "")),
            self._file("support", str(support), known.get("support_sha256", "")),
        )
        return Origin("adapted policy", str(path), file_sha256(path / ADAPTED), "mil adapt", parents=parents)

    def _checkpoint(self, path: Path) -> Origin:
        config = _json(path / CONFIG)
        experiment = config.get("experiment", {})
        name = experiment.get("name", "unknown") if isinstance(experiment, dict) else "unknown"
        data = config.get("data_sha256") or {}
        parents = tuple(self._file("demo file", str(file), str(data[file])) for file in data)
        made_by = f"mil train --experiment {name}, {config.get('iteration')} outer steps"
        made_by += "" if parents else "; it does not say on which data"
        sha256 = file_sha256(path / MODEL) if (path / MODEL).is_file() else ""
        return Origin("checkpoint", str(path), sha256, made_by, bool(sha256), parents)

    def _demo_file(self, path: Path) -> Origin:
        provenance = read_provenance(path)  # checks the seal, too
        with closing(survey(path, {})) as found:
            outline = next(found)
        made_by = provenance.operation or provenance.created_by or "made by somebody who did not say how"
        num_demos = len(outline["demos"])
        made_by += f"; {num_demos} demos, task {provenance.task}, split {provenance.split}, seed {provenance.seed}"
        films = [film for film in outline["films"] if "file_name" in film]
        parents = [self._parent(parent) for parent in provenance.parents]
        parents += [Origin("film", film["file_name"], film["sha256"]) for film in films[:MAX_FILMS]]
        if len(films) > MAX_FILMS:
            parents.append(Origin("film", f"and {len(films) - MAX_FILMS} more", ""))
        return Origin("demo file", str(path), file_sha256(path), made_by, parents=tuple(parents))

    def _film(self, path: Path) -> Origin:
        beside = path.with_suffix(".json")
        known = _json(beside) if beside.is_file() else {}
        sha256 = file_sha256(path)
        if "original_sha256" not in known:
            return Origin("film", str(path), sha256)
        original = self._file("film", str(known.get("original", "")), str(known["original_sha256"]))
        return Origin("film", str(path), sha256, "mil ingest", parents=(original,))

    def _parent(self, parent: Parent) -> Origin:
        found = self._file("file", parent.name, parent.sha256)
        if found.is_found:
            return found
        return replace(found, made_by=parent.operation, parents=tuple(map(self._parent, parent.parents)))

    def _folder(self, kind: str, member: str, sha256: str) -> Origin:
        """A folder whose `member` has a hash."""
        for folder in self._folders:
            if (folder / member).is_file() and file_sha256(folder / member) == sha256:
                return self.of(folder)
        return Origin(kind, "", sha256, is_found=False)

    def _file(self, kind: str, name: str, sha256: str) -> Origin:
        """A file of a name, or an undo copy of it, that has a hash."""
        for path in self._named(name):
            if file_sha256(path) == sha256:
                return self.of(path)
        return Origin(kind, name, sha256, is_found=False)

    def _named(self, name: str) -> Iterator[Path]:
        if name and Path(name).name == name:
            for folder in self._folders:
                yield from (path for path in (folder / name, *folder.glob(f"{escape(name)}.undo-*")) if path.is_file())


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: expected JSON, found {error}; restore the file.") from error
    return content if isinstance(content, dict) else {}
