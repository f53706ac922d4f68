"""Films as phones write them, made by ffmpeg itself, from the file to the library and the export folder."""

import json
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from data_tools.errors import DataError
from data_tools.ingest import Cut, commit, stage
from data_tools.ingest_page import write_page
from data_tools.video import read_video
from mil_core.cli import BAD_INPUT, OK, main

PATTERN = ["-f", "lavfi", "-i", "testsrc2=size={size}:rate={rate}:duration={duration}"]
SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]
FILMS = {
    "hevc.mov": ("320x180", 30, 1, [*SOUND, "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"]),
    "sound.mp4": ("320x180", 30, 1, [*SOUND, *X264, "-c:a", "aac"]),
    "vfr.mp4": ("320x180", 30, 1, ["-vf", "select=lt(n\\,9)+not(mod(n\\,5))", "-fps_mode", "vfr", *X264]),
    "vp9.webm": ("320x180", 30, 1, [*SOUND, *VP9, "-c:a", "libopus"]),
    "4k60.mp4": ("3840x2160", 60, 0.25, X264),
}
"""Name -> size, rate in Hz, seconds, and what else ffmpeg is told."""
FRAMES = {"hevc.mov": 30, "sound.mp4": 30, "vfr.mp4": 13, "vp9.webm": 30, "4k60.mp4": 15}


def ffmpeg(*words: object) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, words)], check=True)


def made(path: Path, size: str, rate_hz: float, duration_s: float, rest: list[str]) -> Path:
    source = [word.format(size=size, rate=rate_hz, duration=duration_s) for word in PATTERN]
    ffmpeg(*source, *rest, path)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """A second of a test pattern whose whole picture moves."""
    return made(tmp_path_factory.mktemp("film") / "film.mp4", "320x180", 30, 1, X264)


def run(*words: object) -> int:
    return main(["ingest", *map(str, words)])


def facts(library: Path, name: str) -> dict:
    return json.loads((library / f"{name}.json").read_text())


@pytest.mark.parametrize("name", FILMS)
def test_what_phones_write_is_taken_with_its_true_times(tmp_path, name):
    path = made(tmp_path / name, *FILMS[name])
    cut = Cut(start_s=0.0, end_s=60.0)
    staged = stage(path, "mine", tmp_path / "library", cut, 40, 10.0)
    commit(staged, tmp_path / "library")
    size, rate_hz, _, _ = FILMS[name]
    times = np.array(staged.facts["capture_time_s"])
    index = np.rint(times * rate_hz)
    assert len(times) == FRAMES[name] and np.abs(times - index / rate_hz).max() < 6e-4  # webm has ticks of 1 ms
    assert "x".join(map(str, staged.facts["original_size"])) == size
    kept, view = (read_video(tmp_path / "library" / folder / "mine.mp4") for folder in ("films", "."))
    np.testing.assert_allclose(kept.capture_time_s, times, atol=1e-4)
    assert len(view) == 40 and max(kept.frames.shape[1:3]) <= 640
    if name == "vfr.mp4":
        assert staged.facts["stream"]["drops"] == 13 and index[:11].tolist() == [*range(9), 10, 15]
    else:
        assert staged.facts["stream"]["drops"] == 0


def test_a_film_of_a_phone_held_upright_is_cut_as_it_is_seen(tmp_path, film):
    ffmpeg("-display_rotation", 90, "-i", film, "-c", "copy", tmp_path / "portrait.mp4")
    whole, upright = read_video(film), read_video(tmp_path / "portrait.mp4")
    assert upright.frames.shape[1:3] == (320, 180)
    np.testing.assert_array_equal(upright.frames, np.rot90(whole.frames, 1, (1, 2)))
    cut = Cut(crop=(0, 0, 90, 160), start_s=0.0, end_s=9.0)
    staged = stage(tmp_path / "portrait.mp4", "a", tmp_path / "library", cut, 40, 10.0)
    assert staged.facts["original_size"] == [180, 320] and staged.facts["region"] == [0, 0, 0.5, 0.5]
    kept = read_video(staged.folder / "films" / "a.mp4")
    assert kept.frames.shape[1:3] == (160, 90)
    assert np.abs(kept.frames.astype(int) - upright.frames[:, :160, :90]).mean() < 4  # coded once more


