"""LeRobot's constant rate, and data sets that are damaged, edited or made to harm."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.convert import FORMATS, lerobot_v3_writer
from data_tools.convert.format import Losses, WriteOptions
from data_tools.convert.lerobot_rate import ConstantRate, advancing, whole_rate
from data_tools.convert.lerobot_rows import task_text
from data_tools.demo import Demo, Video
from data_tools.errors import ConversionError, DataError

from .conftest import ORIGIN, smooth_demo

BOTH = ("lerobot_v21", "lerobot_v3")
DATA = {"lerobot_v21": "data/chunk-000/episode_000001.parquet", "lerobot_v3": "data/chunk-000/file-000.parquet"}
FILM = {
    "lerobot_v21": "videos/chunk-000/observation.images.camera/episode_000001.mp4",
    "lerobot_v3": "videos/observation.images.camera/chunk-000/file-000.mp4",
}
EPISODES = "meta/episodes/chunk-000/file-000.parquet"


def at_times(time_s) -> Demo:
    demo = smooth_demo("a", len(time_s))
    time_s = np.asarray(time_s, float)
    video = Video(demo.video.frames, time_s)
    return dataclasses.replace(demo, video=video, state_time_s=time_s, action_time_s=time_s)


def edit_info(path, **changes):
    file = path / "meta" / "info.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def edit_table(file, change):
    table = pq.read_table(file)
    rows = table.to_pylist()
    pq.write_table(pa.Table.from_pylist(change(rows), table.schema), file)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A whole data set with films, by the name of its format."""
    root = tmp_path_factory.mktemp("lerobot")
    demos = [smooth_demo(task, length) for task, length in (("a", 5), ("b", 7), ("a", 4))]
    for name in BOTH:
        FORMATS[name].write(root / name, demos, ORIGIN, WriteOptions("video"), Losses())
    return root


@pytest.fixture(params=BOTH)
def made(request, tmp_path, pattern):
    """Name of the format and a data set to break."""
    shutil.copytree(pattern / request.param, tmp_path / "set")
    return request.param, tmp_path / "set"


def rows_at(demo, **options):
    """Rows of one demo, and what is said about them."""
    rate, losses = ConstantRate(demo, WriteOptions("video", **options)), Losses()
    rows = rate.rows(demo).tolist()
    rate.say(losses)
    return rows, " ".join(losses.sentences)


def test_each_row_holds_the_frame_nearest_to_its_time():
    demo = at_times([0, 0.1, 0.2, 0.5, 0.61, 0.7])  # two frames were dropped, one is late
    rows, said = rows_at(demo, rate_hz=10)
    assert rows == [0, 1, 2, 2, 3, 3, 4, 5]
    assert "2 rows repeat a frame and 0 frames are left out" in said and "0.100000 s" in said
    rows, said = rows_at(demo, rate_hz=10, keep_frames=True)
    assert rows == list(range(6)) and "0.210000 s" in said and "repeat" not in said


@given(st.integers(2, 30), st.integers(1, 200))
def test_an_even_recording_keeps_every_frame_once(length, rate_hz):
    demo = at_times(5 + np.arange(length) / rate_hz)
    assert whole_rate(demo, WriteOptions("video")) == rate_hz
    rows, said = rows_at(demo)
    assert rows == list(range(length)) and "repeat" not in said and "0.000000 s" in said


def test_a_rate_between_whole_numbers_repeats_and_loses_nothing(tmp_path, write, read):
    demo = at_times(np.arange(20) / 12.5)
    report = write([demo], "lerobot_v3", tmp_path / "set", "lossless", keep=False)
    assert report.difference.lost_frames == 0 and report.is_identical
    assert "1 rows repeat a frame and 0 frames are left out" in " ".join(report.not_carried)
    (back,) = read("lerobot_v3", tmp_path / "set")
    np.testing.assert_array_equal(back.video.frames, demo.video.frames)
    np.testing.assert_array_equal(back.action_time_s, demo.action_time_s)


