"""Is this mesh FLAME's, vertex for vertex? Counts alone cannot tell: exporters reorder vertices.

Offsets are added by vertex number, so the order must be right. It is proved by the edges: the mesh
must join the same numbers as FLAME does. Faces may be missing, quads made of triangles, quads cut
along their other diagonal, and faces added, as long as no vertex both lost FLAME's neighbours and
gained others, which is what a vertex in another's place looks like.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.arrays import Ints
from ..base.assets import FACE_RIG
from .mesh import border_vertices, pack_edges, unpack_edges
from .shapes import FLAME_VERTICES

EYEBALLS = (slice(3931, 4477), slice(4477, 5023))
"""Vertices of the eyeballs, the character's left (+X) first."""
_CHIN, _NOSE_TIP = 3400, 3564
_LEAST_AGREEMENT = 0.5  # share of FLAME's edges; joining all triangles into quads leaves two thirds


class Loops(NamedTuple):
    """Polygons as Blender stores them: corner vertices end to end, and each polygon's corners."""

    vertices: NDArray[np.integer]
    totals: NDArray[np.integer]


class _Reference(NamedTuple):
    """FLAME's edges as sorted keys (E), and its swaps: each inner edge beside its quad's other."""

    edges: Ints
    crossed: Ints  # (S) keys of inner edges
    diagonals: Ints  # (S) keys of the edges that would cross them
    border: NDArray[np.bool_]  # (V) on an open border


def fingerprint(edges: ArrayLike) -> str:
    """Return the SHA-256 of a mesh's undirected edges (E, 2), whatever their order or direction.

    The digest is over the unique pairs, low vertex first, sorted, as little-endian 32-bit integers.
    """
    pairs = unpack_edges(np.unique(pack_edges(np.reshape(edges, (-1, 2)))))
    return hashlib.sha256(pairs.astype("<i4").tobytes()).hexdigest()


def explain_mismatch(
    vertices: ArrayLike, faces: Loops | NDArray[np.integer] | Sequence[Sequence[int]]
) -> str | None:
    """Say in one sentence why a mesh is not FLAME's, or return None when it is.

    Args:
        vertices: (V, 3) positions in any units, pose and place.
        faces: polygons of any size: ``Loops``, an (F, n) array or a list of vertex lists.
    """
    points = np.asarray(vertices, np.float64)
    if len(points) != FLAME_VERTICES:
        return (
            f"The mesh has {len(points)} vertices where FLAME has {FLAME_VERTICES}: choose the "
            "FLAME head itself, not subdivided, decimated or joined with other parts."
        )
    edges = polygon_edges(faces)
    if len(edges) == 0:
        return "The mesh has no faces, so its vertex order cannot be checked: keep FLAME's faces."
    if edges.max() >= FLAME_VERTICES or edges.min() < 0:
        return "The mesh's faces name vertices that it does not have: import it again."
    return _explain_order(points, np.unique(pack_edges(edges)))


def _explain_order(points: NDArray[np.float64], keys: Ints) -> str | None:
    """Judge the vertex order by the mesh's edge keys and the side its eyeballs are on."""
    reference = _reference()
    if len(keys) != len(reference.edges) or not np.array_equal(keys, reference.edges):
        agreement = np.isin(reference.edges, keys, assume_unique=True).mean()
        displaced = _displaced(keys, reference)
        if agreement < _LEAST_AGREEMENT:
            return (
                f"The mesh has FLAME's {FLAME_VERTICES} vertices in another order (only "
                f"{agreement:.0%} of FLAME's edges are there): import it with its vertex order "
                "kept."
            )
        if displaced:
            return (
                f"{displaced} of the mesh's vertices are joined otherwise than in FLAME, so its "
                "vertex order is not FLAME's: import it with its vertex order kept."
            )
    if _left_handed(points):
        return (
            "The mesh's left and right are in each other's place in the vertex order: import FLAME "
            "unmirrored, with its vertex order kept."
        )
    return None


def _displaced(keys: Ints, reference: _Reference) -> int:
    """Count vertices that both lack an edge of FLAME's and have one that FLAME lacks.

    Neither counts where the one is the other's quad cut along its other diagonal, nor an added
    edge between vertices of open borders, which fills a hole.
    """
    lost = np.setdiff1d(reference.edges, keys, assume_unique=True)
    gained = np.setdiff1d(keys, reference.edges, assume_unique=True)
    recut = np.isin(reference.crossed, lost) & np.isin(reference.diagonals, gained)
    lost = np.setdiff1d(lost, reference.crossed[recut])
    gained = np.setdiff1d(gained, reference.diagonals[recut])
    fills = reference.border[unpack_edges(gained)].all(axis=1)
    return len(np.intersect1d(_ends(lost), _ends(gained[~fills])))


def _left_handed(points: NDArray[np.float64]) -> bool:
    """Tell whether the left eyeball lies to the right of the face's forward and down directions."""
    left, right = (points[span].mean(axis=0) for span in EYEBALLS)
    middle = (left + right) / 2
    axes = [left - right, points[_CHIN] - middle, points[_NOSE_TIP] - middle]
    return bool(np.linalg.det(axes) > 0)


def polygon_edges(faces: Loops | NDArray[np.integer] | Sequence[Sequence[int]]) -> Ints:
    """Return (L, 2): an edge from every polygon corner to the next."""
    if isinstance(faces, Loops):
        flat, totals = np.asarray(faces.vertices, np.int64), np.asarray(faces.totals, np.int64)
    elif isinstance(faces, np.ndarray):
        flat = faces.astype(np.int64).ravel()
        totals = np.full(len(faces), faces.shape[1] if len(faces) else 0)
    else:
        flat = np.fromiter(chain.from_iterable(faces), np.int64)
        totals = np.fromiter(map(len, faces), np.int64)
    following = np.arange(1, len(flat) + 1)
    ends = np.cumsum(totals)
    following[ends[totals > 0] - 1] = (ends - totals)[totals > 0]
    return np.stack([flat, flat[following]], axis=1) if len(flat) else np.zeros((0, 2), np.int64)


@lru_cache(maxsize=1)
def _reference() -> _Reference:
    """Read FLAME's triangles from the rig file, without the rest of it."""
    with np.load(FACE_RIG, allow_pickle=False) as stored:
        faces = stored["faces"].astype(np.int64)
    border = np.zeros(FLAME_VERTICES, bool)
    border[border_vertices(faces)] = True
    loops = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    keys = pack_edges(loops)
    order = np.argsort(keys, kind="stable")
    apexes = faces[:, [2, 0, 1]].ravel()[order]
    inner = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    across = np.stack([apexes[inner], apexes[inner + 1]], axis=1)
    return _Reference(
        edges=np.unique(keys),
        crossed=keys[order][inner],
        diagonals=pack_edges(across),
        border=border,
    )


def _ends(keys: Ints) -> Ints:
    """Return the vertices at the ends of packed edges."""
    return np.unique(unpack_edges(keys))
