"""From a file to what a policy adapts from: the one place where films are cut to time and size for `adapt`.

The command line, the evaluation, the benchmarks and the ROS nodes all come through here, so that they agree.
"""

from pathlib import Path

from data_tools.demo import Demo, Video
from data_tools.errors import DemoFileError
from data_tools.hdf5 import list_tasks, read_tasks
from data_tools.timeline import resample
from data_tools.video import read_video, resize
from mil_core.policies.policy import PolicyConfig

FILM_FRAMES = 40
FILM_RATE_HZ = 10.0
"""Length and rate of the view of a film that policies are trained on and adapt from (thesis 7.2.7: 40 frames, 10 Hz)."""


def load_support_film(path: Path, policy: PolicyConfig) -> Video:
    """A film file as a policy wants it: in its true time, cut to the middle and scaled to the policy's picture.

    Args: path: any film that `read_video` takes. policy: whose picture size counts.
    Returns: FILM_FRAMES frames of shape (image_height, image_width, 3).
    Raises: VideoError: the film cannot be used.
    """
    return prepared_film(read_video(path), policy)


def prepared_film(video: Video, policy: PolicyConfig) -> Video:
    """What `load_support_film` does with a film that has been read already."""
    return resize(resample(video, FILM_FRAMES, FILM_RATE_HZ), policy.image_height, policy.image_width)


def load_support_demo(path: Path, demo_name: str | None = None) -> Demo:
    """A demonstration from a demo file, by its name in the file; the first one when no name is given.

    Raises: DemoFileError: the file is damaged, or holds no such demonstration.
    """
    entries = list_tasks(path)
    names = [name for entry in entries for name in entry.demo_names]
    wanted = demo_name or "demo_0"
    if wanted not in names:
        raise DemoFileError(
            f"{path}: expected a demonstration {wanted!r}, found {names[:4]}{' and more' if len(names) > 4 else ''}; "
            f"list them with: mil inspect {path}"
        )
    entry = next(entry for entry in entries if wanted in entry.demo_names)
    task = next(read_tasks(path, task_ids=[entry.task_id], with_films=False))
    return task.demos[entry.demo_names.index(wanted)]
