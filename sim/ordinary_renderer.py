"""How MuJoCo scenes are usually rendered, to compare our own renderer with. Best used in a process of its own."""

import time

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.env import Environment
from sim.render import MAX_HEIGHT, MAX_WIDTH, free_context


def ordinary_pictures(env: Environment, count: int) -> tuple[list[float], NDArray[np.uint8]]:
    """Draw the policy camera's picture with mujoco.Renderer in its default settings, after a first one for warmth.

    Args: env: reset already. count: pictures to time, at least 1.
    Returns: seconds for each picture, and the last picture, shape (height, width, 3).
    """
    env.close()
    free_context()  # two OpenGL contexts in one process would slow each other down
    env.model.vis.global_.offwidth, env.model.vis.global_.offheight = MAX_WIDTH, MAX_HEIGHT
    seconds = []
    with mujoco.Renderer(env.model, env.task.image_height, env.task.image_width) as renderer:
        for _ in range(count + 1):
            started = time.perf_counter()
            renderer.update_scene(env.data, env.policy_camera)
            picture = renderer.render()
            seconds.append(time.perf_counter() - started)
    return seconds[1:], picture