def test_what_is_left_out_is_counted(tmp_path, write):
    demo = at_times([0, 0.1, 0.11, 0.2, 0.3, 0.4])
    report = write([demo], "lerobot_v3", tmp_path / "set", "lossless", keep=False)
    assert (report.before.frames, report.after.frames, report.difference.lost_frames) == (6, 5, 1)


def test_times_that_fit_no_rate_are_refused():
    with pytest.raises(ConversionError, match="--keep-frames"):
        rows_at(at_times([0, 0.1, 1000.0]))


@given(hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 10, width=16)))
def test_only_rows_that_advance_are_taken(times):
    taken = advancing(times)
    assert taken[0] == 0 and (np.diff(times[taken]) > 0).all()
    assert len(taken) == len(np.unique(np.maximum.accumulate(times)))


def test_a_gap_in_episode_index_shifts_nothing_and_is_said(made, read):
    name, path = made
    demos, renumbered = read(name, path), {0: 0, 1: 1, 2: 5}
    if name == "lerobot_v3":
        for file in (EPISODES, DATA[name]):
            edit_table(
                path / file, lambda rows: [row | {"episode_index": renumbered[row["episode_index"]]} for row in rows]
            )
    else:
        edit_table(path / DATA[name].replace("1.p", "2.p"), lambda rows: [row | {"episode_index": 5} for row in rows])
        for template in (DATA[name], FILM[name]):
            file = path / re.sub(r"000001(?=\.)", "000002", template)
            file.rename(file.with_name(file.name.replace("000002", "000005")))
        lines = (path / "meta" / "episodes.jsonl").read_text().replace('"episode_index": 2', '"episode_index": 5')
        (path / "meta" / "episodes.jsonl").write_text(lines)
    losses = Losses()
    again = read(name, path, losses)
    for before, after in zip(demos, again, strict=True):
        np.testing.assert_array_equal(before.video.frames, after.video.frames)
        np.testing.assert_array_equal(before.actions, after.actions)
    assert "leaves out numbers before 5" in " ".join(losses.sentences)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("kind", [DATA, FILM])
def test_a_file_cut_short_is_refused(made, read, kind, share):
    name, path = made
    file = path / kind[name]
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="expected.*found.*Next"):
        read(name, path)


@pytest.mark.parametrize("kind", [DATA, FILM])
def test_a_missing_file_is_named(made, read, kind):
    name, path = made
    (path / kind[name]).unlink()
    with pytest.raises(DataError, match=re.escape(kind[name])):
        read(name, path)


@pytest.mark.parametrize(
    "template",
    ["../secret.parquet", "/etc/passwd", "data/{episode_index.__class__}", "data/{0}", "{episode_index:0999999999d}",
     "data/{secret}", 7, None, "x" * 400, "data/\0"],
)  # fmt: skip
@pytest.mark.parametrize("field", ["data_path", "video_path"])
def test_a_template_does_not_lead_out_of_the_folder(made, read, template, field):
    name, path = made
    shutil.copy(path / DATA[name], path.parent / "secret.parquet")
    edit_info(path, **{field: template})
    with pytest.raises(ConversionError, match="expected.*found"):
        read(name, path)


@pytest.mark.parametrize("kind", [DATA, FILM])
def test_a_link_does_not_lead_out_of_the_folder(made, read, kind):
    name, path = made
    file = path / kind[name]
    outside = path.parent / f"outside{file.suffix}"
    shutil.move(file, outside)
    file.symlink_to(outside)
    with pytest.raises(ConversionError, match="do not trust"):
        read(name, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row | {"action": [float("nan"), 0.0]}, "finite numbers"),
        (lambda row: row | {"observation.state": None}, "every row of observation.state"),
        (lambda row: row | {"frame_index": 3}, "frame_index 0 to"),
        (lambda row: row | {"time.frame_s": float("nan")}, "NaN"),
    ],
)
def test_rows_that_are_wrong_are_refused(made, read, change, message):
    name, path = made
    edit_table(path / DATA[name], lambda rows: [*rows[:1], change(rows[1]), *rows[2:]])
    with pytest.raises(DataError, match=message):
        read(name, path)


