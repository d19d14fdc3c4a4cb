"""Teeth, gums and tongue fitted to heads of other faces: nothing comes through the skin."""

from pathlib import Path

import numpy as np
import pytest

from model_core.demo.head import load_demo_head
from model_core.rig.arkit import TONGUE
from model_core.rig.mouth.cavity import make_cavity, rim
from model_core.rig.mouth.fit import fit_mouth
from model_core.rig.mouth.follow import JAW, SKULL, follow
from model_core.rig.mouth.parts import TEETH, TONGUE_FLESH, load_mouth_parts
from model_core.rig.mouth.room import posed, skin_faces
from model_core.rig.rig import load_face_rig

RIG = load_face_rig()
MEAN = RIG.neutral.astype(float)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "face" / "flame2023_open.npz"
POSES = (
    {},
    {"jawOpen": 1.0},
    {"mouthPucker": 1.0, "jawOpen": 0.05},
    {"jawOpen": 0.2, "mouthClose": 0.2},
    {"jawOpen": 0.3, "mouthSmile": 0.6},
)


def winding(points: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Return how often (N,) the outer skin goes round points: 1 inside, 0 outside.

    Van Oosterom and Strackee (1983), "The solid angle of a plane triangle".
    """
    corners = (head[skin_faces()][None] - points[:, None, None]).astype(np.float32)
    first, second, third = np.moveaxis(corners, 2, 0)
    a, b, c = (np.linalg.norm(each, axis=2) for each in (first, second, third))
    volume = np.einsum("nfx,nfx->nf", first, np.cross(second, third))
    dots = [
        np.einsum("nfx,nfx->nf", *pair)
        for pair in ((first, second), (second, third), (third, first))
    ]
    below = a * b * c + dots[0] * c + dots[1] * a + dots[2] * b
    return np.arctan2(volume, below).sum(axis=1) / (2 * np.pi)


def foremost(points: np.ndarray) -> np.ndarray:
    """Return a few vertices of (V, 3): those farthest forward, and farthest to either side."""
    order = [points[:, 2], points[:, 0], -points[:, 0]]
    return np.concatenate([np.argsort(-each)[:60:10] for each in order])


def outside(head: np.ndarray) -> int:
    """Return how many of the vertices of teeth and cavity are beyond the skin in some pose."""
    fitted = fit_mouth(head)
    bag = make_cavity(head, fitted)
    outer, inner = foremost(fitted.upper.points), foremost(fitted.lower.points)
    found = 0
    for pose in POSES:
        moved = posed(head, pose)
        lower = follow(fitted.lower.points[inner], head, moved, JAW)
        upper = follow(fitted.upper.points[outer], head, moved, SKULL)
        walls = bag.points[len(rim()) :: 5]
        share = bag.jaw[len(rim()) :: 5, None]
        walls = walls + share * (follow(walls, head, moved, JAW) - walls)
        found += int((winding(np.vstack([lower, upper, walls]), moved) < 0.5).sum())
    return found


@pytest.mark.parametrize(
    "head", [MEAN, load_demo_head().vertices.astype(float)], ids=["mean", "demo"]
)
def test_nothing_comes_through_lips_and_cheeks(head: np.ndarray) -> None:
    assert outside(head) == 0
    ahead = fit_mouth(head)
    assert (
        winding(ahead.upper.points[foremost(ahead.upper.points)] + (0, 0, 0.02), head) < 0.5
    ).any()  # the measure sees it


@pytest.mark.skipif(not SHARED.is_file(), reason="FLAME's identities lie beside the project")
@pytest.mark.parametrize("seed", [3, 7])
def test_nothing_comes_through_other_faces(seed: int) -> None:
    with np.load(SHARED) as stored:
        offsets = stored["shapedirs"].astype(float)
    traits = np.random.default_rng(seed).normal(0, 1, offsets.shape[2])
    assert outside(MEAN + offsets @ traits) == 0


def test_teeth_are_the_size_of_the_head() -> None:
    larger, narrow = fit_mouth(1.2 * MEAN), fit_mouth(MEAN * (0.9, 1.0, 1.0))
    own = fit_mouth(MEAN)
    assert np.ptp(larger.upper.points, axis=0) == pytest.approx(
        1.2 * np.ptp(own.upper.points, axis=0), rel=0.05
    )
    assert np.ptp(narrow.upper.points, axis=0)[0] == pytest.approx(
        0.9 * np.ptp(own.upper.points, axis=0)[0], rel=0.05
    )


def test_lower_teeth_turn_with_the_jaw_and_upper_ones_stay() -> None:
    fitted = fit_mouth(MEAN)
    opened = posed(MEAN, {"jawOpen": 0.5})
    upper = follow(fitted.upper.points, MEAN, opened, SKULL) - fitted.upper.points
    lower = follow(fitted.lower.points, MEAN, opened, JAW) - fitted.lower.points
    assert np.abs(upper).max() < 1e-6
    front, back = fitted.lower.points[:, 2].argmax(), fitted.lower.points[:, 2].argmin()
    assert -0.025 < lower[front, 1] < -0.012
    assert lower[front, 1] < 1.5 * lower[back, 1] < 0
    apart = np.linalg.norm(np.diff(fitted.lower.points[[front, back]], axis=0))
    moved = fitted.lower.points + lower
    assert np.linalg.norm(np.diff(moved[[front, back]], axis=0)) == pytest.approx(apart)  # rigid


def test_lips_alone_hardly_move_the_teeth() -> None:
    fitted = fit_mouth(MEAN)
    for pose in ({"mouthPucker": 0.8}, {"mouthSmile": 0.4}, {"mouthPress": 0.5}):
        moved = follow(fitted.lower.points, MEAN, posed(MEAN, pose), JAW)
        assert np.linalg.norm(moved - fitted.lower.points, axis=1).max() < 0.003, pose


def test_the_tongue_has_a_shape_for_every_channel_and_does_what_it_is_called() -> None:
    _, lower = load_mouth_parts()
    assert set(lower.shapes) == {*TONGUE, "tongueOut"}
    flesh = np.unique(lower.faces[lower.kinds == TONGUE_FLESH])
    teeth = np.unique(lower.faces[lower.kinds == TEETH])
    assert all(np.abs(offsets[teeth]).max() < 1e-9 for offsets in lower.shapes.values())
    tip = flesh[lower.points[flesh, 2].argmax()]
    back = flesh[np.abs(lower.points[flesh] - (0, -0.042, 0.002)).sum(axis=1).argmin()]
    assert lower.shapes["tongueTipUp"][tip, 1] > 0.008 > lower.shapes["tongueTipUp"][back, 1]
    assert lower.shapes["tongueUp"][back, 1] > 0.008 > lower.shapes["tongueUp"][tip, 1]
    assert lower.shapes["tongueOut"][tip, 2] > 0.010
    assert lower.shapes["tongueIn"][tip, 2] < -0.005
    assert lower.shapes["tongueLeft"][:, 0].max() > 0.004  # the character's left is +X
