"""From a file to what a policy adapts from: the one place where films are cut to time and size for `adapt`.

The command line, the evaluation, the benchmarks and the ROS nodes all come through here, so that they agree.
"""

from pathlib import Path

from data_tools.demo import Demo, Video
from data_tools.hdf5_limited import read_demo
from data_tools.timeline import resample
from data_tools.video import read_video, resize

FILM_FRAMES = 40
FILM_RATE_HZ = 10.0
"""Length and rate of the view of a film that policies are trained on and adapt from (thesis B.3.1:
10 Hz, 40 frames)."""


def load_support_film(path: Path, image_height: int, image_width: int) -> Video:
    """A film file as a policy wants it: at even times, cut to the middle and scaled to the policy's picture.

    Args: path: any film that `read_video` takes. image_height, image_width: size of the policy's picture, pixels.
    Returns: FILM_FRAMES frames of shape (image_height, image_width, 3).
    Raises: VideoError: the film cannot be used.
    """
    return resize(resample(read_video(path), FILM_FRAMES, FILM_RATE_HZ), image_height, image_width)


def load_support_demo(path: Path, demo_name: str | None = None) -> Demo:
    """A demonstration from a demo file, by its name in the file; the first one when no name is given.

    Raises: DemoFileError: the file is damaged, or holds no such demonstration.
    """
    return read_demo(path, demo_name or "demo_0")
