"""LeRobot v2.1: one Parquet file and one film for each episode, lists of episodes and tasks as JSON lines.

Source: huggingface/lerobot src/lerobot/scripts/convert_dataset_v21_to_v30.py, which reads it.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from data_tools.convert.format import (
    Format,
    Losses,
    ReadOptions,
    WriteOptions,
    check_alike,
    refuse,
    required,
    step_shapes,
    translated,
)
from data_tools.convert.lerobot_films import FilmReader
from data_tools.convert.lerobot_info import CAMERA, INFO, inside, is_version, new_features, read_info
from data_tools.convert.lerobot_rate import ConstantRate
from data_tools.convert.lerobot_rows import (
    SideFile,
    columns_of,
    demo_of,
    episodes_in,
    side_provenance,
    stats_of,
    table_of,
    task_text,
)
from data_tools.convert.lerobot_stats import as_lists
from data_tools.demo import Demo
from data_tools.provenance import Provenance
from data_tools.video_encoder import ConstantRateEncoder

VERSION = "v2.1"
CHUNK = 1000
"""Episodes in a folder."""
DATA = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
FILM = "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"
LABELS_BESIDE = "Outcome, clock and robot of each episode stand in meta/mil.json; LeRobot knows next.success alone."
_MAX_LINES = 1_000_000


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    required("pyarrow")
    info = read_info(path, VERSION)
    camera = info.camera(options.camera, losses)
    is_film = info.features[camera]["dtype"] == "video"
    rows = json_lines(path, "meta/episodes.jsonl")
    with translated(path, "meta/episodes.jsonl with episode_index, tasks and length"):
        episodes = {int(row["episode_index"]): row for row in rows}
    check_indices(path, list(episodes), len(rows), info.total_episodes, losses)
    side, total = SideFile.read(path), 0
    with FilmReader(*info.size(camera)) as films:
        for index, row in sorted(episodes.items()):
            with translated(path, "whole numbers as chunks_size and as length of each episode"):
                chunk, length = index // int(info.fields.get("chunks_size") or CHUNK), int(row["length"])
            place = {"episode_chunk": chunk, "episode_index": index}
            table = _rows(info.file("data_path", **place), index, length)
            film = info.file("video_path", video_key=camera, **place) if is_film else None
            frames = films.take(film, 0.0, table.num_rows, info.fps) if film else None
            labels = {"task_id": task_text(path, row.get("tasks")), **side.labels(index, table)}
            yield demo_of(info, index, table, frames, camera, labels, losses)
            total += table.num_rows
    check_total(path, total, info.total_frames)


def _rows(path: Path, index: int, length: int) -> Any:
    """All rows of an episode's own file."""
    tables = list(episodes_in(path))
    found = [(number, table.num_rows) for number, table in tables]
    if found != [(index, length)]:
        refuse(path, f"episode {index} with {length} rows", f"{found[:3]}", "copy the data set again, or delete it")
    return tables[0][1]


def json_lines(path: Path, name: str) -> list[dict[str, Any]]:
    """Objects of a file of JSON lines."""
    file = inside(path, name)
    with translated(file, "JSON lines"), file.open() as lines:
        rows = [json.loads(line) for _, line in zip(range(_MAX_LINES), lines, strict=False) if line.strip()]
    if not all(isinstance(row, dict) for row in rows):
        refuse(file, "an object in every line", "something else", "copy the data set again")
    return rows


def check_indices(path: Path, indices: list[int], count: int, promised: int, losses: Losses) -> None:
    """Refuse episodes that come twice or are missing; say where numbers are left out."""
    if len(set(indices)) != count or count != promised:
        found = f"{count}, {len(set(indices))} of them different"
        refuse(path, f"{promised} episodes, as {INFO} says, each once", found, "copy the data set again")
    gaps = [index for place, index in enumerate(sorted(indices)) if index != place]
    if gaps:
        losses.add(
            f"episode_index leaves out numbers before {gaps[0]}. Here rows and films are matched by number; LeRobot "
            "itself goes by position, and would take the wrong rows from there on."
        )


def check_total(path: Path, total: int, promised: int) -> None:
    """Refuse a data set that holds another number of frames than it says."""
    if total != promised:
        refuse(path, f"{promised} frames, as {INFO} says", f"{total}", "copy the data set again")


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    writer: Writer | None = None
    for demo in demos:
        writer = writer or Writer(path, demo, options, losses)
        writer.append(demo)
    if writer is None:
        refuse(path, "at least one demo", "none", "record one")
    writer.finish(provenance)


