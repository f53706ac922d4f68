"""The floor of the project: the data contract, its files and its films. Knows no torch, no mujoco, no rclpy."""
