"""One demo as the rows of a LeRobot table, and back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_tools.convert.coded_picture import as_png, decoded
from data_tools.convert.format import Losses, refuse, required, single_precision, translated
from data_tools.convert.labels import LABELS, NO_CLOCK, Times, build_demo, labels_of, provenance_or_none
from data_tools.convert.lerobot_info import ACTION, CAMERA, COUNTERS, STATE, TIMES, Info, inside, json_of
from data_tools.convert.lerobot_rate import advancing
from data_tools.convert.lerobot_stats import Stats, of_numbers, of_pictures
from data_tools.demo import Demo
from data_tools.provenance import Provenance

Table = Any
"""A pyarrow.Table; pyarrow is an extra."""
SIDE_FILE = "meta/mil.json"
"""Labels that LeRobot has no place for, by episode, and the provenance."""
_MAX_ROWS = 1_000_000
_MAX_EPISODE_BYTES = 1 << 31


def columns_of(demo: Demo, chosen: NDArray[np.int64], fps: int, counters: dict[str, int]) -> dict[str, NDArray]:
    """Numbers of all rows by feature, each of shape (rows, size).

    Args: chosen: frame of each row. counters: episode_index, index of the first row, and task_index.
    """
    count = np.arange(len(chosen))
    is_last = count == len(chosen) - 1
    is_success = is_last & (demo.outcome == "success")
    columns = {
        STATE: demo.states[chosen],
        ACTION: demo.actions[chosen],
        "next.reward": is_success.astype(np.float32),
        "next.done": is_last,
        "next.success": is_success,
        TIMES[0]: demo.video.capture_time_s[chosen],
        TIMES[1]: demo.state_time_s[chosen],
        TIMES[2]: demo.action_time_s[chosen],
        "timestamp": (count / fps).astype(np.float32),
        "frame_index": count,
        "episode_index": np.full(len(chosen), counters["episode_index"]),
        "index": counters["index"] + count,
        "task_index": np.full(len(chosen), counters["task_index"]),
    }
    return {name: values.reshape(len(chosen), -1) for name, values in columns.items()}


def table_of(columns: dict[str, NDArray], frames: NDArray[np.uint8] | None) -> Table:
    """The rows as an Arrow table. Args: frames: pictures to keep in the table as PNG, or None."""
    pa = required("pyarrow")
    arrays: dict[str, Any] = {}
    if frames is not None:
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        rows = [{"bytes": as_png(frame), "path": f"frame-{index:06d}.png"} for index, frame in enumerate(frames)]
        arrays[CAMERA] = pa.array(rows, kind)
    for name, values in columns.items():
        flat = pa.array(np.ascontiguousarray(values).reshape(-1))
        size = values.shape[1]
        arrays[name] = flat if size == 1 else pa.FixedSizeListArray.from_arrays(flat, size)
    return pa.table(arrays)


def stats_of(columns: dict[str, NDArray], frames: NDArray[np.uint8], *, quantiles: bool) -> dict[str, Stats]:
    """Statistics of an episode by feature."""
    stats = {CAMERA: of_pictures(frames, quantiles=quantiles)}
    return stats | {name: of_numbers(values, quantiles=quantiles) for name, values in columns.items()}


def episodes_in(path: Path) -> Iterator[tuple[int, Table]]:
    """Index and rows of each episode of a Parquet file, in the order of the file; one episode is in memory."""
    pa, pq = required("pyarrow"), required("pyarrow.parquet")
    with translated(path, "a Parquet file"), pq.ParquetFile(path) as file:
        if "episode_index" not in file.schema_arrow.names:
            refuse(path, "a column episode_index", f"{file.schema_arrow.names[:8]}", "copy the data set again")
        pending: list[Any] = []
        current = None
        for batch in file.iter_batches(batch_size=256):
            index = batch.column("episode_index").to_numpy(zero_copy_only=False)
            edges = [0, *(np.flatnonzero(np.diff(index)) + 1), len(index)]
            for first, end in zip(edges[:-1], edges[1:], strict=True):
                if first == end:
                    continue
                if current is not None and index[first] != current:
                    yield int(current), pa.Table.from_batches(pending)
                    pending = []
                current = index[first]
                pending.append(batch.slice(first, end - first))
                _check_size(path, pending)
        if pending:
            yield int(current or 0), pa.Table.from_batches(pending)


def _check_size(path: Path, pending: list[Any]) -> None:
    rows, size = sum(part.num_rows for part in pending), sum(part.nbytes for part in pending)
    if rows > _MAX_ROWS or size > _MAX_EPISODE_BYTES:
        refuse(path, f"episodes of at most {_MAX_ROWS} rows and 2 GiB", f"{rows} rows, {size} bytes", "split them")


def demo_of(
    info: Info, index: int, table: Table, frames: NDArray[np.uint8] | None, camera: str, labels: dict[str, Any],
    losses: Losses,
) -> Demo:  # fmt: skip
    """A demo from its rows. Args: frames: from a film; None takes them from the table. labels: as for build_demo.

    Raises: ConversionError, DemoShapeMismatch: rows are missing or do not fit.
    """
    where = f"{info.path}, episode {index}"
    with translated(where, "a whole table"):
        count = matrix_of(where, table, "frame_index")[:, 0]
        if not np.array_equal(count, np.arange(len(count))):
            refuse(where, f"frame_index 0 to {len(count) - 1} in order", "others", "mend it with lerobot-edit-dataset")
        if frames is None:
            size = info.size(camera)
            rows = table.column(camera).to_pylist()
            frames = np.stack([decoded(where, (row or {}).get("bytes") or b"", size) for row in rows])
        times, is_true = _times(info, where, table)
        if not np.isfinite(times).all():
            refuse(where, "times in every row", "NaN", "record this episode again, or delete it")
        taken = advancing(*times)
        if len(taken) < len(count):
            losses.add("Rows that repeat a frame at the same true time are taken once.")
        actions = single_precision(f"{where}, action", matrix_of(where, table, ACTION), losses)
        states = _states(info, where, table, losses)
        _say_what_is_left(info, table, camera, losses)
        if "next.success" in table.column_names:
            labels = {"success": bool(matrix_of(where, table, "next.success").any()), **labels}
    labels = {"robot": info.robot, "clock": None if is_true else NO_CLOCK, **labels}
    chosen = (times[0][taken], times[1][taken], times[2][taken])
    return build_demo(frames[taken], states[taken], actions[taken], chosen, labels, info.fps, losses)


def task_text(where: object, tasks: object) -> str:
    """The texts of an episode's tasks as one. Raises: ConversionError: they are no list."""
    if not isinstance(tasks, list | None):
        refuse(where, "a list of the tasks of each episode", f"{str(tasks)[:40]!r}", "mend the table of episodes")
    return " ".join(map(str, tasks or []))


