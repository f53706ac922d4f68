"""Installs the gate where `ros2 run mil_safety` looks for it."""

from setuptools import setup

setup(
    name="mil_safety",
    version="0.1.0",
    description="The safety gate: the only publisher of robot commands.",
    license="Apache-2.0",
    packages=["mil_safety"],
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/mil_safety"]),
        ("share/mil_safety", ["package.xml"]),
    ],
    entry_points={"console_scripts": ["safety_gate = mil_safety.gate_node:main"]},
)
