"""Films survive writing and reading, whatever the codec, the rotation or the rhythm."""

from itertools import accumulate, cycle
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data_tools.demo import Video
from data_tools.errors import VideoError
from data_tools.video import VideoLimits, read_video, resize, write_video

CODECS = {
    "h264.mp4": ("libx264", "yuv420p"),
    "h264.mov": ("libx264", "yuv420p"),
    "h264.mkv": ("libx264", "yuv420p"),
    "hevc.mp4": ("libx265", "yuv420p"),
    "vp9.webm": ("libvpx-vp9", "yuv420p"),
    "mjpeg.avi": ("mjpeg", "yuvj420p"),
    "gif.gif": ("gif", "rgb8"),
}


def mean_error(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape
    return float(np.abs(found.astype(int) - expected).mean())


@pytest.mark.parametrize("name", CODECS)
def test_every_codec_gives_back_its_pictures_and_times(name, tmp_path, frames, encode):
    encode(tmp_path / name, frames, *CODECS[name])
    video = read_video(tmp_path / name)
    assert mean_error(video.frames, frames) < (25 if name == "gif.gif" else 10)  # a GIF here has 256 fixed colours
    np.testing.assert_allclose(video.capture_time_s, np.arange(12) / 10, atol=1e-3)
    assert video.source.codec == name.split(".")[0]


@pytest.mark.parametrize("turn_deg", [0, 90, 180, 270])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_phone_film_is_turned_upright(turn_deg, is_mirrored, tmp_path, frames, encode):
    encode(tmp_path / "a.mp4", frames, prepare=lambda _, stream: stream.set_display_rotation(-turn_deg, is_mirrored))
    expected = np.rot90(frames, -turn_deg // 90, axes=(1, 2))
    expected = expected[:, :, ::-1] if is_mirrored else expected
    video = read_video(tmp_path / "a.mp4")
    assert mean_error(video.frames, expected) < 10
    assert is_mirrored or video.source.rotation_deg == turn_deg


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=12), st.floats(0, 1e6))
def test_true_times_of_a_variable_rate_survive(tmp_path_factory, gaps_s, first_s):
    time_s = first_s + np.concatenate([[0.0], np.cumsum(gaps_s)])
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    write_video(path, np.zeros((len(time_s), 16, 16, 3), np.uint8), capture_time_s=time_s)
    np.testing.assert_allclose(read_video(path).capture_time_s, time_s - time_s[0], atol=1 / 90_000)


def test_sound_is_ignored(tmp_path, frames, encode):
    def add_sound(container, _):
        sound = container.add_stream("aac", rate=44_100)
        for index in range(60):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(sound.encode(frame))
        container.mux(sound.encode())

    encode(tmp_path / "silent.mp4", frames)
    encode(tmp_path / "loud.mp4", frames, prepare=add_sound)
    np.testing.assert_array_equal(read_video(tmp_path / "loud.mp4").frames, read_video(tmp_path / "silent.mp4").frames)


def test_oblong_pixels_become_square(tmp_path, frames, encode):
    def make_oblong(_, stream):
        stream.codec_context.sample_aspect_ratio = 2

    encode(tmp_path / "a.mp4", frames, prepare=make_oblong)
    assert mean_error(read_video(tmp_path / "a.mp4").frames, frames.repeat(2, axis=2)) < 12


def test_large_films_are_made_smaller_while_they_are_decoded(tmp_path, frames, encode):
    encode(tmp_path / "a.mp4", frames)
    small = read_video(tmp_path / "a.mp4", limits=VideoLimits(max_side=32))
    assert small.frames.shape == (12, 24, 32, 3)
    assert mean_error(small.frames, resize(Video(frames, np.arange(12.0)), 24, 32).frames) < 12


