"""The software renderer: coverage, depth order, shading and colours, measured on its pictures."""

import numpy as np
import pytest

from model_core.base.errors import UserError
from model_core.demo.render import Framing, render
from model_core.rig.rig import load_face_rig

CLOSE = Framing(centre=(0.0, 0.0, 0.0), half_height=1.0, distance=100.0)
SQUARE = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]], float)
TWO = np.array([[0, 1, 2], [0, 2, 3]])


def test_a_square_covers_exactly_its_pixels() -> None:
    black = np.zeros((4, 3))
    image = render(SQUARE, TWO, black, size=64, framing=CLOSE)
    rows, columns = np.nonzero((image == 0).all(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 47, 16, 47)
    assert len(rows) == 32 * 32


def test_the_nearer_surface_hides_the_farther_whatever_their_order() -> None:
    vertices = np.concatenate([SQUARE, SQUARE + np.array([0, 0, 0.2])])
    colours = np.repeat([[1.0, 0, 0], [0, 1.0, 0]], 4, axis=0)
    for faces in (np.concatenate([TWO, TWO + 4]), np.concatenate([TWO + 4, TWO])):
        middle = render(vertices, faces, colours, size=64, framing=CLOSE)[32, 32]
        assert middle[1] > 100
        assert middle[0] == 0


def test_face_colours_are_flat_and_vertex_colours_blend() -> None:
    by_face = render(SQUARE, TWO, np.eye(3)[:2], size=64, framing=CLOSE)
    assert (by_face[40, 44, 1], by_face[24, 20, 0]) == (0, 0)
    by_vertex = render(
        SQUARE, TWO, np.repeat([[0.0], [1.0]], 2, axis=0) * [[1, 1, 1]], size=64, framing=CLOSE
    )
    assert by_vertex[20, 32, 0] > by_vertex[32, 32, 0] > by_vertex[44, 32, 0]


def test_three_quarter_shows_more_of_the_heads_left() -> None:
    rig = load_face_rig()
    colours = np.where(rig.neutral[:, :1] > 0, [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]])
    share = {}
    for view in ("front", "three_quarter"):
        image = render(rig.neutral, rig.faces, colours, view, 128).astype(int)
        left = (image[..., 1] - image[..., 0] > 40).sum()
        right = (image[..., 0] - image[..., 1] > 40).sum()
        share[view] = left / (left + right)
    assert 0.45 < share["front"] < 0.55
    assert share["three_quarter"] > 0.65


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(UserError, match="no view 'back'"):
        render(SQUARE, TWO, view="back")
