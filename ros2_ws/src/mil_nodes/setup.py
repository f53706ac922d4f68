"""Installs the nodes where `ros2 run mil_nodes` looks for them."""

from setuptools import setup

setup(
    name="mil_nodes",
    version="0.1.0",
    description="The simulated robot and the policy runner as ROS 2 nodes.",
    license="Apache-2.0",
    packages=["mil_nodes"],
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/mil_nodes"]),
        ("share/mil_nodes", ["package.xml"]),
    ],
    entry_points={
        "console_scripts": [
            "sim_robot = mil_nodes.sim_robot:main",
            "demo_recorder = mil_nodes.demo_recorder:main",
            "goal_monitor = mil_nodes.goal_monitor:main",
            "policy_runner = mil_nodes.policy_runner:main",
        ]
    },
)
