"""A folder of recorded episodes: takes go in, sealed episodes stand there, whatever a crash left behind is recovered.

    episode-000000.hdf5    a sealed demo file of one demo; readable while later episodes are being recorded
    .take-000001/          the take at hand (see journal)
    .lock                  held by whoever records here, and by its writer

A take becomes an episode by rename, then the take is deleted: at every moment one of the two is whole. Knows nothing of
devices, robots and tasks beyond their names.
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_tools.atomic import file_sha256, flush_to_disk, partial_name
from data_tools.demo import Outcome
from data_tools.doctor_survey import facts_of
from data_tools.edit import merge
from data_tools.edit_files import write_in_place
from data_tools.errors import DataError
from data_tools.hdf5 import read_provenance
from data_tools.hdf5_recording import join_episodes, write_episode
from data_tools.journal import JournalError, StreamSpec, read_take
from data_tools.provenance import Parent, Provenance
from data_tools.recorder import ORDINARY, RecorderLimits, Take
from data_tools.recorder_watch import FAULTS, EndReason

EPISODE = re.compile(r"episode-(\d{6,})\.hdf5")
TAKE = re.compile(r"\.take-(\d{6,})")
DISCARDED = ".discarded"
LOCK = ".lock"
LOCK_PATIENCE_S = 10.0
"""Time that the writer of a killed recorder has to bring its last segment to the disk."""
_POLL_S = 0.05


class RecordError(DataError):
    """Recording cannot begin, or an episode cannot be sealed."""


@dataclass(frozen=True)
class Episode:
    """A take that has become an episode, or that held nothing."""

    number: int
    """Number of the take."""
    path: Path | None
    """Its demo file, or None when the take had no whole step."""
    num_steps: int
    """Steps."""
    end: dict[str, Any]
    """How the take ended: outcome, label_by, reason, message, recovered, overflowed, repeated."""

    @property
    def is_faulty(self) -> bool:
        """Whether a fault ended the take."""
        return EndReason(self.end["reason"]) in FAULTS


class Takes:
    """The folder, locked; use it in a `with` block. Entering recovers what a crash left behind.

    Args: folder: made when it is missing. provenance: of all episodes that will be recorded. recover_by: what to do to
        enter again, for messages.
    Raises: RecordError: somebody else records here, or the disk is too full to seal what a crash left behind.
    """

    def __init__(self, folder: Path, provenance: Provenance, recover_by: str = "record with --resume") -> None:
        self.folder, self.provenance, self._recover_by = folder, provenance, recover_by
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder)
        self.recovered: tuple[Episode, ...] = ()
        """Takes of earlier sessions that nobody had sealed."""
        try:
            self.recovered = self._recover()
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> "Takes":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def episodes(self) -> list[Path]:
        """All sealed episodes, in the order of their numbers."""
        return [self.folder / name for _, name in _numbered(self.folder, EPISODE)]

    def next_number(self) -> int:
        """One more than the highest number of an episode, or of a take that could not be sealed."""
        numbered = [*_numbered(self.folder, EPISODE), *_numbered(self.folder, TAKE)]
        return max((number for number, _ in numbered), default=-1) + 1

    def begin(self, info: dict[str, str], streams: Sequence[StreamSpec], limits: RecorderLimits = ORDINARY) -> Take:
        """Begin a take.

        Args: info: `task_id`, `robot`, `clock`, `device`. streams: with image, state and action among them.
        Raises: RecordError: too little space is left.
        """
        free = shutil.disk_usage(self.folder).free
        if free < limits.min_free_bytes:
            raise RecordError(
                f"Folder {self.folder}: expected {limits.min_free_bytes >> 20} MiB of free space, found {free >> 20}; "
                "delete something, or record to another disk."
            )
        info = {**info, "recorded_at": datetime.now(UTC).isoformat(timespec="seconds")}
        return Take(self.folder / f".take-{self.next_number():06d}", info, streams, limits, (self._lock,))

    def keep(
        self, take: Take, outcome: Outcome, label_by: str, reason: EndReason = EndReason.OPERATOR, message: str = ""
    ) -> Episode:
        """End a take and seal it. A fault overrules `reason`, and a label of the task: it judged what is not all there.

        Args: outcome: the label. label_by: who gave it: "operator", "task" or "nobody".
        Raises: RecordError: the disk is too full to seal; the take is kept and sealed at the next start.
        """
        end = {"outcome": outcome, "label_by": label_by, "reason": reason.value, "message": message}
        end = take.finish({**end, "recovered": False})
        if EndReason(end["reason"]) in FAULTS and label_by == "task":
            end |= {"outcome": "unknown", "label_by": "nobody"}
        return self._seal(take.folder, end)

    def discard(self, take: Take) -> None:
        """Stop a take and delete it."""
        take.abandon()
        _delete(take.folder)

    def clear(self) -> None:
        """Delete everything in the folder but its lock, which stays held."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()

    def join(self, path: Path, *, anew: bool = False) -> int:
        """Bring all sealed episodes into a demo file. Returns: the number of demos in it.

        Without a file, or with one that nothing but this has written, the file is built anew. A file that was edited
        keeps its demos as they are; episodes that it was not made from are added, and the old file becomes its undo
        copy. So nothing that somebody deleted comes back.

        Args: anew: build the file anew whatever it is.
        Raises: DemoFileError: the file is damaged, or episodes do not fit to it.
        """
        parents = tuple(Parent(episode.name, file_sha256(episode)) for episode in self.episodes())
        if anew or not path.exists() or self._is_ours(read_provenance(path)):
            return join_episodes(path, self.episodes(), self._origin(parents), overwrite=True)
        file = facts_of(path)
        known, contents = set(_hashes(file.provenance.parents)), {demo.content_sha256 for demo in file.demos}
        files = [facts_of(self.folder / parent.name) for parent in parents if parent.sha256 not in known]
        added = [episode for episode in files if episode.demos[0].content_sha256 not in contents]
        if added:
            write_in_place(merge([file, *added]), path)
        return len(file.demos) + len(added)

    def _origin(self, parents: tuple[Parent, ...]) -> Provenance:
        """Of the joined file; each demo keeps its own seed, and the whole has one only where all are the same."""
        seeds = {read_provenance(episode).seed for episode in self.episodes()}
        return replace(self.provenance, parents=parents, seed=seeds.pop() if len(seeds) == 1 else -1)

    def _is_ours(self, provenance: Provenance) -> bool:
        return not provenance.operation and provenance.created_by == self.provenance.created_by

    def _recover(self) -> tuple[Episode, ...]:
        for left in self.folder.glob(f"{DISCARDED}*"):
            shutil.rmtree(left)
        for left in self.folder.glob(".episode-*.partial-*"):
            left.unlink()
        sealed = {number for number, _ in _numbered(self.folder, EPISODE)}
        found = []
        for number, name in _numbered(self.folder, TAKE):
            if number in sealed:  # killed between the rename and the deletion
                _delete(self.folder / name)
            else:
                found.append(self._seal(self.folder / name, None))
        return tuple(found)

    def _seal(self, folder: Path, end: dict[str, Any] | None) -> Episode:
        """Make an episode of a take. Args: end: as `finish` gave it; from the journal when None."""
        found = TAKE.fullmatch(folder.name)
        assert found is not None
        number = int(found[1])
        path = self.folder / f"episode-{number:06d}.hdf5"
        try:
            take = read_take(folder)
        except JournalError as error:
            _delete(folder)
            return Episode(number, None, 0, {**_UNENDED, "message": str(error)})
        end = end or take.end or _UNENDED
        try:
            num_steps = write_episode(path, take, end, self.provenance)
        except (OSError, RuntimeError) as error:  # h5py tells of a full disk by either
            partial_name(path).unlink(missing_ok=True)
            raise RecordError(
                f"Take {folder}: expected room to seal it, found none ({error}); nothing of it is lost: free some "
                f"space, then {self._recover_by}."
            ) from error
        _delete(folder)
        return Episode(number, path if num_steps else None, num_steps, end)


