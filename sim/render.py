"""Pictures without a screen: finds an OpenGL backend that works, and renders MuJoCo scenes with it.

`choose_gl_backend` must run before mujoco is imported (importing `sim` does it), because mujoco reads MUJOCO_GL then.
"""

import os
import subprocess
import sys
from typing import Any

from sim.errors import GlUnavailable

BACKENDS = ("egl", "osmesa")
"""Tried in this order; both also work without a graphics card."""
PROBE_TIMEOUT_S = 60.0
_PROBE = "import mujoco; context = mujoco.GLContext(16, 16); context.make_current(); context.free(); print('works')"
_HELP = (
    "install one with `apt-get install -y libegl1 libgl1-mesa-dri libgles2` (EGL) "
    "or `apt-get install -y libosmesa6` (OSMesa), and unset MUJOCO_GL"
)


def probe(backend: str) -> bool:
    """Whether a child process can make an OpenGL context with `backend`; a crash there cannot hurt us."""
    environment = {**os.environ, "MUJOCO_GL": backend, "PYOPENGL_PLATFORM": backend}
    try:
        child = subprocess.run(
            [sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return False
    # An EGL context freed at exit may print a traceback and fail after the probe itself has passed.
    return "works" in child.stdout


def choose_gl_backend() -> str:
    """Set MUJOCO_GL to the first backend that works, unless it is set already.

    Returns: the value of MUJOCO_GL; "disable" where nothing works (physics runs, rendering raises GlUnavailable).
    """
    if "MUJOCO_GL" not in os.environ:
        working = (backend for backend in BACKENDS if probe(backend))
        os.environ["MUJOCO_GL"] = next(working, "disable")
    return os.environ["MUJOCO_GL"]


choose_gl_backend()
import mujoco  # noqa: E402  (after the choice, see above)
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

MAX_HEIGHT = 480
MAX_WIDTH = 640
"""Largest picture; the off-screen buffer of every model is made this big."""
BACKGROUND_GROUP = 3
"""Geoms of this group are drawn only in pictures higher than the policy's, to save time."""

_context = None
"""The OpenGL context of this process: making one costs tens of milliseconds, so all renderers share it."""


def _gl_context() -> Any:
    global _context
    if _context is None:
        try:
            _context = mujoco.GLContext(MAX_WIDTH, MAX_HEIGHT)
        except Exception as error:  # each backend raises its own kinds, from AttributeError to RuntimeError
            raise GlUnavailable(
                f"Expected a working OpenGL backend, found MUJOCO_GL={os.environ.get('MUJOCO_GL')!r} ({error}); "
                f"{_HELP}."
            ) from error
    _context.make_current()
    return _context


def free_context() -> None:
    """Give up this process's OpenGL context, after every renderer has been closed; the next one makes a new one."""
    global _context
    if _context is not None:
        _context.free()
        _context = None


class Renderer:
    """Renders one compiled model from any of its cameras, at any size up to the limits above."""

    def __init__(self, model: mujoco.MjModel) -> None:
        _gl_context()
        model.vis.global_.offwidth, model.vis.global_.offheight = MAX_WIDTH, MAX_HEIGHT
        self._model = model
        self._scene = mujoco.MjvScene(model, maxgeom=2000)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = False
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        self._option = mujoco.MjvOption()
        self._mjr = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._mjr)

    def render(
        self, data: mujoco.MjData, camera: str, height: int, width: int, *, shadows: bool = False, detail: bool = False
    ) -> NDArray[np.uint8]:
        """One picture.

        Args:
            data: the moment to draw.
            camera: name of a camera of the model.
            height, width: pixels, at most MAX_HEIGHT and MAX_WIDTH.
            shadows: cast shadows (several times slower in software).
            detail: also draw geoms of BACKGROUND_GROUP.

        Returns: RGB picture, shape (height, width, 3), owned by the caller.
        Raises: GlUnavailable: unknown camera or size.
        """
        camera_id = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_CAMERA, camera)
        if camera_id < 0 or not (0 < height <= MAX_HEIGHT and 0 < width <= MAX_WIDTH):
            known = [self._model.camera(index).name for index in range(self._model.ncam)]
            raise GlUnavailable(
                f"Expected one of the cameras {known} and at most {MAX_HEIGHT}x{MAX_WIDTH} pixels, "
                f"found {camera!r} at {height}x{width}; ask for another picture."
            )
        _gl_context()
        # All renderers of a process share the context: whoever drew last left its own buffer bound.
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._mjr)
        view = mujoco.MjvCamera()
        view.type, view.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, camera_id
        self._option.geomgroup[BACKGROUND_GROUP] = detail
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = shadows
        mujoco.mjv_updateScene(self._model, data, self._option, None, view, mujoco.mjtCatBit.mjCAT_ALL, self._scene)
        rectangle = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(rectangle, self._scene, self._mjr)
        picture = np.empty((height, width, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(picture, None, rectangle, self._mjr)
        return np.ascontiguousarray(picture[::-1])

    def close(self) -> None:
        """Free what this renderer holds on the graphics side; the shared context stays."""
        if self._mjr is not None:
            _gl_context()
            self._mjr.free()
            self._mjr = None