def test_rows_that_are_missing_are_refused(made, read):
    name, path = made
    edit_table(path / DATA[name], lambda rows: rows[:-1])
    with pytest.raises(ConversionError, match="rows"):
        read(name, path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codebase_version": "v9"}, "codebase_version"),
        ({"fps": 0}, "fps above 0"),
        ({"fps": "10"}, "fps above 0"),
        ({"features": []}, "features"),
        ({"features": {}}, "a feature of pictures"),
        ({"total_episodes": 4}, "4 episodes"),
        ({"total_frames": 99}, "99 frames"),
        ({"total_frames": -1}, "total_frames"),
        ({"fps": 37}, "drifted apart"),
    ],
)
def test_an_info_that_lies_is_refused(made, read, changes, message):
    name, path = made
    edit_info(path, **changes)
    with pytest.raises(ConversionError, match=message):
        read(name, path)


def test_tasks_of_an_episode_are_a_list_or_none():
    assert (task_text("a", ["push", "pull"]), task_text("a", None), task_text("a", [])) == ("push pull", "", "")
    for wrong in (3000, "push", {"push": 1}, True):
        with pytest.raises(ConversionError, match="a list of the tasks"):
            task_text("a", wrong)


def test_labels_of_another_episode_are_not_believed(made, read):
    """LeRobot's own tools renumber episodes and do not know the file beside."""
    name, path = made
    side = path / "meta" / "mil.json"
    content = json.loads(side.read_text())
    content["episodes"][0]["first_time_s"] += 1
    content["episodes"][0]["outcome"] = "failure"
    side.write_text(json.dumps(content))
    demos = read(name, path)
    assert demos[0].outcome == "success" and demos[0].robot == "planar_arm", "from next.success and robot_type"


@pytest.mark.parametrize("images", ["video", "lossless"])
def test_many_files_and_folders_hold_the_same_as_one(tmp_path, write, read, monkeypatch, images):
    """Files grow to a size, folders to a number of files, and the table of episodes is written in parts."""
    demos = [smooth_demo("ab"[index % 2], 3 + index) for index in range(7)]
    write(demos, "lerobot_v3", tmp_path / "one", images)
    for name, value in (("DATA_MB", 0), ("FILM_MB", 0), ("CHUNK", 2), ("ROWS_AT_ONCE", 3)):
        monkeypatch.setattr(lerobot_v3_writer, name, value)
    write(demos, "lerobot_v3", tmp_path / "many", images)
    assert len(list((tmp_path / "many").rglob("data/chunk-003/file-000.parquet"))) == 1
    assert len(list((tmp_path / "many").rglob("*.mp4"))) > 1 or images == "lossless"
    for before, after in zip(read("lerobot_v3", tmp_path / "one"), read("lerobot_v3", tmp_path / "many"), strict=True):
        np.testing.assert_array_equal(before.actions, after.actions)
        difference = np.abs(before.video.frames.astype(int) - after.video.frames)
        assert difference.mean() <= (0 if images == "lossless" else 3), "films begin anew, so they are coded anew"


def test_pictures_of_odd_sides_need_another_way(tmp_path, write):
    demo = smooth_demo("a", 3)
    odd = dataclasses.replace(demo, video=Video(demo.video.frames[:, :31], demo.video.capture_time_s))
    with pytest.raises(ConversionError, match="--images lossless"):
        write([odd], "lerobot_v3", tmp_path / "set", "video")
    write([odd], "lerobot_v3", tmp_path / "set", "lossless")


def test_nothing_to_write_is_refused(tmp_path, write):
    for name in BOTH:
        with pytest.raises(ConversionError, match="at least one demo"):
            write([], name, tmp_path / "set")
    assert not list(tmp_path.iterdir())
