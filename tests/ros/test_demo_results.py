"""The numbers of the demonstration follow from its episodes."""

import json
from pathlib import Path

import numpy as np
import pytest
from mil_bringup.demo_films import SHIPPED, place_task
from mil_bringup.demo_results import Attempt, TaskResult, metrics, rate, sentence, write_metrics, write_report
from mil_nodes.library import checked_id

from data_tools.demo import Video
from data_tools.pictures import side_by_side
from data_tools.statistics import wilson95
from data_tools.video import read_video

RIGHT = Attempt(True, 0, [4.0, 6.0], "")
WRONG = Attempt(False, 2, [5.0, 5.0], "")
CLUMSY = Attempt(False, 0, [], "")
BROKEN = Attempt(False, 1, [], "NonFiniteAction: expected 7 finite numbers")
RESULTS = [TaskResult("a", 0.2, RIGHT, WRONG), TaskResult("b", 0.4, RIGHT, CLUMSY), TaskResult("c", 0.3, WRONG, BROKEN)]


def test_metrics_hold_the_promised_keys_and_the_right_numbers() -> None:
    content = metrics(RESULTS)
    assert list(content) == ["adapted", "unadapted", "adapt_seconds", "control_ms", "ros_distro", "rmw"]
    assert content["adapted"] == {"successes": 2, "n": 3, "rate": 2 / 3, "wilson95": list(wilson95(2, 3))}
    assert content["unadapted"]["successes"] == 0
    assert content["adapt_seconds"] == {"p50": 0.3, "max": 0.4}
    assert content["control_ms"]["p50"] == 5.0
    assert 5.0 <= content["control_ms"]["p99"] <= 6.0
    assert (content["ros_distro"], content["rmw"]) == ("jazzy", "rmw_fastrtps_cpp")


def test_metrics_without_a_single_step_are_still_json() -> None:
    content = metrics([TaskResult("a", 0.1, BROKEN, BROKEN)])
    assert json.loads(json.dumps(content, allow_nan=False))["control_ms"]["p99"] is None


def test_the_sentence_says_count_and_interval() -> None:
    assert sentence("adapted", rate([RIGHT, RIGHT, WRONG])) == "adapted success 2/3, 95% interval 21% to 94%"


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (RIGHT, "done"),
        (WRONG, "another container"),
        (CLUMSY, "right container, not done"),
        (BROKEN, "NonFiniteAction: expected 7 finite numbers"),
    ],
)
def test_every_end_has_its_words(attempt: Attempt, words: str) -> None:
    assert str(attempt) == words


def test_files_are_written_and_the_report_needs_no_network(tmp_path: Path) -> None:
    film = Video(np.zeros((4, 32, 40, 3), np.uint8), np.arange(4) / 10)
    side_by_side(film, film, tmp_path / "demo.mp4", ("left", "right"))
    content = metrics(RESULTS)
    write_metrics(tmp_path / "metrics.json", content)
    write_report(tmp_path / "report.html", tmp_path / "demo.mp4", content, RESULTS)
    assert json.loads((tmp_path / "metrics.json").read_text()) == content
    page = (tmp_path / "report.html").read_text()
    assert "another container" in page
    assert "http://" not in page and "https://" not in page


def test_the_shipped_film_is_of_the_first_task_and_can_be_read() -> None:
    film_id = checked_id(place_task(0).task_id)
    assert len(read_video(SHIPPED / f"{film_id}.mp4")) >= 30
