"""LeRobot v3.0: many episodes in one Parquet file and in one film, found by a table of episodes.

Source: huggingface/lerobot src/lerobot/datasets/{dataset_metadata,dataset_writer,io_utils}.py.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import Format, Losses, ReadOptions, WriteOptions, refuse, required, translated
from data_tools.convert.lerobot_films import FilmReader
from data_tools.convert.lerobot_info import Info, inside, is_version, read_info
from data_tools.convert.lerobot_rows import SideFile, demo_of, episodes_in, side_provenance, task_text
from data_tools.convert.lerobot_v3_writer import VERSION, Writer
from data_tools.convert.lerobot_v21 import check_indices, check_total
from data_tools.demo import Demo
from data_tools.provenance import Provenance


def _read(path: Path, options: ReadOptions, losses: Losses) -> Iterator[Demo]:
    required("pyarrow")
    info = read_info(path, VERSION)
    camera = info.camera(options.camera, losses)
    is_film = info.features[camera]["dtype"] == "video"
    episodes = _episode_rows(info, camera, is_film, losses)
    side, total = SideFile.read(path), 0
    remaining = dict(episodes)
    with FilmReader(*info.size(camera)) as films:
        for chunk, file in sorted({(row["data/chunk_index"], row["data/file_index"]) for row in episodes.values()}):
            for index, table in episodes_in(info.file("data_path", chunk_index=chunk, file_index=file)):
                row = remaining.pop(index, None)
                if row is None or row["length"] != table.num_rows:
                    expected = "an episode that is listed once" if row is None else f"{row['length']} rows"
                    refuse(f"{path}, episode {index}", expected, f"{table.num_rows} rows", "copy the data set again")
                frames = _film_frames(info, films, camera, row, table.num_rows) if is_film else None
                labels = {"task_id": task_text(path, row["tasks"]), **side.labels(index, table)}
                yield demo_of(info, index, table, frames, camera, labels, losses)
                total += table.num_rows
    if remaining:
        refuse(path, "rows for every episode", f"none for episodes {sorted(remaining)[:5]}", "copy the data set again")
    check_total(path, total, info.total_frames)


def _film_frames(info: Info, films: FilmReader, camera: str, row: dict[str, Any], count: int) -> NDArray[np.uint8]:
    prefix = f"videos/{camera}"
    place = {"chunk_index": row[f"{prefix}/chunk_index"], "file_index": row[f"{prefix}/file_index"]}
    film = info.file("video_path", video_key=camera, **place)
    return films.take(film, float(row[f"{prefix}/from_timestamp"]), count, info.fps)


def _episode_rows(info: Info, camera: str, is_film: bool, losses: Losses) -> dict[int, dict[str, Any]]:
    """The table of episodes, by episode_index, without statistics."""
    pq = required("pyarrow.parquet")
    names = ["episode_index", "tasks", "length", "data/chunk_index", "data/file_index"]
    if is_film:
        names += [f"videos/{camera}/{name}" for name in ("chunk_index", "file_index", "from_timestamp")]
    files = sorted((info.path / "meta" / "episodes").glob("*/*.parquet"))
    if not files:
        refuse(info.path, "meta/episodes/*/*.parquet", "none: recording was killed before it was finalised", "copy it")
    rows: list[dict[str, Any]] = []
    for file in files:
        with translated(file, "a Parquet file of episodes"):
            table = pq.read_table(inside(info.path, str(file.relative_to(info.path))), columns=names)
            if set(table.column_names) != set(names):
                refuse(file, f"columns {names}", f"{table.column_names}", "copy the data set again")
            rows += table.to_pylist()
    for row in rows:
        numbers = [row[name] for name in names if name != "tasks"]
        if not all(isinstance(number, (int, float)) and 0 <= number < 1e12 for number in numbers):
            refuse(f"{info.path}, episode {row['episode_index']}", "numbers from 0", f"{numbers}", "copy it again")
    check_indices(info.path, [row["episode_index"] for row in rows], len(rows), info.total_episodes, losses)
    return {row["episode_index"]: row for row in rows}


def _write(path: Path, demos: Iterable[Demo], provenance: Provenance, options: WriteOptions, losses: Losses) -> None:
    writer: Writer | None = None
    try:
        for demo in demos:
            writer = writer or Writer(path, demo, options, losses)
            writer.append(demo)
        if writer is None:
            refuse(path, "at least one demo", "none", "record one")
        writer.finish(provenance)
    finally:
        if writer is not None:
            writer.close()


FORMAT = Format(
    title="LeRobot v3.0, many episodes in a Parquet file and a film",
    suffix="",
    images=("video", "lossless"),
    matches=lambda path: is_version(path, VERSION),
    read=_read,
    read_provenance=side_provenance,
    write=_write,
)
