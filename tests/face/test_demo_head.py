"""The demo head: a closed dark mouth that stays inside, and eyes that look like eyes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.demo.head import load_demo_head
from model_core.demo.render import render
from model_core.rig.mesh import border_vertices, triangle_normals
from model_core.rig.rig import load_face_rig

from .face_poses import offsets_of

HEAD = load_demo_head()


def winding_numbers(
    points: NDArray[np.float64], vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return (P) generalised winding numbers: near 1 inside a mesh, near 0 outside.

    Sum of the triangles' solid angles by Van Oosterom and Strackee (1983).
    """
    corners = vertices[faces][None] - points[:, None, None]
    a, b, c = corners[..., 0, :], corners[..., 1, :], corners[..., 2, :]
    la, lb, lc = (np.linalg.norm(side, axis=-1) for side in (a, b, c))
    volume = np.einsum("pfx,pfx->pf", a, np.cross(b, c))
    dots = [np.einsum("pfx,pfx->pf", u, v) for u, v in ((a, b), (b, c), (c, a))]
    flat = la * lb * lc + dots[0] * lc + dots[1] * la + dots[2] * lb
    return np.arctan2(volume, flat).sum(axis=1) / (2 * np.pi)


def test_it_has_flames_topology_and_a_heads_size() -> None:
    assert np.array_equal(HEAD.faces, load_face_rig().faces)
    height = np.ptp(HEAD.vertices[:, 1])
    assert 0.25 < height < 0.40
    assert np.linalg.norm(HEAD.vertices - load_face_rig().neutral, axis=1).max() < 0.03


def test_it_is_not_flames_mean_but_another_shape() -> None:
    apart = np.linalg.norm(HEAD.vertices - load_face_rig().neutral, axis=1)
    assert np.median(apart) > 0.001


def test_the_mouth_object_is_closed_and_faces_outwards() -> None:
    assert len(border_vertices(HEAD.mouth_faces)) == 0
    centre = HEAD.mouth_vertices.mean(axis=0)
    outward = HEAD.mouth_vertices[HEAD.mouth_faces].mean(axis=1) - centre
    normals = triangle_normals(HEAD.mouth_vertices, HEAD.mouth_faces)
    assert (np.einsum("fx,fx->f", outward, normals) > 0).all()


@pytest.mark.parametrize(
    "pose",
    [
        {"jawOpen": 0.0},
        {"jawOpen": 0.5},
        {"jawOpen": 0.5, "mouthClose": 0.5},
        {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
        {"mouthStretchLeft": 1.0, "mouthStretchRight": 1.0},
        {"mouthPucker": 1.0},
    ],
    ids="+".join,
)
def test_the_mouth_object_stays_inside_the_head(pose: dict[str, float]) -> None:
    vertices = HEAD.vertices + offsets_of(pose)
    inside = winding_numbers(HEAD.mouth_vertices[::3].astype(float), vertices, HEAD.faces)
    assert inside.min() > 0.5


def test_iris_and_pupil_are_round_the_fronts_of_the_eyeballs() -> None:
    eyeballs = set(load_face_rig().regions["eyeballs"])
    for part, radius in ((HEAD.iris_faces, 0.008), (HEAD.pupil_faces, 0.004)):
        corners = HEAD.faces[part]
        assert set(corners.ravel()) <= eyeballs
        for side in (1, -1):
            own = HEAD.vertices[corners].mean(axis=1)
            own = own[own[:, 0] * side > 0]
            assert len(own) >= 16
            assert np.linalg.norm((own - own.mean(axis=0))[:, :2], axis=1).max() < radius
    assert not set(HEAD.iris_faces) & set(HEAD.pupil_faces)


def test_the_scene_shows_dark_only_in_an_open_mouth() -> None:
    dark = {}
    for jaw in (0.0, 0.5):
        vertices, faces, colours = HEAD.scene(offsets_of({"jawOpen": jaw}))
        image = render(vertices, faces, colours, size=256).astype(int)
        dark[jaw] = int((image[140:200, 90:166].sum(axis=2) < 150).sum())
    assert dark[0.5] > 150
    assert dark[0.0] < dark[0.5] / 10
