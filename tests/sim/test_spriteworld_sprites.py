import numpy as np
import pytest

from data_tools.demo import Split
from sim.disc_colours import lab
from sim.spriteworld.canvas import SIDE_PX, Canvas
from sim.spriteworld.contact_sheet import contact_sheet
from sim.spriteworld.scene import PICTURE_PPC
from sim.spriteworld.sprites import NUM_BUILDINGS, NUM_SPRITES, SPRITE_CELLS, sprite, sprite_ids, sprite_picture

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
EVERY = range(NUM_SPRITES)


def mean_lab(sprite_id: int, pose: int) -> np.ndarray:
    """Mean colour of what is drawn, as the learner sees it."""
    total = sprite_picture(sprite_id, pose, PICTURE_PPC).astype(np.float64).sum((0, 1))
    return lab(total[:3] / total[3])


def test_splits_share_no_sprite_and_leave_none_out() -> None:
    ids = [sprite_id for split in SPLITS for sprite_id in sprite_ids(split)]
    assert sorted(ids) == list(EVERY)
    assert [len(sprite_ids(split)) for split in SPLITS] == [95, 5, 5]
    for split in SPLITS:
        assert {sprite(sprite_id).is_building for sprite_id in sprite_ids(split)} == {True, False}


def test_names_and_main_colours_are_unique() -> None:
    assert len({sprite(index).name for index in EVERY}) == NUM_SPRITES
    assert len({sprite(index).main for index in EVERY}) == NUM_SPRITES


def test_buildings_have_one_pose_and_characters_several_different_ones() -> None:
    for index in EVERY:
        poses = [sprite_picture(index, pose, PICTURE_PPC) for pose in range(sprite(index).num_poses)]
        assert len(poses) == (1 if index < NUM_BUILDINGS else 8)
        for one in range(len(poses)):
            for other in range(one):
                assert np.abs(poses[one] - poses[other]).max() > 0.05, (index, one, other)


def test_sprites_differ_more_from_each_other_than_from_their_own_poses() -> None:
    means = np.array([mean_lab(index, 0) for index in EVERY])
    apart = np.linalg.norm(means[:, None] - means[None], axis=-1) + 1e3 * np.eye(NUM_SPRITES)
    assert apart.min() > 3.0  # 2 CIELAB units are just visible
    for index in EVERY:
        for pose in range(1, sprite(index).num_poses):
            assert np.linalg.norm(means - mean_lab(index, pose), axis=1).argmin() == index


@pytest.mark.parametrize("index", EVERY[::4])
def test_a_picture_is_opacity_times_colour_and_clear_of_its_border(index: int) -> None:
    picture = sprite_picture(index, sprite(index).num_poses - 1, SIDE_PX // SPRITE_CELLS)
    assert picture.min() >= 0.0 and picture.max() <= 1.0
    assert (picture[..., :3] <= picture[..., 3:] + 1e-6).all()
    assert picture[[0, -1]].max() == picture[:, [0, -1]].max() == 0.0
    # It reaches into every row and column of its cells and fills the middle one.
    cells = picture[..., 3].reshape(SPRITE_CELLS, SIDE_PX // SPRITE_CELLS, SPRITE_CELLS, -1).mean((1, 3))
    assert cells.max(0).min() > 0.2 and cells.max(1).min() > 0.2 and cells[1, 1] > 0.9


def test_turning_the_canvas_turns_the_drawing() -> None:
    def drawn(heading_rad: float) -> np.ndarray:
        canvas = Canvas(heading_rad)
        canvas.box((0.0, -0.6), (0.2, 0.2), (1.0, 0.0, 0.0))
        return canvas.finished()[..., 0] > 0.5

    row, column = (np.flatnonzero(drawn(0.0).any(axis)).mean() for axis in (1, 0))
    assert row < SIDE_PX / 2 - 30 and abs(column - SIDE_PX / 2) < 3
    row, column = (np.flatnonzero(drawn(np.pi / 2).any(axis)).mean() for axis in (1, 0))
    assert column > SIDE_PX / 2 + 30 and abs(row - SIDE_PX / 2) < 3


def test_the_contact_sheet_shows_every_sprite() -> None:
    sheet = contact_sheet()
    assert sheet.shape == (7 * 112, 15 * 96, 3)
    cells = sheet.reshape(7, 112, 15, 96, 3).transpose(0, 2, 1, 3, 4).reshape(NUM_SPRITES, -1)
    assert len({cell.tobytes() for cell in cells}) == NUM_SPRITES
