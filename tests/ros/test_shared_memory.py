"""Segments of the dead go, segments of the living stay."""

import fcntl
from pathlib import Path

import rclpy
from mil_bringup.shared_memory import SHARED_MEMORY, remove_orphans
from rclpy.context import Context

DEAD, LIVING, OTHER = "fastrtps_" + "0" * 16, "fastrtps_" + "1" * 16, "fastrtps_port7411"


def test_only_segments_without_an_owner_are_removed(tmp_path: Path) -> None:
    for name in (DEAD, LIVING, OTHER):
        (tmp_path / name).write_bytes(b"segment")
        (tmp_path / f"{name}_el").touch()
    with (tmp_path / f"{LIVING}_el").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert remove_orphans(tmp_path) == 1
        assert remove_orphans(tmp_path) == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {LIVING, f"{LIVING}_el", OTHER, f"{OTHER}_el"}


def test_a_living_node_keeps_its_memory() -> None:
    def segments() -> set[str]:
        return {path.name for path in SHARED_MEMORY.glob("fastrtps_*_el")}

    before = segments()
    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("living", context=context)
    mine = segments() - before
    assert mine
    remove_orphans()
    assert mine <= segments()
    node.destroy_node()
    rclpy.shutdown(context=context)
