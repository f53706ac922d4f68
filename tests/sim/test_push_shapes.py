"""Laws of shapes: they stand, they fit, and no two of different splits look alike."""

import numpy as np
import pytest
import trimesh

from sim.push_objects import shapes
from sim.push_shapes import FAMILIES, MAX_HEIGHT, MIN_HEIGHT, NUM_VARIANTS, push_mesh

ALIKE = 0.87
"""Overlap of two outlines, in the view where they differ most, above which two shapes would be hard to tell apart."""


def outlines(family: str, variant: int) -> np.ndarray:
    """Pictures of a shape from the front, from the side and from above, shape (3, 32, 32)."""
    points = trimesh.Trimesh(*push_mesh(family, variant), process=False).sample(4000, seed=0)
    cells = np.clip((points / (2.1, 2.1, 2.5) + (0.5, 0.5, 0.0)) * 32, 0, 31).astype(int)
    pictures = np.zeros((3, 32, 32), bool)
    for view, (across, up) in enumerate(((1, 2), (0, 2), (0, 1))):
        pictures[view, cells[:, across], cells[:, up]] = True
    return pictures


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float(min((one & other).sum(axis=(1, 2)) / (one | other).sum(axis=(1, 2))))


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes_stand_on_the_table_within_their_circle(family):
    for variant in range(NUM_VARIANTS):
        vertices, faces = push_mesh(family, variant)
        assert np.isfinite(vertices).all() and vertices[:, 2].min() == 0.0
        assert MIN_HEIGHT - 1e-9 <= vertices[:, 2].max() <= MAX_HEIGHT + 1e-9
        reach = np.linalg.norm(vertices[:, :2], axis=1)
        assert reach.max() == pytest.approx(1.0, abs=1e-6)
        # No other circle around the footprint is clearly smaller.
        turns = np.linspace(0, 2 * np.pi, 12)
        moved = vertices[:, None, :2] - 0.03 * np.column_stack([np.cos(turns), np.sin(turns)])
        assert np.linalg.norm(moved, axis=2).max(axis=0).min() > 0.99
        assert 0 <= faces.min() and faces.max() < len(vertices) and len(faces) <= 800


def test_shapes_of_different_splits_do_not_look_alike():
    seen = {split: [outlines(*shape) for shape in shapes(split)] for split in ("train", "validation", "test")}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert max(overlap(a, b) for a in seen[one] for b in seen[other]) < ALIKE
    assert overlap(seen["train"][0], seen["train"][0]) == 1.0
