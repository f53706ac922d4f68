"""Pictures show the frames, numbers and times that they were given."""

import json

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from data_tools.demo import Video
from data_tools.errors import DataError
from data_tools.pictures import _panel, contact_sheet, learning_curve, read_log, side_by_side
from data_tools.video import read_video


def grey(shades: list[int], rate_hz: float, height: int = 40, width: int = 60) -> Video:
    frames = np.zeros((len(shades), height, width, 3), np.uint8) + np.array(shades, np.uint8)[:, None, None, None]
    return Video(frames, 7.0 + np.arange(len(shades)) / rate_hz)


def test_a_contact_sheet_shows_every_frame_in_reading_order(tmp_path):
    contact_sheet(grey([10, 60, 110, 160, 210], 10), tmp_path / "a.png", columns=3)
    sheet = cv2.imread(str(tmp_path / "a.png"))
    assert sheet is not None and sheet.shape == (2 * 44 + 4, 3 * 64 + 4, 3)
    centres = [int(sheet[24 + 44 * row, 34 + 64 * column, 0]) for row in range(2) for column in range(3)]
    assert centres == [10, 60, 110, 160, 210, 255]


def test_a_long_film_keeps_its_ends_on_a_contact_sheet(tmp_path):
    contact_sheet(grey(list(range(100)), 10), tmp_path / "a.png", columns=4, rows=2)
    sheet = cv2.imread(str(tmp_path / "a.png"))
    assert sheet is not None and sheet[24, 34, 0] == 0 and sheet[24 + 44, 34 + 3 * 64, 0] == 99


def test_two_films_stand_beside_each_other_at_their_true_speed(tmp_path):
    quick, slow = grey([0, 50, 100], 10), grey([100, 150, 200], 2)
    side_by_side(quick, slow, tmp_path / "a.mp4", ("human", "robot"), height=80)
    both = read_video(tmp_path / "a.mp4")
    assert both.frames.shape[1:3] == (108, 2 * 120 + 4)
    left, right = (both.frames[:, 70, column].mean(1).round() for column in (60, 184))
    for half, video in ((left, quick), (right, slow)):
        passed_s = video.capture_time_s - video.capture_time_s[0]
        last_s = min(1.0, passed_s[-1])
        for time_s, shade in zip(both.capture_time_s, half, strict=True):
            nearest = np.abs(passed_s - min(time_s, last_s)).argmin()
            tied = np.isclose(np.abs(passed_s - time_s), np.abs(passed_s - time_s).min(), atol=1e-3).sum() > 1
            assert tied or abs(shade - video.frames[nearest, 0, 0, 0]) < 8


def write_log(path, rows, tail=""):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + tail)


def test_a_learning_curve_is_drawn_from_a_log_cut_short(tmp_path):
    rows = [{"iteration": i, "loss": 1 / (i + 1)} for i in range(50)]
    rows = [row | {"validation_loss": 1.0} if row["iteration"] % 10 == 0 else row for row in rows]
    write_log(tmp_path / "log.jsonl", rows, tail='{"iteration": 50, "lo')
    learning_curve(tmp_path / "log.jsonl", tmp_path / "a.png")
    picture = cv2.imread(str(tmp_path / "a.png"))
    assert picture is not None
    blue, _, red = picture.astype(int).transpose(2, 0, 1)
    assert (blue - red > 60).any() and (red - blue > 60).any()  # both curves are there


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1000, 3, 2, 1], "log"),
        ([8, 4, 2, 1], "linear"),
        ([1000, 3, 2, 0], "linear"),
        ([1000, 3, 2, -1], "linear"),
        ([], "linear"),
    ],
)
def test_the_first_steps_do_not_press_all_others_flat(values, scale):
    axes = Figure().add_subplot()
    _panel(axes, [{"iteration": i, "loss": value} for i, value in enumerate(values)], "loss")
    assert axes.get_yscale() == scale


def test_a_resumed_run_overrides_the_rows_it_repeats(tmp_path):
    write_log(tmp_path / "log.jsonl", [{"iteration": i, "loss": i} for i in (0, 1, 2, 1, 2, 3)])
    assert [row["iteration"] for row in read_log(tmp_path / "log.jsonl")] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "mil train"), ("", "at least one line"), ("nonsense\n{}\n", "line 1: expected JSON"), ("{}\n{}", "line 1")],
)
def test_a_log_that_says_nothing_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "log.jsonl").write_text(content)
    with pytest.raises(DataError, match=message):
        learning_curve(tmp_path / "log.jsonl", tmp_path / "a.png")
