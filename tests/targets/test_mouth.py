"""Where the lips are, on meshes of any axes, units, density and rest, teeth or none."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.rig.lip_geometry import opening_per_unit
from model_core.rig.rig import load_face_rig
from model_core.targets.mouth import Mouth, find_mouth
from tests.named_heads import Head, flame_head, ict_head, pose_keys

HEAD = flame_head()
JAW = HEAD.shapes["jawOpen"]


def mouth_of(head: Head, opener: NDArray, points: NDArray | None = None) -> Mouth:
    where = head.points if points is None else points
    faces = head.triangles.ravel().astype(np.int64)
    found = find_mouth(where, faces, np.full(len(head.triangles), 3), opener)
    assert found is not None
    return found


def test_openings_are_those_of_the_known_lips() -> None:
    found, rig = mouth_of(HEAD, JAW), load_face_rig()
    ours = np.array([1000 * found.opening(shape) for shape in rig.basis])
    np.testing.assert_allclose(ours, opening_per_unit(rig.basis), atol=2.6)  # jawOpen parts 31
    assert found.axes.up.tolist() == [0, 1, 0]
    assert found.axes.forward.tolist() == [0, 0, 1]
    assert found.axes.left.tolist() == [1, 0, 0]


def test_teeth_gums_and_eyes_in_the_same_mesh_do_not_mislead(shared_dir: Path) -> None:
    head = ict_head(shared_dir)
    upper, lower = head.pairs.T
    for opener in (head.shapes["jawOpen"], pose_keys(head, "Oculus")["oh"]):
        found = mouth_of(head, opener)
        assert 0 <= found.gap < 1.5 * head.millimetre
        for name in ("jawOpen", "mouthClose", "mouthFunnel", "mouthShrugLower", "mouthPucker"):
            shape = head.shapes[name]
            known = (shape[upper, 1] - shape[lower, 1]).mean()
            assert found.opening(shape) == pytest.approx(known, rel=0.2, abs=head.millimetre)


TURNS = [
    np.eye(3),
    np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) * 100,  # +Z up, centimetres
    np.array([[-1, 0, 0], [0, 1, 0], [0, 0, -1]]) * 0.01,
    np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
]


@pytest.mark.parametrize("turn", TURNS, ids=["Y up", "Z up", "facing back", "X up"])
def test_axes_and_units_are_found(turn: NDArray) -> None:
    plain = mouth_of(HEAD, JAW)
    turned = mouth_of(HEAD, JAW @ turn, HEAD.points @ turn)
    size = np.cbrt(abs(np.linalg.det(turn)))
    assert turned.width == pytest.approx(size * plain.width, rel=1e-3)
    funnel = HEAD.shapes["mouthFunnel"]
    for measure in (Mouth.opening, Mouth.widening, Mouth.protrusion):
        known = size * measure(plain, funnel)
        assert measure(turned, funnel @ turn) == pytest.approx(known, rel=0.02)


@pytest.mark.parametrize("parted", [0.05, 0.15])
def test_lips_may_be_parted_at_rest(parted: float) -> None:
    found = mouth_of(HEAD, JAW, HEAD.points + np.float32(parted) * JAW)
    assert found.opening(JAW) == pytest.approx(mouth_of(HEAD, JAW).opening(JAW), rel=0.05)
    assert found.width == pytest.approx(mouth_of(HEAD, JAW).width, rel=0.15)


def test_polygons_may_share_no_vertices() -> None:
    corners = HEAD.triangles.ravel()
    totals = np.full(len(HEAD.triangles), 3)
    split = find_mouth(HEAD.points[corners], np.arange(len(corners)), totals, JAW[corners])
    assert split is not None
    assert split.width == pytest.approx(mouth_of(HEAD, JAW).width, rel=1e-3)


@pytest.mark.parametrize("wanted", [2500, 1200])
def test_few_vertices_are_enough(wanted: int) -> None:
    chosen = np.random.default_rng(1).permutation(len(HEAD.points))[:wanted]
    nothing = np.empty(0, np.int64)
    found = find_mouth(HEAD.points[chosen], nothing, nothing, JAW[chosen])
    assert found is not None
    assert found.width == pytest.approx(mouth_of(HEAD, JAW).width, rel=0.45)
    assert found.opening(JAW[chosen]) > 0.015


def test_where_nothing_parts_there_is_no_mouth() -> None:
    faces = HEAD.triangles.ravel().astype(np.int64)
    totals = np.full(len(HEAD.triangles), 3)
    assert find_mouth(HEAD.points, faces, totals, np.zeros_like(JAW)) is None
    whole = np.ones_like(JAW)
    assert find_mouth(HEAD.points, faces, totals, whole) is None
