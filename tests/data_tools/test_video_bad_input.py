"""Every film that cannot be used is refused with what was expected, what was found, and what to do."""

import os
import re
from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition
from hypothesis import example, given, settings
from hypothesis import strategies as st

from data_tools.errors import VideoError
from data_tools.video import VideoLimits, read_video, write_video

HEADS = [b"", b"\0\0\0\x18ftypmp42", b"RIFF\xff\0\0\0AVI LIST", b"GIF89a", b"\x1a\x45\xdf\xa3"]
"""What the files of each container begin with."""


def refused(path, limits=VideoLimits()) -> str:  # noqa: B008 - frozen
    with pytest.raises(VideoError) as caught:
        read_video(path, limits=limits)
    message = str(caught.value)
    assert re.fullmatch(r"(?s)Film .*: expected .*; found .*\. Next: .*\.", message), message
    assert str(path) in message
    return message


def test_missing(tmp_path):
    assert "No such file" in refused(tmp_path / "a.mp4")


def test_a_network_address_is_a_missing_file():
    with pytest.raises(VideoError, match="No such file"):
        read_video("http://127.0.0.1:9/film.mp4")


def test_folder(tmp_path):
    assert "a folder" in refused(tmp_path)


def test_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    assert "regular file" in refused(tmp_path / "a.mp4")


def test_empty(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert "an empty file" in refused(tmp_path / "a.mp4")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(HEADS), st.binary())
@example(b"not a film at all", b"")
def test_noise(tmp_path_factory, head, tail):
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    path.write_bytes(head + tail + b"\0")
    refused(path)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "options"),
    [
        ("a.mp4", "libx264", "yuv420p", {}),
        ("index-first.mp4", "libx264", "yuv420p", {"movflags": "faststart"}),
        ("fragments.mp4", "libx264", "yuv420p", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.webm", "libvpx-vp9", "yuv420p", {}),
        ("a.avi", "mjpeg", "yuvj420p", {}),
        ("a.gif", "gif", "rgb8", {}),
    ],
)
def test_a_film_that_misses_any_part_of_its_end_is_refused(name, codec, pix_fmt, options, tmp_path, frames, encode):
    encode(tmp_path / name, frames, codec, pix_fmt, options=options)
    content = (tmp_path / name).read_bytes()
    assert len(read_video(tmp_path / name)) == len(frames)
    for length in np.linspace(16, len(content) - 1, 40).astype(int):
        (tmp_path / name).write_bytes(content[:length])
        refused(tmp_path / name)


def test_damage_inside_says_how_far_it_could_be_read(tmp_path, encode):
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 64, 3), dtype=np.uint8)
    encode(tmp_path / "a.mp4", noise)
    content = bytearray((tmp_path / "a.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 5000] = bytes(5000)
    (tmp_path / "a.mp4").write_bytes(content)
    found = re.search(r"damage after (\d+) frames", refused(tmp_path / "a.mp4"))
    assert found and 5 < int(found[1]) < 35


def test_damage_inside_a_gif(tmp_path, frames, encode):
    encode(tmp_path / "a.gif", frames, "gif", "rgb8")
    content = (tmp_path / "a.gif").read_bytes()
    middle = content.index(b"\x21\xf9", len(content) // 2)  # where a picture begins
    (tmp_path / "a.gif").write_bytes(content[:middle] + bytes(2) + content[middle + 2 :])
    refused(tmp_path / "a.gif")


def test_sound_only(tmp_path):
    with av.open(str(tmp_path / "a.m4a"), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 44_100
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    assert "tracks: audio" in refused(tmp_path / "a.m4a")


def test_a_song_with_a_cover_picture_is_no_film(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        container.add_stream("aac", rate=44_100)
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 16, 16, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        container.mux(cover.encode(picture))
    assert "moving pictures" in refused(tmp_path / "a.mp4")


def test_one_frame(tmp_path):
    write_video(tmp_path / "a.mp4", np.zeros((1, 16, 16, 3), np.uint8), 10.0)
    assert "at least 2 frames; found 1" in refused(tmp_path / "a.mp4")


def test_8k(tmp_path):
    with av.open(str(tmp_path / "a.avi"), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 7680, 4320, "yuvj420p"
        frame = av.VideoFrame(7680, 4320, "yuvj420p")
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
    assert "7680x4320" in refused(tmp_path / "a.avi")


def test_hour_long(tmp_path):
    write_video(tmp_path / "a.mp4", np.zeros((3, 16, 16, 3), np.uint8), capture_time_s=[0, 1800, 3600])
    assert "at most 300 s; found 3600.0 s" in refused(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        (VideoLimits(max_bytes=100), "at most 100 bytes"),
        (VideoLimits(max_pixels=64 * 48 - 1), "64x48"),
        (VideoLimits(max_duration_s=0.5), "at most 0.5 s"),
        (VideoLimits(max_frames=11), "11 frames"),
        (VideoLimits(min_frames=13), "at least 13 frames; found 12"),
    ],
)
def test_every_limit_holds_exactly(limits, found, tmp_path, frames, encode):
    encode(tmp_path / "a.mp4", frames)
    assert found in refused(tmp_path / "a.mp4", limits)
    size = (tmp_path / "a.mp4").stat().st_size
    exact = VideoLimits(max_bytes=size, max_pixels=64 * 48, max_duration_s=1.2, max_frames=12, min_frames=12)
    assert len(read_video(tmp_path / "a.mp4", limits=exact)) == 12


@pytest.mark.parametrize("kind", ["playlist", "concat script"])
def test_a_list_of_films_is_not_followed(kind, tmp_path, frames, encode):
    encode(tmp_path / "secret.mp4", frames)
    text = "#EXTM3U\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n" if kind == "playlist" else "ffconcat version 1.0\nfile '{0}'\n"
    (tmp_path / "a.mp4").write_text(text.format(tmp_path / "secret.mp4"))
    assert "no film" in refused(tmp_path / "a.mp4")


def test_a_codec_outside_the_list(tmp_path, frames, encode):
    encode(tmp_path / "a.mkv", frames, "ffv1")
    assert "ffv1" in refused(tmp_path / "a.mkv")


def test_time_stamps_that_stand_still_are_left_out(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.height, stream.width, stream.pix_fmt = 16, 16, "yuvj420p"
        for index, pts in enumerate([0, 100, 100, 200]):
            frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 60 * index, np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                packet.pts = packet.dts = pts
                packet.time_base = Fraction(1, 1000)
                container.mux(packet)
    video = read_video(tmp_path / "a.mkv")
    np.testing.assert_allclose(video.capture_time_s, [0, 0.1, 0.2])
    np.testing.assert_allclose(video.frames.mean((1, 2, 3)), [0, 60, 180], atol=3)
