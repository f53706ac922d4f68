"""One arrangement of three sprites on one map, as numbers and as a picture. It refuses to know what anybody wants."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import LayoutFailed
from sim.spriteworld.ground import LARGE_PPC, cell_under, ground
from sim.spriteworld.sprites import SPRITE_CELLS, sprite, sprite_picture
from sim.spriteworld.terrain import SIZE_CELLS

PICTURE_PPC = 4
"""Pixels per cell of the picture that is learned from: 80 x 80 for 20 x 20 cells (thesis B.4.1)."""
GAP_CELLS = 1
"""Free cells between two sprites, so that no two of them can shut a third one in."""
MAX_ATTEMPTS = 1000


@dataclass(frozen=True)
class Scene:
    """Where everything is."""

    terrain: NDArray[np.int64]
    """Number of each cell's terrain, shape (20, 20)."""
    sprite_ids: tuple[int, ...]
    """Who stands there."""
    poses: tuple[int, ...]
    """Pose of each sprite."""
    corners: NDArray[np.int64]
    """Row and column of each sprite's upper left cell, shape (sprites, 2)."""

    def is_covered(self, index: int) -> NDArray[np.bool_]:
        """The cells of one sprite, shape (20, 20)."""
        covered = np.zeros(self.terrain.shape, bool)
        row, column = self.corners[index]
        covered[row : row + SPRITE_CELLS, column : column + SPRITE_CELLS] = True
        return covered

    def is_free(self) -> NDArray[np.bool_]:
        """The cells of no sprite, shape (20, 20)."""
        return ~np.any([self.is_covered(index) for index in range(len(self.sprite_ids))], axis=0)

    def centre(self, index: int) -> tuple[int, int]:
        """Row and column of the cell in the middle of a sprite."""
        row, column = (self.corners[index] + SPRITE_CELLS // 2).tolist()
        return row, column

    def picture(self, pixels_per_cell: int = PICTURE_PPC) -> NDArray[np.uint8]:
        """The scene from above; PICTURE_PPC to learn from, LARGE_PPC to look at.

        Returns: shape (20 * pixels_per_cell, 20 * pixels_per_cell, 3), RGB.
        """
        row, column = cell_under(pixels_per_cell)
        y, x = np.indices(row.shape)
        picture = ground(pixels_per_cell)[self.terrain[row, column], y, x]
        side = SPRITE_CELLS * pixels_per_cell
        for sprite_id, pose, (top, left) in zip(
            self.sprite_ids, self.poses, self.corners * pixels_per_cell, strict=True
        ):
            drawn = sprite_picture(sprite_id, pose, pixels_per_cell)
            below = picture[top : top + side, left : left + side]
            below[:] = np.rint(255 * drawn[..., :3] + (1 - drawn[..., 3:]) * below)
        return picture

    def large_picture(self) -> NDArray[np.uint8]:
        """The scene for people, shape (640, 640, 3)."""
        return self.picture(LARGE_PPC)


def arrange(
    rng: np.random.Generator, terrain: NDArray[np.int64], sprite_ids: tuple[int, ...], margin_cells: int
) -> Scene:
    """Put sprites somewhere on a map, apart from each other, each in some pose.

    Args: rng: source of chance. terrain: shape (20, 20). sprite_ids: who. margin_cells: free cells along the border.
    Raises: LayoutFailed: there is no room.
    """
    poses = tuple(int(rng.integers(sprite(sprite_id).num_poses)) for sprite_id in sprite_ids)
    last = SIZE_CELLS - SPRITE_CELLS - margin_cells
    for _ in range(MAX_ATTEMPTS if last >= margin_cells else 0):
        corners = rng.integers(margin_cells, last, (len(sprite_ids), 2), endpoint=True)
        apart = np.abs(corners[:, None] - corners[None]).max(axis=-1)
        if (apart + SIZE_CELLS * np.eye(len(sprite_ids)) >= SPRITE_CELLS + GAP_CELLS).all():
            return Scene(terrain, sprite_ids, poses, corners)
    raise LayoutFailed(
        f"Expected room for {len(sprite_ids)} sprites with a margin of {margin_cells} cells on {SIZE_CELLS} x "
        f"{SIZE_CELLS}, found none; ask for fewer sprites or a smaller margin."
    )
