"""The FLAME check: accepts FLAME however it is cut into faces, and says why it refuses others."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model_core.demo.head import load_demo_head
from model_core.rig.mesh import unique_edges
from model_core.rig.rig import load_face_rig
from model_core.rig.topology import Loops, explain_mismatch, fingerprint

RIG = load_face_rig()
VERTICES, FACES = RIG.neutral, RIG.faces


def renumbered(order: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the same head with its vertices stored in another order."""
    place = np.argsort(order)
    return VERTICES[order], place[FACES]


def quads() -> list[list[int]]:
    """Return FLAME's faces with neighbouring triangles joined into quads where that is possible."""
    third = {}
    for index, face in enumerate(FACES.tolist()):
        for a, b, c in (face, face[1:] + face[:1], face[2:] + face[:2]):
            third[a, b] = (index, c)
    polygons, used = [], set()
    for index, (a, b, c) in enumerate(FACES.tolist()):
        neighbour, apex = third.get((c, b), (index, -1))
        if index in used:
            continue
        if neighbour > index and neighbour not in used:
            polygons.append([a, b, apex, c])
            used.add(neighbour)
        else:
            polygons.append([a, b, c])
    return polygons


def test_flame_is_accepted_in_every_form_of_faces() -> None:
    assert explain_mismatch(VERTICES, FACES) is None
    assert explain_mismatch(VERTICES, FACES.tolist()) is None
    loops = Loops(FACES.ravel(), np.full(len(FACES), 3))
    assert explain_mismatch(VERTICES, loops) is None
    assert explain_mismatch(load_demo_head().vertices, load_demo_head().faces) is None


def test_a_posed_scaled_and_moved_head_is_accepted() -> None:
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    posed = (VERTICES + RIG.select(["jawOpen"])[0]) @ turn.T * 100 + [3, 2, 1]
    assert explain_mismatch(posed, FACES) is None


def test_joined_recut_missing_and_added_faces_are_accepted() -> None:
    joined = quads()
    assert sum(len(polygon) == 4 for polygon in joined) > 2000
    assert explain_mismatch(VERTICES, joined) is None
    recut = [t for p in joined for t in ([p] if len(p) == 3 else [p[:3], [p[0], p[2], p[3]]])]
    assert explain_mismatch(VERTICES, recut) is None
    assert explain_mismatch(VERTICES, FACES[:-1500]) is None
    assert explain_mismatch(VERTICES, [*FACES.tolist(), [10, 900, 2500]]) is None
    flipped = FACES[:, ::-1]
    assert explain_mismatch(VERTICES, flipped) is None


def test_a_wrong_vertex_count_is_named() -> None:
    sentence = explain_mismatch(VERTICES[:-1], FACES[(FACES < 5022).all(axis=1)])
    assert sentence is not None
    assert "5022 vertices" in sentence
    assert "5023" in sentence


def test_scrambled_vertices_are_refused() -> None:
    order = np.random.default_rng(0).permutation(5023)
    assert "another order" in str(explain_mismatch(*renumbered(order)))


@pytest.mark.parametrize("face", [0, 1234, 5000, 9000])
def test_two_swapped_neighbours_are_refused(face: int) -> None:
    order = np.arange(5023)
    a, b = FACES[face, :2]
    order[[a, b]] = order[[b, a]]
    assert "vertex order" in str(explain_mismatch(*renumbered(order)))


def test_reversed_order_and_shifted_order_are_refused() -> None:
    assert explain_mismatch(*renumbered(np.arange(5023)[::-1])) is not None
    assert explain_mismatch(*renumbered(np.roll(np.arange(5023), 1))) is not None


def test_a_mirrored_order_and_swapped_eyeballs_are_refused() -> None:
    eyes_swapped = np.concatenate([np.arange(3931), np.arange(4477, 5023), np.arange(3931, 4477)])
    for order in (RIG.mirror.astype(np.int64), eyes_swapped):
        assert "left and right" in str(explain_mismatch(*renumbered(order)))


def test_a_cloud_of_points_is_refused() -> None:
    for nothing in (np.zeros((0, 3), int), []):
        assert "no faces" in str(explain_mismatch(VERTICES, nothing))


def test_every_refusal_is_one_sentence() -> None:
    order = np.random.default_rng(0).permutation(5023)
    for sentence in (
        explain_mismatch(VERTICES[:7], FACES),
        explain_mismatch(*renumbered(order)),
        explain_mismatch(VERTICES, []),
        explain_mismatch(VERTICES, FACES + 5),
    ):
        assert sentence is not None
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0
        assert "\n" not in sentence


def test_the_fingerprint_ignores_order_and_direction_of_edges() -> None:
    edges = unique_edges(FACES)
    shuffled = np.random.default_rng(0).permutation(edges)[:, ::-1]
    assert fingerprint(shuffled) == fingerprint(np.concatenate([edges, edges])) == RIG.fingerprint
    assert fingerprint(edges[:-1]) != RIG.fingerprint
