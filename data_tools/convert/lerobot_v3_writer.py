"""Writing LeRobot v3.0: files that grow episode by episode, and the tables that find an episode in them.

Source: huggingface/lerobot src/lerobot/datasets/{dataset_metadata,dataset_writer,io_utils}.py.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.format import Losses, WriteOptions, check_alike, required, step_shapes
from data_tools.convert.lerobot_info import CAMERA, INFO, new_features
from data_tools.convert.lerobot_rate import ConstantRate
from data_tools.convert.lerobot_rows import SideFile, columns_of, stats_of, table_of
from data_tools.convert.lerobot_stats import Stats, as_lists, together
from data_tools.convert.lerobot_v21 import LABELS_BESIDE, check_writable
from data_tools.demo import Demo
from data_tools.provenance import Provenance
from data_tools.video_encoder import ConstantRateEncoder

VERSION = "v3.0"
CHUNK = 1000
"""Files in a folder."""
DATA_MB, FILM_MB = 100, 200
"""Sizes at which a new file is begun."""
DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
FILM = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
TASKS, STATS = "meta/tasks.parquet", "meta/stats.json"
ROWS_AT_ONCE = 100
"""Rows of the table of episodes that are kept in memory."""


class Writer:
    """Writes one episode after another into files that grow to DATA_MB and FILM_MB."""

    def __init__(self, path: Path, first: Demo, options: WriteOptions, losses: Losses) -> None:
        self._path, self._options, self._losses = path, options, losses
        check_writable(first, options)
        self._shapes = step_shapes(first)
        self._rate = ConstantRate(first, options)
        self._features = new_features(first, options.images, self._rate.fps)
        self._robot, self._tasks, self._side = first.robot, dict[str, int](), SideFile()
        self._rows: list[dict[str, Any]] = []  # of the table of episodes, not yet written
        self._stats: dict[str, Stats] = {}
        self._episodes = self._frames = 0
        self._data: Any = None
        self._table: Any = None
        self._film: ConstantRateEncoder | None = None
        self._num_data = self._num_films = 0

    def append(self, demo: Demo) -> None:
        """Add an episode. Raises: ConversionError: its sizes are not those of the first."""
        check_alike(demo, self._shapes, "LeRobot")
        chosen = self._rate.rows(demo)
        task = self._tasks.setdefault(demo.task_id, len(self._tasks))
        counters = {"episode_index": self._episodes, "index": self._frames, "task_index": task}
        columns, frames = columns_of(demo, chosen, self._rate.fps, counters), demo.video.frames[chosen]
        row: dict[str, Any] = {"episode_index": self._episodes, "tasks": [demo.task_id], "length": len(chosen)}
        row |= self._append_rows(table_of(columns, None if self._options.images == "video" else frames))
        row |= {"dataset_from_index": self._frames, "dataset_to_index": self._frames + len(chosen)}
        if self._options.images == "video":
            row |= self._append_film(frames)
        stats = stats_of(columns, frames, quantiles=True)
        for feature, part in as_lists(stats).items():
            row |= {f"stats/{feature}/{name}": value for name, value in part.items()}
        self._rows.append(row | {"meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0})
        self._stats = {name: together([*self._known(name), part]) for name, part in stats.items()}
        self._side.add(demo, len(chosen))
        self._episodes += 1
        self._frames += len(chosen)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._write_episodes()

    def _known(self, feature: str) -> list[Stats]:
        return [self._stats[feature]] if feature in self._stats else []

    def _write_episodes(self) -> None:
        """Move rows of the table of episodes from memory to the disk."""
        table = required("pyarrow").Table.from_pylist(self._rows)
        if self._table is None:
            (self._path / EPISODES).parent.mkdir(parents=True)
            self._table = required("pyarrow.parquet").ParquetWriter(self._path / EPISODES, table.schema)
        self._table.write_table(table)
        self._rows = []

    def _append_rows(self, table: Any) -> dict[str, Any]:
        if self._data is not None and _size(self._file(DATA, self._num_data - 1)) > DATA_MB << 20:
            self._data.close()
            self._data = None
        if self._data is None:
            self._data = required("pyarrow.parquet").ParquetWriter(self._file(DATA, self._num_data), table.schema)
            self._num_data += 1
        self._data.write_table(table)
        return {f"data/{name}": value for name, value in _place(self._num_data - 1).items()}

    def _append_film(self, frames: NDArray[np.uint8]) -> dict[str, Any]:
        if self._film is not None and _size(self._file(FILM, self._num_films - 1)) > FILM_MB << 20:
            self._film.close()
            self._film = None
        if self._film is None:
            height, width = frames.shape[1:3]
            self._film = ConstantRateEncoder(self._file(FILM, self._num_films), height, width, self._rate.fps)
            self._num_films += 1
        first = self._film.count
        for frame in frames:
            self._film.append(frame)
        row = {"from_timestamp": first / self._rate.fps, "to_timestamp": self._film.count / self._rate.fps}
        return {f"videos/{CAMERA}/{name}": value for name, value in (_place(self._num_films - 1) | row).items()}

    def close(self) -> None:
        """Finish the files that are open."""
        if self._data is not None:
            self._data.close()
        if self._film is not None:
            self._film.close()
        if self._table is not None:
            self._table.close()
        self._data = self._film = self._table = None

    def finish(self, provenance: Provenance) -> None:
        """Write what is known only at the end."""
        if self._rows:
            self._write_episodes()
        self.close()
        required("pyarrow.parquet").write_table(_task_table(self._tasks), self._path / TASKS)
        (self._path / STATS).write_text(json.dumps(as_lists(self._stats), indent=1) + "\n")
        info = {
            "codebase_version": VERSION, "robot_type": self._robot, "total_episodes": self._episodes,
            "total_frames": self._frames, "total_tasks": len(self._tasks), "chunks_size": CHUNK,
            "data_files_size_in_mb": DATA_MB, "video_files_size_in_mb": FILM_MB, "fps": self._rate.fps,
            "splits": {"train": f"0:{self._episodes}"}, "data_path": DATA,
            "video_path": FILM if self._options.images == "video" else None, "features": self._features,
        }  # fmt: skip
        (self._path / INFO).write_text(json.dumps(info, indent=1) + "\n")
        self._side.write(self._path, provenance)
        self._rate.say(self._losses)
        self._losses.add(LABELS_BESIDE)

    def _file(self, template: str, number: int) -> Path:
        path = self._path / template.format(video_key=CAMERA, **_place(number))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _size(path: Path) -> int:
    """Bytes on the disk so far; a film appears there with its first coded pictures."""
    return path.stat().st_size if path.exists() else 0


def _place(number: int) -> dict[str, int]:
    """Where the file of this number lies."""
    return {"chunk_index": number // CHUNK, "file_index": number % CHUNK}


def _task_table(tasks: dict[str, int]) -> Any:
    """Tasks by name, as pandas keeps a frame whose index is the name of the task."""
    pa = required("pyarrow")
    columns = [
        {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
         "metadata": None},
        {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
    ]  # fmt: skip
    note = {"index_columns": ["task"], "column_indexes": [], "columns": columns, "pandas_version": "2.0.0"}
    table = pa.table({"task_index": pa.array(list(tasks.values()), pa.int64()), "task": list(tasks)})
    return table.replace_schema_metadata({"pandas": json.dumps(note)})
