"""Spirals and pooling on meshes small enough to draw, and on FLAME's."""

from itertools import pairwise

import numpy as np
import pytest

from model_core.base.arrays import Floats, Ints
from model_core.base.errors import UserError
from model_core.rig.mesh import triangle_normals, unique_edges
from model_core.rig.pyramid.collapse import Collapse
from model_core.rig.pyramid.pyramid import Layer, pyramid
from model_core.rig.pyramid.spirals import fans, spirals
from model_core.rig.pyramid.surface import Pooling, Surface, flame_surface
from model_core.rig.rig import load_face_rig

SPIRAL, DILATION, LAYERS = 9, 2, 4
LIP_RIM = 96


@pytest.fixture
def hexagons() -> tuple[Floats, Ints]:
    """Vertex 0, six about it and twelve about those, numbered against the clock from the right."""
    rings = [[0j], [np.exp(1j * np.pi / 3 * k) for k in range(6)]]
    outer = []
    for k in range(6):
        corner, following = (2 * np.exp(1j * np.pi / 3 * (k + n)) for n in (0, 1))
        outer += [corner, (corner + following) / 2]
    places = np.array([*rings[0], *rings[1], *outer])
    points = np.column_stack([places.real, places.imag, np.zeros(19)])
    faces = []
    for k in range(6):
        inner, following = 1 + k, 1 + (k + 1) % 6
        corner, middle, next_corner = 7 + 2 * k, 8 + 2 * k, 7 + 2 * ((k + 1) % 6)
        faces += [[0, inner, following], [inner, corner, middle], [inner, middle, following]]
        faces += [[following, middle, next_corner]]
    return points, np.array(faces, np.int64)


def _grid(size: int) -> tuple[Floats, Ints]:
    """A flat square of size x size vertices."""
    y, x = np.divmod(np.arange(size * size), size)
    points = np.column_stack([x, y, np.zeros(size * size)]).astype(float)
    low = (np.arange(size - 1)[:, None] * size + np.arange(size - 1)).ravel()
    first = np.column_stack([low, low + 1, low + size + 1])
    second = np.column_stack([low, low + size + 1, low + size])
    return points, np.concatenate([first, second])


def test_spirals_of_a_mesh_drawn_by_hand(hexagons: tuple[Floats, Ints]) -> None:
    points, faces = hexagons
    order = fans(faces, len(points))
    assert order[0] == [1, 2, 3, 4, 5, 6]
    assert order[1] == [0, 6, 18, 7, 8, 2]
    whole = spirals(points, faces, np.array([0]), 19)
    # The second ring goes on where the first one's first vertex looks out of the middle.
    assert whole.tolist() == [[0, 1, 2, 3, 4, 5, 6, 18, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]]
    dilated = spirals(points, faces, np.array([0]), SPIRAL, DILATION)
    assert dilated.tolist() == [[0, 2, 4, 6, 7, 9, 11, 13, 15]]


def test_where_the_mesh_ends_the_nearest_are_taken(hexagons: tuple[Floats, Ints]) -> None:
    points, faces = hexagons
    alone = np.vstack([points, [[9.0, 0.0, 0.0]]])  # belongs to no triangle
    found = spirals(alone, faces, np.array([19]), 4)
    assert found.tolist() == [[19, 7, 8, 18]]  # the right corner, then those beside it
    few = spirals(points[[0, 1, 3]], np.array([[0, 1, 2]]), np.array([1]), 5)
    assert few.tolist() == [[1, 0, 2, 1, 0]]


def test_a_flat_square_keeps_its_outline_and_stays_flat() -> None:
    points, faces = _grid(9)
    kept, simpler = Collapse(points, faces, np.ones(81), np.ones(81, bool)).to(21)
    assert len(kept) == 21
    assert {0, 8, 72, 80} <= set(kept.tolist())
    normals = triangle_normals(points, simpler)
    assert (normals[:, 2] > 0).all()
    assert normals[:, 2].sum() / 2 == pytest.approx(64)
    assert set(simpler.ravel().tolist()) == set(kept.tolist())


def test_dear_vertices_stay() -> None:
    points, faces = _grid(9)
    dear = np.array([30, 31, 32, 39, 40, 41])
    weights = np.ones(81)
    weights[dear] = 1000
    kept, _ = Collapse(points, faces, weights, np.ones(81, bool)).to(30)
    assert set(dear.tolist()) <= set(kept.tolist())
    assert not set(dear.tolist()) <= set(
        Collapse(points, faces, np.ones(81), np.ones(81, bool)).to(30)[0].tolist()
    )


def test_a_mesh_can_be_too_small() -> None:
    points, faces = _grid(4)
    with pytest.raises(UserError, match="too small for 3 layers"):
        pyramid(Surface.plain(points, faces), 3, 5, 1)


@pytest.fixture(scope="module", params=["plain", "face"])
def flame(request: pytest.FixtureRequest) -> tuple[Pooling, list[Layer]]:
    surface = flame_surface(load_face_rig(), request.param)
    return request.param, pyramid(surface, LAYERS, SPIRAL, DILATION)


def test_flame_in_four_layers(flame: tuple[Pooling, list[Layer]]) -> None:
    pooling, layers = flame
    counts = {"plain": [5023, 1256, 314, 79, 20], "face": [3931, 983, 246, 62, 16]}[pooling]
    assert [len(layer.kept) for layer in layers] == counts[1:]
    assert all(layer.spirals.shape == (len(layer.kept), SPIRAL) for layer in layers)
    for before, layer in pairwise(layers):
        assert np.array_equal(before.kept[layer.spirals[:, 0]], layer.kept)
        assert layer.spirals.max() < len(before.kept)
    edges = {tuple(edge) for edge in unique_edges(load_face_rig().faces).tolist()}
    first = layers[0].spirals[:, [0, 1]]
    assert np.array_equal(first[:, 0], layers[0].kept)
    beside = [tuple(sorted(pair)) in edges for pair in first.tolist()]
    assert np.mean(beside) > 0.99  # the second of a spiral is a neighbour, but for lone parts


def test_the_lips_are_kept(flame: tuple[Pooling, list[Layer]]) -> None:
    pooling, layers = flame
    regions = load_face_rig().regions
    rim = [len(np.intersect1d(layer.kept, regions["outer_lips"])) for layer in layers]
    balls = [len(np.intersect1d(layer.kept, regions["eyeballs"])) for layer in layers]
    assert len(regions["outer_lips"]) == LIP_RIM
    if pooling == "face":
        assert rim[0] >= 70
        assert rim[1] >= 20
        assert not any(balls)
    else:
        assert rim[0] < 30
        assert balls[2] > 5
