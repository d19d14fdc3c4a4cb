"""Which meshes are FLAME heads, and how a motion is placed on one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.base.errors import UserError
from model_core.demo.head import load_demo_head
from model_core.motion.motion import Motion
from model_core.rig.lids import BLINKS, lid_gaps
from model_core.rig.mesh import unique_edges
from model_core.rig.rig import load_face_rig
from model_core.targets.registry import find_target
from model_core.targets.rig_target import Geometry

UPRIGHT = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)  # +Y up -> +Z up


def geometry(points: NDArray[np.float32]) -> Geometry:
    faces = load_face_rig().faces
    return Geometry(points, faces.ravel(), np.full(len(faces), 3))


def speech() -> Motion:
    weights = np.linspace(0, 0.5, 5, dtype=np.float32)[:, None]
    return Motion(30.0, ("jawOpen",), load_face_rig().select(("jawOpen",)), weights)


@pytest.mark.parametrize("scale", [1.0, 10.0, 100.0])
def test_a_motion_is_placed_in_the_heads_units_and_axes(scale: float) -> None:
    rig = load_face_rig()
    target = find_target(geometry(rig.neutral @ UPRIGHT.T * scale), "Head")
    assert target.kind.startswith("FLAME head")
    assert target.problem() is None
    placed = target.place(speech())
    np.testing.assert_allclose(placed.basis, speech().basis @ UPRIGHT.T * scale, atol=1e-5 * scale)


def test_lips_are_known() -> None:
    opening = find_target(geometry(load_face_rig().neutral), "Head").lip_opening(speech())
    assert opening is not None
    assert opening[0] == 0
    assert (np.diff(opening) > 1).all()


def test_another_mesh_says_why() -> None:
    cube = Geometry(np.eye(8, 3, dtype=np.float32), np.arange(24) % 8, np.full(6, 4))
    problem = find_target(cube, "Cube").problem()
    assert problem is not None
    assert "5023" in problem


def test_a_motion_of_another_mesh_is_refused() -> None:
    small = Motion(30.0, ("a",), np.zeros((1, 8, 3), np.float32), np.ones((2, 1), np.float32))
    with pytest.raises(UserError, match="8 vertices, and 'Head' has 5023"):
        find_target(geometry(load_face_rig().neutral), "Head").place(small)


@pytest.mark.parametrize("scale", [1.0, 7.0, 100.0])
def test_a_blink_is_placed_so_that_it_closes_this_head(scale: float) -> None:
    rig, points = load_face_rig(), load_demo_head().vertices
    weights = np.ones((1, 2), np.float32)
    blink = Motion(30.0, BLINKS, rig.select(BLINKS), weights)
    placed = find_target(geometry(points @ UPRIGHT.T * scale), "Head").place(blink)
    edges = unique_edges(rig.faces)
    for own, general in zip(placed.basis, blink.basis, strict=True):
        gaps = lid_gaps(points @ UPRIGHT.T * scale, edges, own).closed / scale * 1000
        before = lid_gaps(points, edges, general).closed * 1000
        assert gaps.max() <= 0.02 < before.max()
