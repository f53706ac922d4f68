"""Which processes make up the graph, with which parameters: the launch files and the bring-up here start the same.

Plain data; it starts nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from mil_bringup.environment import ROOT

PARAMS = ROOT / "launch" / "params"
"""Folder of the parameter files: realtime.yaml and fast.yaml."""


@dataclass(frozen=True)
class NodeProcess:
    """One node in a process of its own."""

    package: str
    """ROS package."""
    executable: str
    """Name for `ros2 run`, and name of the node."""
    module: str
    """Python module whose `main` the executable calls."""


SIM_ROBOT = NodeProcess("mil_nodes", "sim_robot", "mil_nodes.sim_robot")
SAFETY_GATE = NodeProcess("mil_safety", "safety_gate", "mil_safety.gate_node")
POLICY_RUNNER = NodeProcess("mil_nodes", "policy_runner", "mil_nodes.policy_runner")
DEMO_RECORDER = NodeProcess("mil_nodes", "demo_recorder", "mil_nodes.demo_recorder")
GOAL_MONITOR = NodeProcess("mil_nodes", "goal_monitor", "mil_nodes.goal_monitor")

SIMULATE = (SIM_ROBOT, SAFETY_GATE)
"""A simulated robot behind its gate."""
ADAPT_AND_RUN = (*SIMULATE, POLICY_RUNNER)
"""The whole graph."""
RECORD = (*SIMULATE, DEMO_RECORDER)
"""A simulated robot behind its gate, and the recorder of demonstrations."""
MONITOR = (*SIMULATE, GOAL_MONITOR)
"""A simulated robot behind its gate, and the reward that a demonstration shows over its camera picture."""

ROUND_THE_GLASSES = (*ADAPT_AND_RUN, GOAL_MONITOR)
"""A robot that plans by the reward that a demonstration shows, and that reward as pictures."""


def params_file(mode: str) -> Path:
    """The parameters of a mode of the simulator, "realtime" or "fast"."""
    return PARAMS / f"{mode}.yaml"
