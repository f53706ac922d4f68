"""Importing sim chooses the OpenGL backend, which must come before any test module imports mujoco itself."""

import sim  # noqa: F401