def test_full_memory_halves_the_sides_and_keeps_every_frame(tmp_path, frames, encode):
    encode(tmp_path / "a.mp4", frames)
    whole = read_video(tmp_path / "a.mp4")
    small = read_video(tmp_path / "a.mp4", limits=VideoLimits(max_kept_bytes=frames.nbytes // 2))
    assert small.frames.shape == (12, 24, 32, 3)
    assert mean_error(small.frames, resize(whole, 24, 32).frames) < 3
    np.testing.assert_array_equal(small.capture_time_s, whole.capture_time_s)


def test_the_same_pictures_are_the_same_file_whatever_lies_in_memory(tmp_path, frames):
    rng, files, litter = np.random.default_rng(0), set(), []
    for _ in range(100):  # an encoder that reads what it never wrote gives itself away once in some hundreds
        write_video(tmp_path / "a.mp4", frames, 10.0)
        files.add((tmp_path / "a.mp4").read_bytes())
        litter = [*litter[-20:], rng.bytes(int(rng.integers(1, 3_000_000)))]
    assert len(files) == 1


def test_a_failed_write_leaves_what_was_there(tmp_path, frames):
    write_video(tmp_path / "a.mp4", frames, 10.0)
    before = (tmp_path / "a.mp4").read_bytes()

    def broken():
        yield frames[0]
        raise RuntimeError("the camera is gone")

    with pytest.raises(RuntimeError, match="camera"):
        write_video(tmp_path / "a.mp4", broken(), 10.0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == before


@pytest.mark.parametrize(
    ("frames", "keywords", "message"),
    [
        (np.zeros((0, 16, 16, 3), np.uint8), {"rate_hz": 10.0}, "at least one frame"),
        (np.zeros((2, 15, 16, 3), np.uint8), {"rate_hz": 10.0}, "even sides"),
        (np.zeros((2, 16, 16), np.uint8), {"rate_hz": 10.0}, "height, width, 3"),
        (np.zeros((2, 16, 16, 3), np.float32), {"rate_hz": 10.0}, "uint8"),
        (np.zeros((2, 16, 16, 3), np.uint8), {}, "either rate_hz or"),
        (np.zeros((2, 16, 16, 3), np.uint8), {"capture_time_s": [0.0]}, "1 times"),
        (np.zeros((2, 16, 16, 3), np.uint8), {"capture_time_s": [0.0, 0.0]}, "later time"),
    ],
)
def test_writing_nonsense_is_refused(tmp_path, frames, keywords, message):
    with pytest.raises(VideoError, match=message):
        write_video(tmp_path / "a.mp4", frames, **keywords)
    assert not list(tmp_path.iterdir())


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(0, 255))
def test_resize_gives_the_size_and_keeps_a_plain_colour(old_height, old_width, height, width, shade):
    video = Video(np.full((2, old_height, old_width, 3), shade, np.uint8), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(resize(video, height, width).frames, np.full((2, height, width, 3), shade))


@given(hnp.arrays(np.uint8, (1, 6, 8, 3)))
def test_resize_by_a_whole_factor_is_the_mean_of_blocks(frames):
    small = resize(Video(frames, np.array([0.0])), 3, 4).frames
    means = frames.reshape(1, 3, 2, 4, 2, 3).mean((2, 4))
    assert np.abs(small - means).max() <= 0.5


def test_resize_cuts_the_middle():
    frames = np.zeros((1, 10, 30, 3), np.uint8)
    frames[:, :, 10:20] = 200
    video = Video(frames, np.array([0.0]))
    assert (resize(video, 10, 10).frames == 200).all()
    assert resize(video, 10, 30) is video


def test_decoding_stops_when_it_takes_too_long(tmp_path, frames, encode, monkeypatch):
    encode(tmp_path / "a.mp4", frames)
    clock = iter(range(0, 1000, 50))
    monkeypatch.setattr("data_tools.video_stream.time", SimpleNamespace(process_time=lambda: float(next(clock))))
    with pytest.raises(VideoError, match="decoding within 120 s; found 2 frames"):
        read_video(tmp_path / "a.mp4")


def test_a_film_is_not_to_blame_for_somebody_who_takes_its_frames_slowly(tmp_path, frames, encode, monkeypatch):
    encode(tmp_path / "a.mp4", frames)
    clock = accumulate(cycle((1000.0, 1.0)))  # a second for each frame, before and after which somebody thinks
    monkeypatch.setattr("data_tools.video_stream.time", SimpleNamespace(process_time=lambda: next(clock)))
    assert len(read_video(tmp_path / "a.mp4")) == len(frames)


def test_a_command_names_a_film_so_that_a_shell_understands_it(tmp_path):
    path = tmp_path / "my film (1).mp4"
    path.write_bytes(b"no film at all")
    with pytest.raises(VideoError, match=r"-i 'my film \(1\).mp4'"):
        read_video(path)
