"""FLAME within other meshes: its shapes come over exactly, whatever was done to the mesh."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.rig.geometry import Geometry
from model_core.rig.rig import load_face_rig
from model_core.rig.transfer.run import shape_names, transfer_shapes

from .heads import TO_Z_UP, ball, geometry

RIG = load_face_rig()
HEAD = 3931


def moved(scale: float, turn: NDArray[np.float64]) -> NDArray[np.float64]:
    return scale * RIG.neutral.astype(np.float64) @ turn.T


def joined_and_shuffled(seed: int) -> tuple[Geometry, NDArray[np.int64]]:
    """Return FLAME with a body of a ball under it, all vertices in random order, and the order."""
    body, quads = ball((0.0, -0.5, -0.03), 0.3)
    points = np.concatenate([RIG.neutral, body])
    order = np.random.default_rng(seed).permutation(len(points))
    number = np.argsort(order)
    corners = np.concatenate([number[RIG.faces].ravel(), number[quads + 5023].ravel()])
    totals = np.concatenate([np.full(len(RIG.faces), 3), np.full(len(quads), 4)])
    return Geometry(points[order].astype(np.float32), corners, totals), order


def test_joined_to_a_body_in_any_order() -> None:
    mesh, order = joined_and_shuffled(3)
    shapes = transfer_shapes(mesh)
    assert shapes.quality.way == "exact"
    expected = np.zeros((len(shape_names()), len(order), 3))
    expected[:, order < HEAD] = RIG.select(shape_names())[:, order[order < HEAD]]
    assert np.abs(shapes.offsets - expected).max() < 1e-6
    assert len(shapes.quality.left_out) == 3  # the body and both eyeballs


def test_with_parts_removed_in_centimetres_and_lying_on_its_back() -> None:
    kept = (RIG.neutral[:, 2] > -0.06) & (np.arange(5023) < HEAD) & (RIG.neutral[:, 1] > -0.13)
    faces = RIG.faces[kept[RIG.faces].all(axis=1)]
    used = np.unique(faces)
    shapes = transfer_shapes(geometry(moved(100.0, TO_Z_UP)[used], np.searchsorted(used, faces)))
    assert shapes.quality.way == "exact"
    expected = 100.0 * RIG.select(shape_names())[:, used] @ TO_Z_UP.T
    assert np.abs(shapes.offsets - expected).max() < 1e-4


def test_another_person_has_the_same_offsets() -> None:
    stretched = RIG.neutral * [1.1, 0.95, 1.05] + 0.004 * np.sin(40 * RIG.neutral[:, ::-1])
    shapes = transfer_shapes(geometry(stretched, RIG.faces))
    assert shapes.quality.way == "exact"
    assert np.abs(shapes.offsets[:, :HEAD] - RIG.select(shape_names())[:, :HEAD]).max() < 1e-6


def test_a_filled_mouth_hole_goes_along_with_the_lips() -> None:
    oral = RIG.regions["oral"]
    edges = RIG.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    packed = {(int(a), int(b)) for a, b in edges}
    rim = [(b, a) for a, b in packed if (b, a) not in packed and a in oral and b in oral]
    points = np.concatenate([RIG.neutral, RIG.neutral[[a for a, _ in rim]].mean(axis=0)[None]])
    fan = np.array([[a, b, 5023] for a, b in rim])
    shapes = transfer_shapes(geometry(points, np.concatenate([RIG.faces, fan])))
    jaw = shapes.offsets[shapes.names.index("jawOpen")]
    assert shapes.quality.way == "exact"
    assert -0.03 < jaw[5023, 1] < -0.002


def test_a_mirrored_head_is_not_taken_for_flame() -> None:
    mirrored = RIG.neutral * [-1.0, 1.0, 1.0]
    shapes = transfer_shapes(geometry(mirrored, RIG.faces[:, ::-1]))
    smile = shapes.offsets[shapes.names.index("mouthSmileLeft")]
    heavy = np.linalg.norm(smile, axis=1).argmax()
    assert mirrored[heavy, 0] > 0.01  # the character's left is where it is, not where FLAME's was


@pytest.mark.parametrize("lost", ["mouth", "jaw"])
def test_without_what_speech_moves_it_is_not_flame(lost: str) -> None:
    from model_core.rig.transfer.flame_vertices import find_flame

    faces = RIG.faces[~np.isin(RIG.faces, RIG.regions[lost][::7]).any(axis=1)].astype(np.int64)
    assert find_flame(faces, 5023) is None