_UNENDED: dict[str, Any] = {
    "outcome": "unknown",
    "label_by": "nobody",
    "reason": EndReason.OWNER_GONE.value,
    "message": "recovered up to the last whole sample",
    "recovered": True,
    "overflowed": {},
    "repeated": {},
}
"""How a take ended that nobody ended."""


def _hashes(parents: Sequence[Parent]) -> Iterator[str]:
    """Hashes of everything that a file was made from, and so on."""
    for parent in parents:
        yield parent.sha256
        yield from _hashes(parent.parents)


def _numbered(folder: Path, pattern: re.Pattern[str]) -> list[tuple[int, str]]:
    names = (pattern.fullmatch(path.name) for path in folder.iterdir())
    return sorted((int(found[1]), found[0]) for found in names if found)


def _delete(folder: Path) -> None:
    """Delete a take so that half of it is never taken for one."""
    doomed = folder.with_name(f"{DISCARDED}{folder.name}")
    os.replace(folder, doomed)
    flush_to_disk(folder.parent)
    shutil.rmtree(doomed)


def _locked(folder: Path) -> int:
    """A descriptor that holds the folder's lock until it, and every copy in a writer, is closed."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    deadline_s = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError as error:
            if time.monotonic() > deadline_s:
                os.close(lock)
                raise RecordError(
                    f"Folder {folder}: expected nobody else to record there, found somebody; end that recording first."
                ) from error
            time.sleep(_POLL_S)
