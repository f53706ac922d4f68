"""Laws of the geometry of containers: closed, outward, of the stated size, with walls that follow what is seen."""

import mujoco
import numpy as np
import pytest

from sim.crockery import FLOOR_M, collision_boxes, shell_mesh
from sim.objects import KINDS, catalogue

FORMS = {kind: next(c.form for c in catalogue("train") if c.kind == kind) for kind in KINDS}


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


def test_the_shell_is_closed(form):
    shell = shell_mesh(form)
    # The doubled seam and the almost-points in the middle are joined before edges are counted.
    _, joined = np.unique(shell.vertices_m.round(7), axis=0, return_inverse=True)
    faces = joined.ravel()[shell.faces]
    edges = np.concatenate((faces[:, :2], faces[:, 1:], faces[:, [2, 0]]))
    _, inverse, counts = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True)
    open_edges = edges[counts[inverse.ravel()] == 1]
    middle = np.linalg.norm(shell.vertices_m[:, :2], axis=1).max() * 2e-3
    loose_vertices = shell.vertices_m[np.isin(joined.ravel(), open_edges)]
    assert (np.linalg.norm(loose_vertices[:, :2], axis=1) < middle).all()


def test_the_shell_encloses_its_wall(form):
    shell = shell_mesh(form)
    a, b, c = shell.vertices_m[shell.faces].transpose(1, 0, 2)
    volume = np.einsum("ij,ij->", a, np.cross(b, c)) / 6
    cup = np.pi * form.radius_m**2 * form.height_m
    assert 0 < volume < 0.8 * cup


def test_the_shell_has_the_stated_size(form):
    vertices = shell_mesh(form).vertices_m
    assert vertices[:, 2].min() == 0.0
    assert vertices[:, 2].max() == pytest.approx(form.height_m)
    assert vertices[:, 0].max() == pytest.approx(form.radius_m, rel=0.01)
    assert np.linalg.norm(vertices[:, :2], axis=1).max() <= form.footprint_m + 1e-9


def test_texture_coordinates_stay_in_the_picture(form):
    uv = shell_mesh(form).uv
    assert uv.min() >= 0.0 and uv.max() <= 1.0


def test_boxes_stand_on_the_table_and_stay_in_the_footprint(form):
    for box in collision_boxes(form):
        axes = np.zeros(9)
        mujoco.mju_quat2Mat(axes, box.quaternion_wxyz)
        signs = np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, -1).T
        corners = box.centre_m + signs * box.half_size_m @ axes.reshape(3, 3).T
        assert corners[:, 2].min() > -1e-3
        assert corners[:, 2].max() < form.height_m + 0.0055
        assert np.linalg.norm(corners[:, :2], axis=1).max() < form.footprint_m + 0.012


def test_an_opening_is_left_for_an_item(form):
    inside = min(form.scale_at(0.5) * form.radius_m * form.aspect, form.radius_m * form.aspect)
    assert inside > 0.030
    assert form.height_m > FLOOR_M + 0.008
