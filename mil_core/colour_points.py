"""From a picture to points: where on the table each colour is seen, and how surely. Given, not learned.

Knows neither tasks nor networks. Places are those on the table, not those in the picture: the camera's tilt is undone,
so that the same way over the table is the same difference of points everywhere.
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

_AXES = torch.tensor([[2.0, -1.0, -1.0], [0.0, 1.0, -1.0], [1.0, 1.0, 1.0]])
"""Two axes across grey and grey itself, still to be normalised."""
_OUTSIDE = 0.12
"""Colours of the lattice may lie so far outside of what can be shown; those at its border need them."""
_FAINT = 0.1
"""Difference from the table's colour, of 1, from which on a pixel may belong to a thing; at twice as much it does."""
_NUM_PIXELS = 320
"""Pixels that are looked at: the most colourful ones that differ from the table. Four blocks have fewer."""
_BLOB = 0.045
"""Pixels of one colour support each other up to this distance, in picture widths; about the radius of a small block."""
_NEAR = 0.085
"""Pixels so near to a point, in picture widths, count for it."""
_FEW = 4.0
"""A point with so many pixels is half sure."""
_AT_ONCE = 8
"""Pictures worked on together: what comes of them fits a processor's cache, which saves more than half of the time."""
_EPSILON = 1e-6


@dataclass(frozen=True)
class ColourPointsConfig:
    """The lattice of colours, and the camera."""

    chroma_step: float = 0.2
    """Distance of neighbouring colours across the grey axis, of 1."""
    light_step: float = 0.45
    """Distance along the grey axis, of 1.73: light counts for less than colour."""
    camera_tilt_deg: float = 61.1
    """How far the camera looks down."""
    camera_fovy_deg: float = 33.0
    """Its opening from top to bottom."""
    skip_top: float = 0.125
    """Share of the picture, from its top, that shows what lies beyond the table."""


@cache
def lattice(config: ColourPointsConfig) -> Tensor:
    """The colours: two coordinates across grey and one along it, shape (colour, 3). Grey itself is left out."""
    across = torch.arange(-6, 7) * config.chroma_step
    along = (torch.arange(8) + 0.5) * config.light_step
    points = torch.cartesian_prod(across, across, along)
    rgb = points @ _axes()
    can_be_seen = ((rgb > -_OUTSIDE) & (rgb < 1 + _OUTSIDE)).all(1)
    return points[can_be_seen & (points[:, :2].abs().sum(1) > _EPSILON)]


def colour_points(
    pictures: Float[Tensor, "picture 3 height width"], config: ColourPointsConfig
) -> Float[Tensor, "picture colour 3"]:
    """Where each colour of the lattice is seen.

    Each pixel that differs from the table, which is the picture's median colour, is shared among its colour's
    neighbours in the lattice; a point is their mean place, weighted by the fourth power of how many of its colour are
    near: where two things share a colour, its point lies on the one that shows more of it.

    Returns: for each colour how sure it is that it is there, from 0 to 1, and its place on the table, to the right and
        away from the camera, in picture widths.
    """
    return torch.cat([_of_few(few, config) for few in pictures.split(_AT_ONCE)])


def _of_few(pictures: Float[Tensor, "picture 3 height width"], config: ColourPointsConfig) -> Tensor:
    """As `colour_points`, all pictures at once."""
    height, width = pictures.shape[-2:]
    colours = torch.einsum("ij,njrc->nirc", _axes().to(pictures.dtype), pictures).flatten(2)
    apart = (colours - colours.median(2, keepdim=True).values).square().sum(1).sqrt()
    is_thing = ((apart - _FAINT) / _FAINT).clamp(0, 1)
    is_thing = is_thing * (torch.arange(height * width) >= int(config.skip_top * height) * width)
    chroma = colours[:, :2].square().sum(1).sqrt()
    number = min(_NUM_PIXELS, height * width)
    chosen = (is_thing * (chroma / config.chroma_step).clamp(max=1)).topk(number, 1).indices
    colours, is_thing = colours.gather(2, chosen[:, None].expand(-1, 3, -1)), is_thing.gather(1, chosen)
    places = table_places(height, width, config).to(pictures.dtype).flatten(0, 1)[chosen]
    return _points(_shares(colours, config) * is_thing[..., None], places)


def table_places(height: int, width: int, config: ColourPointsConfig) -> Float[Tensor, "height width 2"]:
    """Where on the table each pixel lies: to the right and away from the camera, from the picture's middle, in widths
    of what the picture shows there."""
    tilt, half = torch.deg2rad(torch.tensor([config.camera_tilt_deg, config.camera_fovy_deg / 2]))
    up = (0.5 - (torch.arange(height) + 0.5) / height)[:, None]
    right = ((torch.arange(width) + 0.5) / width - 0.5)[None] * (width / height)
    farther = 1 / (1 - up * 2 * half.tan() / tilt.tan())
    return torch.stack([right * farther, (up / tilt.sin() * farther).expand(height, width)], dim=-1) * (height / width)


def _shares(colours: Float[Tensor, "picture 3 pixel"], config: ColourPointsConfig) -> Tensor:
    """How much of each pixel belongs to each colour, (picture, pixel, colour): linear between neighbours."""
    nodes = lattice(config).to(colours.dtype)
    shares = colours.new_ones(())
    for axis, step in enumerate((config.chroma_step, config.chroma_step, config.light_step)):
        levels, of_node = nodes[:, axis].unique(return_inverse=True)  # few, so that most of the work is done once
        shares = shares * (1 - (colours[:, axis, :, None] - levels).abs() / step).relu()[..., of_node]
    return shares


def _points(shares: Float[Tensor, "picture pixel colour"], places: Float[Tensor, "picture pixel 2"]) -> Tensor:
    """Sureness and place of each colour."""
    support = (1 - (torch.cdist(places, places) / _BLOB).square()).relu() @ shares
    weights = shares * (support / (support.amax(1, keepdim=True) + _EPSILON)).square().square()
    points = weights.transpose(1, 2) @ places / (weights.sum(1)[..., None] + _EPSILON)
    is_near = torch.cdist(places, points) < _NEAR
    pixels = (shares * is_near).sum(1)
    return torch.cat([(pixels / (pixels + _FEW))[..., None], points], dim=-1)


def _axes() -> Tensor:
    return _AXES / _AXES.norm(dim=1, keepdim=True)
