"""The safety gate: a pure state machine, and the node around it. Knows no torch, no mujoco and no policy."""