def test_true_times_survive_cut_and_crop_exactly(tmp_path):
    path = made(tmp_path / "vfr.mp4", *FILMS["vfr.mp4"])
    whole = read_video(path)
    cut = Cut(crop=(0.25, 0.25, 0.5, 0.5), start_s=0.1, end_s=0.7)
    staged = stage(path, "a", tmp_path / "library", cut, 40, 10.0)
    inside = (whole.capture_time_s >= 0.1) & (whole.capture_time_s <= 0.7)
    assert staged.facts["capture_time_s"] == whole.capture_time_s[inside].tolist()
    assert len(read_video(staged.folder / "films" / "a.mp4")) == inside.sum()


def test_the_active_part_is_cut_out(tmp_path):
    """Two seconds at rest, two of motion, two at rest."""
    moving = "color=gray:size=320x180:rate=30:duration=6,noise=alls=8:allf=t[b];testsrc2=size=80x60:rate=30[h]"
    overlay = "[b][h]overlay=x='60+80*sin(6.283*clip((t-2)/2,0,1))':y=60:shortest=1"
    still = moving.replace("testsrc2", "testsrc").replace("rate=30[h]", "rate=30,trim=end_frame=1,loop=-1:1[h]")
    ffmpeg("-f", "lavfi", "-i", f"{still};{overlay}", "-t", 6, *X264, "-crf", 18, tmp_path / "a.mp4")
    staged = stage(tmp_path / "a.mp4", "a", tmp_path / "library", Cut(), 40, 10.0)
    part = staged.facts["part"]
    assert part["found_by"] == "motion"
    assert abs(part["start_s"] - 2.0) < 0.3 and abs(part["end_s"] - 4.0) < 0.3  # 0.2 s and the margin of 0.1 s


@pytest.mark.usefixtures("in_an_empty_folder")
def test_the_sheets_come_first_and_a_preview_puts_nothing_into_the_library(film, capsys):
    library = Path("out/library")
    assert run(film, "--preview", "--crop", 80, 45, 160, 90, "--save-region", "table") == OK
    assert {path.name for path in library.iterdir()} == {"film.png", "index.html", "regions.json"}
    page = (library / "index.html").read_text()
    assert 'src="film.png"' in page and "0.25 0.25 0.5 0.5" in page and "not stated" in page
    assert run(film, "--region", "table", "--task-id", "push", "--blur-outside") == OK
    kept = facts(library, "film")
    assert (kept["task_id"], kept["region"], kept["blurred"]) == (
        "push",
        [0.25, 0.25, 0.5, 0.5],
        ["outside the region"],
    )
    assert len(kept["capture_time_s"]) == kept["stream"]["count"] > max(kept["view_frames"])
    assert not list(library.glob(".staged*"))


@pytest.mark.usefixtures("in_an_empty_folder")
def test_outside_of_the_region_nothing_can_be_read_in_the_film_that_is_kept(tmp_path, film):
    noise = ["-f", "lavfi", "-i", "color=gray:size=320x180:rate=10:duration=1,noise=alls=100:allf=t"]
    ffmpeg(*noise, *X264, "-crf", 10, tmp_path / "noise.mp4")
    assert run(tmp_path / "noise.mp4", "--whole", "--blur-outside", "--crop", 0.5, 0, 0.5, 1) == OK
    before, after = read_video(tmp_path / "noise.mp4"), read_video("out/library/films/noise.mp4")
    assert after.frames[:, :, :150].var((1, 2)).max() < 0.02 * before.frames[:, :, :150].var((1, 2)).min()
    assert after.frames[:, :, 170:].var((1, 2)).min() > 0.5 * before.frames[:, :, 170:].var((1, 2)).min()


