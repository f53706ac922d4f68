"""Simulated robots, tasks, experts and human demonstrators: the only importer of mujoco.

Importing this package chooses the OpenGL backend (see `sim.render`), which must happen before mujoco is imported.
"""

from sim.render import choose_gl_backend

choose_gl_backend()