def matrix_of(where: str, table: Table, name: str) -> NDArray:
    """A column of numbers or of lists of equal length, shape (rows, size). Raises: ConversionError: it is not that."""
    pa = required("pyarrow")
    if name not in table.column_names:
        refuse(where, f"a column {name}", f"{table.column_names[:12]}", "copy the data set again")
    column = pa.concat_arrays(table.column(name).chunks)
    is_list = pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type)
    flat = column.flatten() if is_list else column
    if column.null_count or flat.null_count or not len(column) or len(flat) % len(column):
        refuse(where, f"a number in every row of {name}", "gaps", "record this episode again, or delete it")
    size = len(flat) // len(column)
    if pa.types.is_list(column.type) and (np.diff(column.offsets.to_numpy()) != size).any():
        refuse(where, f"lists of one length in {name}", "others", "record this episode again, or delete it")
    return flat.to_numpy(zero_copy_only=False).reshape(len(column), size)


def _times(info: Info, where: str, table: Table) -> tuple[Times, bool]:
    """Times of pictures, states and actions, and whether they are true capture times."""
    if set(TIMES) <= set(table.column_names):
        first, second, third = (matrix_of(where, table, name)[:, 0].astype(np.float64) for name in TIMES)
        return (first, second, third), True
    stamps = matrix_of(where, table, "timestamp")[:, 0].astype(np.float64)
    even = np.arange(len(stamps)) / info.fps
    # float32 stamps are rounded: where they mean k / fps, k / fps is what is taken
    times = even if np.abs(stamps - even).max() < 1e-3 / info.fps + 1e-6 * (1 + len(stamps) / info.fps) else stamps
    return (times, times, times), False


def _states(info: Info, where: str, table: Table, losses: Losses) -> NDArray[np.float32]:
    if STATE in table.column_names:
        return single_precision(f"{where}, {STATE}", matrix_of(where, table, STATE), losses)
    losses.add(f"There is no {STATE}: states have no dimensions.")
    return np.zeros((table.num_rows, 0), np.float32)


def _say_what_is_left(info: Info, table: Table, camera: str, losses: Losses) -> None:
    known = {camera, STATE, ACTION, *TIMES, "timestamp", *COUNTERS, "next.reward", "next.done", "next.success"}
    rest = {name: part for name, part in info.features.items() if name not in known}
    others = sorted(name for name, part in rest.items() if part.get("dtype") not in ("video", "image"))
    if others:
        losses.add(f"These features are not carried over: {', '.join(others[:20])}.")


class SideFile:
    """Labels of episodes beside a LeRobot data set; an entry counts only while its episode is the one it was made of,
    since other tools renumber episodes without knowing this file."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def add(self, demo: Demo, num_rows: int) -> None:
        """Keep the labels of the next episode."""
        first_s = float(demo.video.capture_time_s[0])
        self._rows.append({**labels_of(demo), "rows": num_rows, "first_time_s": first_s})

    def write(self, folder: Path, provenance: Provenance) -> None:
        """Write the file."""
        content = {"provenance": provenance.to_json(), "episodes": self._rows}
        (folder / SIDE_FILE).write_text(json.dumps(content) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "SideFile":
        """What a data set holds; nothing where there is no such file."""
        side = cls()
        if (folder / SIDE_FILE).is_file():
            rows = json_of(inside(folder, SIDE_FILE)).get("episodes")
            side._rows = [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []
        return side

    def labels(self, index: int, table: Table) -> dict[str, Any]:
        """Labels of an episode, or nothing where they belong to another one."""
        row = self._rows[index] if index < len(self._rows) else {}
        if TIMES[0] not in table.column_names or row.get("rows") != table.num_rows:
            return {}
        is_same = table.column(TIMES[0])[0].as_py() == row.get("first_time_s")
        return {name: row[name] for name in LABELS if isinstance(row.get(name), str)} if is_same else {}


def side_provenance(folder: Path) -> Provenance | None:
    """The provenance in the file beside a data set, or None."""
    if not (folder / SIDE_FILE).is_file():
        return None
    return provenance_or_none(json_of(inside(folder, SIDE_FILE)).get("provenance"))
