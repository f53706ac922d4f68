"""Points of colours: the camera's tilt is undone, a thing is found where it is, grey is not seen."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mil_core.colour_points import ColourPointsConfig, colour_points, lattice, table_places

CONFIG = ColourPointsConfig()
COLOUR = torch.tensor([0.85, 0.2, 0.25])
SIZE = 64


def shown(things: list[tuple[int, int, torch.Tensor]]) -> torch.Tensor:
    """Squares of 7 pixels around rows and columns on a plain table, (1, 3, SIZE, SIZE)."""
    picture = torch.full((3, SIZE, SIZE), 0.55)
    for row, col, colour in things:
        picture[:, row - 3 : row + 4, col - 3 : col + 4] = colour[:, None, None]
    return picture[None]


def surest(points: torch.Tensor) -> torch.Tensor:
    """Place of the colour that is surest."""
    return points[0, points[0, :, 0].argmax(), 1:]


def test_places_are_those_on_a_plane_before_a_tilted_camera() -> None:
    places, tilt = table_places(SIZE, SIZE, CONFIG), np.deg2rad(CONFIG.camera_tilt_deg)
    focal_px = SIZE / 2 / np.tan(np.deg2rad(CONFIG.camera_fovy_deg / 2))
    width = SIZE / focal_px  # of what the picture shows in its middle, at distance 1
    for right, away in np.random.default_rng(0).uniform(-0.2, 0.2, (20, 2)):
        depth = 1 + away * np.cos(tilt)
        col, row = SIZE / 2 + focal_px * right / depth, SIZE / 2 - focal_px * away * np.sin(tilt) / depth
        found = places[int(row), int(col)].numpy() * width
        np.testing.assert_allclose(found, [right, away], atol=1.3 / focal_px)


@given(st.integers(14, 58), st.integers(5, 58))
@settings(max_examples=25)
def test_a_thing_is_found_where_it_is_and_its_colour_does_not_depend_on_it(row: int, col: int) -> None:
    points = colour_points(shown([(row, col, COLOUR)]), CONFIG)
    expected = table_places(SIZE, SIZE, CONFIG)[row, col]
    assert (surest(points) - expected).abs().max() < 1.0 / SIZE
    other = colour_points(shown([(40, 30, COLOUR)]), CONFIG)
    torch.testing.assert_close(points[..., 0], other[..., 0], atol=0.05, rtol=0.0)


def test_another_thing_does_not_move_a_point_even_where_both_share_a_colour() -> None:
    alone = surest(colour_points(shown([(40, 30, COLOUR)]), CONFIG))
    for colour in (torch.tensor([0.2, 0.3, 0.9]), 0.85 * COLOUR):
        beside = colour_points(shown([(40, 30, COLOUR), (25, 50, colour)]), CONFIG)
        sure = colour_points(shown([(40, 30, COLOUR)]), CONFIG)[0, :, 0].argmax()
        assert (beside[0, sure, 1:] - alone).abs().max() < 1.5 / SIZE


@pytest.mark.parametrize("light", [0.0, 0.3, 0.9])
def test_grey_things_are_not_seen_and_an_empty_table_shows_nothing(light: float) -> None:
    points = colour_points(shown([(40, 30, torch.full((3,), light))]), CONFIG)
    assert float(points[..., 0].max()) < 1e-3 and bool(points.isfinite().all())


def test_what_lies_beyond_the_table_is_not_seen() -> None:
    assert float(colour_points(shown([(4, 30, COLOUR)]), CONFIG)[..., 0].max()) < 1e-3


def test_the_lattice_has_no_grey_and_no_colour_twice() -> None:
    nodes = lattice(CONFIG)
    assert 60 < len(nodes) == len(torch.unique(nodes, dim=0))
    assert (nodes[:, :2].norm(dim=1) > 0.9 * CONFIG.chroma_step).all()