class Writer:
    """Writes one episode after another."""

    def __init__(self, path: Path, first: Demo, options: WriteOptions, losses: Losses) -> None:
        self._pq = required("pyarrow.parquet")
        self._path, self._options, self._losses = path, options, losses
        self._rate = ConstantRate(first, options)
        check_writable(first, options)
        self._shapes = step_shapes(first)
        self._features = new_features(first, options.images, self._rate.fps)
        self._robot, self._tasks, self._side = first.robot, dict[str, int](), SideFile()
        self._episodes = self._frames = 0
        (path / "meta").mkdir(parents=True)

    def append(self, demo: Demo) -> None:
        """Add an episode. Raises: ConversionError: its sizes are not those of the first."""
        check_alike(demo, self._shapes, "LeRobot")
        chosen = self._rate.rows(demo)
        task = self._tasks.setdefault(demo.task_id, len(self._tasks))
        counters = {"episode_index": self._episodes, "index": self._frames, "task_index": task}
        columns, frames = columns_of(demo, chosen, self._rate.fps, counters), demo.video.frames[chosen]
        is_film = self._options.images == "video"
        data = self._file(DATA)
        table = table_of(columns, None if is_film else frames)
        self._pq.write_table(table if is_film else _with_features(table, self._features), data)
        if is_film:
            with ConstantRateEncoder(self._file(FILM), *frames.shape[1:3], self._rate.fps) as film:
                for frame in frames:
                    film.append(frame)
        stats = as_lists(stats_of(columns, frames, quantiles=False))
        self._line("episodes", {"episode_index": self._episodes, "tasks": [demo.task_id], "length": len(chosen)})
        self._line("episodes_stats", {"episode_index": self._episodes, "stats": stats})
        self._side.add(demo, len(chosen))
        self._episodes += 1
        self._frames += len(chosen)

    def finish(self, provenance: Provenance) -> None:
        """Write what is known only at the end."""
        for task, index in self._tasks.items():
            self._line("tasks", {"task_index": index, "task": task})
        is_film = self._options.images == "video"
        info = {
            "codebase_version": VERSION, "robot_type": self._robot, "total_episodes": self._episodes,
            "total_frames": self._frames, "total_tasks": len(self._tasks), "total_videos": self._episodes * is_film,
            "total_chunks": -(-self._episodes // CHUNK), "chunks_size": CHUNK, "fps": self._rate.fps,
            "splits": {"train": f"0:{self._episodes}"}, "data_path": DATA, "video_path": FILM if is_film else None,
            "features": self._features,
        }  # fmt: skip
        (self._path / INFO).write_text(json.dumps(info, indent=1) + "\n")
        self._side.write(self._path, provenance)
        self._rate.say(self._losses)
        self._losses.add(LABELS_BESIDE)

    def _file(self, template: str) -> Path:
        name = template.format(episode_chunk=self._episodes // CHUNK, episode_index=self._episodes, video_key=CAMERA)
        (self._path / name).parent.mkdir(parents=True, exist_ok=True)
        return self._path / name

    def _line(self, name: str, row: dict[str, Any]) -> None:
        with (self._path / "meta" / f"{name}.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")


def _with_features(table: Any, features: dict[str, dict[str, Any]]) -> Any:
    """The table with a note on what its columns hold: LeRobot v2.1 reads from nowhere else that some are pictures."""

    def told(dtype: str, size: int) -> dict[str, Any]:
        value = {"dtype": dtype, "_type": "Value"}
        return value if size == 1 else {"feature": value, "length": size, "_type": "Sequence"}

    parts = {name: told(features[name]["dtype"], features[name]["shape"][0]) for name in table.column_names}
    note = {"info": {"features": parts | {CAMERA: {"_type": "Image"}}}}
    return table.replace_schema_metadata({"huggingface": json.dumps(note)})


def check_writable(demo: Demo, options: WriteOptions) -> None:
    """Refuse what LeRobot cannot hold at all."""
    height, width = demo.video.frames.shape[1:3]
    if options.images == "video" and (height % 2 or width % 2):
        refuse("Pictures", "even sides, as H.264 asks", f"{width}x{height}", "add --images lossless")
    if not demo.states.shape[1] or not demo.actions.shape[1]:
        refuse("LeRobot", "states and actions of at least one number", f"{demo.states.shape[1]} and "
               f"{demo.actions.shape[1]}", "convert to mcap or robomimic")  # fmt: skip


FORMAT = Format(
    title="LeRobot v2.1, a Parquet file and a film for each episode",
    suffix="",
    images=("video", "lossless"),
    matches=lambda path: is_version(path, VERSION),
    read=_read,
    read_provenance=side_provenance,
    write=_write,
)
