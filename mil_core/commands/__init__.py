"""The verbs of `mil`, one file each: typed arguments and the wiring of simulation, data and learning.

With mil_core/cli.py the only place in mil_core that may import sim.
"""
