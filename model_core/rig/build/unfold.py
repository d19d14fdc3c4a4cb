"""Folds taken out: no triangle may turn over in the poses that speech passes through."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import splu

from ...base.arrays import Flags, Floats
from ..mesh import flipped, unique_edges
from ..shapes import SPEECH_SHAPES
from ..transfer.anatomy import FlameHead
from .ict import opposite_name
from .laplacian import areas, bending

Pose = Mapping[str, float]

_ROUNDS = 25
_ALONE, _STRENGTH = 1.0, 0.8
_JAW_OPEN, _SEALED = 0.6, 0.5
_STIFFNESS = 1e-6  # of the correction: it fades over some 2 mm
_FIRST_PENALTY, _GROWTH = 0.05, 1.6


def speech_poses(names: Sequence[str]) -> list[Pose]:
    """Return every shape alone, and every speech shape on a closed, an open and a sealed mouth.

    mouthClose stands for jawOpen + mouthClose at one weight (``transfer`` explains).
    """
    poses: list[Pose] = [{name: _ALONE} for name in names]
    for name in SPEECH_SHAPES:
        if name not in {"jawOpen", "mouthClose"}:
            both = dict.fromkeys((name, opposite_name(name)), _STRENGTH)
            poses += [both, {**both, "jawOpen": _JAW_OPEN}, {**both, "mouthClose": _SEALED}]
    return poses


def unfold(
    offsets: Floats, names: Sequence[str], neutrals: Sequence[Floats], head: FlameHead
) -> tuple[Floats, list[str]]:
    """Change (K, H, 3) offsets as little as keeps every triangle within 90 degrees of its neutral.

    The offsets' differences along the edges of a triangle that turns over are penalised, more in
    every round, alike on both sides of the face; the correction is smooth over its surroundings.

    Returns:
        The corrected offsets, and in words the poses still folded after the last round.
    """
    poses, edges = speech_poses(names), unique_edges(head.faces)
    area = areas(head.vertices, head.faces)
    energy = bending(head.vertices, head.faces)
    keep = (diags(area / area.mean()) + _STIFFNESS * energy).tocsr()
    partner = head.partner[: len(area)]
    opposite = [names.index(opposite_name(name)) for name in names]
    penalty, result = np.zeros(offsets.shape[:2]), offsets.copy()
    for _ in range(_ROUNDS):
        marked = np.zeros(penalty.shape, bool)
        folded = [p for p in poses if _mark(marked, p, result, names, neutrals, head)]
        if not folded:
            return result, []
        marked |= marked[opposite][:, partner]
        penalty = np.where(marked, np.maximum(penalty * _GROWTH, _FIRST_PENALTY), penalty)
        for k in np.flatnonzero(marked.any(axis=1)):
            system = (keep + _dirichlet(edges, penalty[k])).tocsc()
            result[k] = splu(system).solve(keep @ offsets[k])
    return result, [" + ".join(f"{n} {w:g}" for n, w in pose.items()) for pose in folded]


def _mark(
    marked: Flags,
    pose: Pose,
    offsets: Floats,
    names: Sequence[str],
    neutrals: Sequence[Floats],
    head: FlameHead,
) -> bool:
    """Mark in (K, H) the folds' vertices for the pose's shapes; tell whether there were any."""
    moved = np.sum([weight * offsets[names.index(name)] for name, weight in pose.items()], axis=0)
    turned = [flipped(neutral, neutral + moved, head.faces) for neutral in neutrals]
    corners = np.unique(head.faces[np.any(turned, axis=0)])
    for name in pose:
        marked[names.index(name), corners] = True
    return len(corners) > 0


def _dirichlet(edges: NDArray[np.int64], penalty: Floats) -> csr_matrix:
    """Return (H, H) the energy of differences along edges between two penalised vertices."""
    strength = np.sqrt(penalty[edges[:, 0]] * penalty[edges[:, 1]])
    edges, strength = edges[strength > 0], strength[strength > 0]
    rows = np.repeat(np.arange(len(edges)), 2)
    signs = np.tile([1.0, -1.0], len(edges))
    shape = (len(edges), len(penalty))
    difference = csr_matrix((signs, (rows, edges.ravel())), shape=shape)
    return (difference.T @ diags(strength) @ difference).tocsr()
