"""Ways from colour to colour, as goal classifiers compare them."""

import dataclasses

import torch

from mil_core.colour_points import ColourPointsConfig, lattice
from mil_core.goal_net import GoalNet, GoalNetConfig

NET = GoalNetConfig(32, 32, ColourPointsConfig(0.3, 0.6), hidden=12, kinds=6, pairs=12)


def test_pairs_may_be_kept_to_different_colours_and_to_steady_ways() -> None:
    nodes = lattice(NET.colours)
    steps = torch.tensor([NET.colours.chroma_step, NET.colours.chroma_step, NET.colours.light_step])
    apart = dataclasses.replace(NET, least_apart=1.5)
    torch.manual_seed(0)
    points = torch.rand(1, 5, len(nodes), 3)
    first, second = GoalNet(apart).pairs(points)
    assert ((nodes[first] - nodes[second]).abs() / steps).amax(-1).min() >= 1.5
    # Two colours that hardly move to each other beat all that do, though they are seen less surely.
    a, b = first[0, -1], second[0, -1]
    points[..., 0], points[:, :, [a, b], 0] = 1.0, 0.6
    points[:, :, a, 1:] = points[:, :, b, 1:] + 0.1
    (found,) = GoalNet(dataclasses.replace(apart, pairs=1, steady=0.05)).pairs(points).permute(1, 2, 0).tolist()
    assert found == [[a, b]]
    (surest,) = GoalNet(dataclasses.replace(apart, pairs=1)).pairs(points).permute(1, 2, 0).tolist()
    assert surest != [[a, b]]


def test_relations_do_not_see_where_a_pair_stands_but_how() -> None:
    torch.manual_seed(0)
    net, points = GoalNet(NET), torch.rand(1, 4, len(lattice(NET.colours)), 3)
    points[0, 1] = points[0, 0] + torch.tensor([0.0, 0.3, -0.2])  # all of it moved
    points[0, 2] = points[0, 0] * torch.tensor([1.0, -1.0, 1.0])  # in a mirror
    pairs = net.pairs(points[:, :2])
    assert (pairs[0] < pairs[1]).all() and len(torch.unique(pairs[:, 0], dim=1).T) == NET.pairs
    found = net.relations(points, pairs)[0]
    torch.testing.assert_close(found[0], found[1])
    assert not torch.allclose(found[0], found[2])
    sums = found[0].sum(-1)
    assert (sums <= points[0, 0, pairs[0, 0], 0] * points[0, 0, pairs[1, 0], 0]).all()


def test_a_way_between_shades_of_one_colour_is_told_from_the_same_way_between_two_colours() -> None:
    torch.manual_seed(0)
    net, nodes = GoalNet(NET), lattice(NET.colours)
    hue = torch.nn.functional.normalize(nodes[:, :2], dim=1)
    shades = (hue @ hue.T > 0.999).triu(1).nonzero()[0]
    unlike = (hue @ hue.T).argmin()
    colours = torch.stack([shades, torch.tensor([unlike // len(nodes), unlike % len(nodes)])])
    points = torch.zeros(1, 1, len(nodes), 3)
    points[..., 0] = 1.0  # all colours are there, all in one place: every way is the same
    found = net.relations(points, colours.T[:, None])[0, 0]
    assert (found[0] - found[1]).abs().max() > 1e-3
