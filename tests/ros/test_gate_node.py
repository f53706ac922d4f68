"""The gate's process stays small: what loads there can fail there."""

import subprocess
import sys


def test_the_gate_loads_neither_learning_nor_simulation_nor_pictures() -> None:
    script = (
        "import sys, mil_safety.gate_node; print(sorted({'torch', 'mujoco', 'cv2', 'av', 'sim'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