@pytest.mark.usefixtures("in_an_empty_folder")
def test_a_folder_of_films_is_taken_but_for_those_that_cannot_be_used(tmp_path, film, capsys):
    films = tmp_path / "films"
    for task, name in (("red", "a.mp4"), ("blue", "b.mp4")):
        (films / task).mkdir(parents=True)
        (films / task / name).write_bytes(film.read_bytes())
    (films / "blue" / "cut.mp4").write_bytes(film.read_bytes()[:5000])
    assert run(films, "--pairs", "folder", "--library", "library") == BAD_INPUT
    assert {path.stem for path in Path("library").glob("*.mp4")} == {"red_a", "blue_b"}
    assert [facts(Path("library"), name)["task_id"] for name in ("red_a", "blue_b")] == ["red", "blue"]
    assert "refused: Film" in (shown := capsys.readouterr().out) and "cut short" in shown
    assert "cut short" in Path("library/index.html").read_text()


@pytest.mark.usefixtures("in_an_empty_folder")
def test_what_is_published_has_consent_and_licence_and_no_trace_of_the_original(film):
    words = (film, "--publish", "pub", "--consent", "signed by both", "--licence", "CC-BY-4.0", "--task-id", "push")
    assert run(*words) == OK
    assert {str(path.relative_to("pub")) for path in Path("pub").rglob("*") if path.is_file()} == {
        "README.md", "films.json", "films/film.mp4", "sheets/film.png",
    }  # fmt: skip
    (entry,) = json.loads(Path("pub/films.json").read_text())["films"]
    assert (entry["consent"], entry["licence"], entry["task_id"]) == ("signed by both", "CC-BY-4.0", "push")
    assert not {"original", "original_sha256"} & set(entry)
    assert facts(Path("out/library"), "film")["licence"] == "CC-BY-4.0"


@pytest.mark.usefixtures("in_an_empty_folder")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--publish", "pub", "--licence", "CC0-1.0"), "--consent"),
        (("--publish", "pub", "--consent", " "), "--consent"),
        (("--publish", "pub", "--consent", "all agreed"), "--licence"),
        (("--blur-outside",), "--region NAME"),
        (("--crop", "0", "0", "1", "1", "--region", "table"), "leave one out"),
        (("--save-region", "table"), "--crop X Y WIDTH HEIGHT"),
        (("--region", "table"), "known: none"),
        (("--crop", "0", "0", "900", "1"), "inside the picture"),
        (("--whole", "--start-s", "1"), "leave one out"),
        (("--start-s", "50"), "within its 1.0 s"),
        (("--start-s", "0.5", "--end-s", "0.5"), "at least 2 frames"),
        (("--pairs", "missing.csv"), "missing.csv"),
        (("--blur-faces", "--face-model", "missing.onnx"), "missing.onnx"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_left(film, words, told, capsys):
    assert run(film, *words) == BAD_INPUT
    message = capsys.readouterr().err
    assert told in message and "expected" in message and "found" in message
    assert not list(Path().rglob("*.mp4"))
    assert not list(Path().rglob(".staged*")) and not Path("pub").exists()


def test_a_film_that_changes_while_it_is_read_is_refused(tmp_path, film, monkeypatch):
    from data_tools import ingest

    real = ingest.stream_limited
    monkeypatch.setattr(ingest, "stream_limited", lambda *words: list(real(*words))[:-1])
    with pytest.raises(DataError, match="the same frames twice"):
        stage(film, "a", tmp_path / "library", Cut(), 40, 10.0)
    assert not list((tmp_path / "library").rglob("*"))


def test_a_page_says_nothing_that_a_browser_would_run(tmp_path, film):
    staged = stage(film, "a", tmp_path / "library", Cut(), 40, 10.0)
    facts = staged.facts | {"task_id": "<script>1</script>", "consent": "<b>", "licence": "&"}
    page = write_page(tmp_path / "library", [type(staged)("a", facts, staged.folder, staged.motion)], ["<i>no</i>"])
    text = page.read_text()
    assert "<script" not in text and "<b>" not in text and "<i>" not in text and "&lt;script&gt;" in text
