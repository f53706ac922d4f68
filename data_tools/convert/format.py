"""The contract of a format: how demonstrations are taken out of files of other projects, and put into them.

Every format speaks of one `Demo` at a time, so no data set has to fit into memory. What a format cannot hold is said
in sentences, never left out in silence. A format writes to a free name; whoever calls it commits by rename.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from data_tools.demo import Demo
from data_tools.errors import ConversionError, DataError
from data_tools.provenance import Provenance

ImageStorage = Literal["lossless", "plain", "video"]
"""lossless: compressed, bit by bit the same. plain: not compressed. video: H.264, close to the same."""
MAX_SENTENCES = 200
"""A data set of thousands of episodes could have something to say about each."""
_TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_BROKEN = (OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, ArithmeticError, RuntimeError)


@dataclass(frozen=True)
class ReadOptions:
    """What a reader cannot know by itself."""

    camera: str | None = None
    """Name of the camera to take when there are several."""
    rate_hz: float | None = None
    """Rate of recordings that hold no times."""


@dataclass(frozen=True)
class WriteOptions:
    """What a writer may choose."""

    images: ImageStorage
    """How pictures are stored."""
    rate_hz: float | None = None
    """Rate of formats that know constant rates only; the rate of the first demo when None."""
    keep_frames: bool = False
    """Write each frame once, even where a constant rate asks to repeat or to leave out."""


@dataclass
class Losses:
    """Sentences about what is not carried over, each once, in the order in which they were found."""

    sentences: list[str] = field(default_factory=list)
    """The sentences."""

    def add(self, sentence: str) -> None:
        """Say it, unless it has been said, or MAX_SENTENCES other things."""
        if sentence not in self.sentences and len(self.sentences) < MAX_SENTENCES:
            self.sentences.append(sentence)


@dataclass(frozen=True)
class Format:
    """One way to store demonstrations."""

    title: str
    """Name and version in words."""
    suffix: str
    """How names end: a file's suffix, or nothing for a folder."""
    images: tuple[ImageStorage, ...]
    """How it can store pictures; the first is the default."""
    matches: Callable[[Path], bool]
    """Whether a file or folder looks like this format; never raises."""
    read: Callable[[Path, ReadOptions, Losses], Iterator[Demo]]
    """Demos one by one; ConversionError or DataError on the first thing that is wrong."""
    read_provenance: Callable[[Path], Provenance | None]
    """The origin that this project left in such a file, or None."""
    write: Callable[[Path, Iterable[Demo], Provenance, WriteOptions, Losses], None]
    """Write all demos to a name that is free."""


def refuse(where: object, expected: str, found: str, next_step: str) -> NoReturn:
    """Raise the one kind of error that conversion gives."""
    raise ConversionError(f"{where}: expected {expected}; found {found}. Next: {next_step}.")


@contextmanager
def translated(where: object, what: str) -> Iterator[None]:
    """Turn what libraries raise on a damaged file into an error that says what to do; our own errors pass."""
    try:
        yield
    except DataError:
        raise
    except _BROKEN as error:
        found = f"{type(error).__name__}: {str(error)[:200]}"
        raise ConversionError(
            f"{where}: expected {what}; found damage, or a file cut short ({found}). "
            "Next: copy it again from where it was made."
        ) from error


def required(module: str) -> ModuleType:
    """A library of the extra `convert`. Raises: ConversionError: it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ConversionError(
            f"This format: expected the package {package}; found none. Next: pip install 'mil[convert]'."
        ) from error


def task_id_of(text: str, losses: Losses) -> str:
    """A task id made from any text: the text itself where it has the form of an id, else a short form with a hash."""
    if _TASK_ID.fullmatch(text):
        return text
    short = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:100] or "task"
    task_id = f"{short}-{sha256(text.encode()).hexdigest()[:8]}"
    losses.add(f"The task {text[:200]!r} is called {task_id}: ids are letters, digits, points and dashes.")
    return task_id


def chosen_camera(where: object, cameras: list[str], wanted: str | None, losses: Losses) -> str:
    """The camera to take: the wanted one, or the first; what else there is, is said."""
    if wanted is not None and wanted not in cameras:
        refuse(where, f"a camera {wanted!r}", f"{cameras[:8]}", "name one of them with --camera")
    name = wanted or cameras[0]
    others = [camera for camera in cameras if camera != name]
    if others:
        losses.add(f"Pictures are those of {name}; not carried over: {', '.join(others)} (--camera takes another).")
    return name


def single_precision(name: str, values: NDArray, losses: Losses) -> NDArray[np.float32]:
    """Numbers as float32; what is lost by rounding is said. Raises: ConversionError: no real numbers, or not finite."""
    if values.dtype.kind not in "fiub":
        refuse(name, "numbers", f"{values.dtype}", "leave this array out of the data set")
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    if not np.isfinite(rounded).all():
        first = np.argwhere(~np.isfinite(rounded))[0].tolist()
        refuse(name, "finite numbers", f"NaN or infinity at {first}", "record this episode again, or delete it")
    if values.dtype != np.float32 and (rounded != values).any():
        losses.add(f"{_last(name)} is rounded from {values.dtype} to float32.")
    return rounded


Shapes = tuple[tuple[int, ...], ...]
"""Shapes of picture, state and action of one step."""


def step_shapes(demo: Demo) -> Shapes:
    """Shapes of picture, state and action of one step of a demo."""
    return demo.video.frames.shape[1:], demo.states.shape[1:], demo.actions.shape[1:]


def check_alike(demo: Demo, shapes: Shapes, what: str) -> None:
    """For formats that state sizes once for all episodes. Raises: ConversionError: a demo has others than the first."""
    if step_shapes(demo) != shapes:
        refuse(f"{what}, task {demo.task_id}", f"picture, state and action of shapes {shapes}, as of the first demo",
               f"{step_shapes(demo)}", "convert demos of other sizes by themselves, or all to mcap")  # fmt: skip


def even_times(length: int, rate_hz: float) -> NDArray[np.float64]:
    """Times at a constant rate from zero, shape (length,)."""
    return np.arange(length) / rate_hz


def _last(name: str) -> str:
    return name.rsplit(", ", 1)[-1]
