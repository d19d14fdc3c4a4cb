"""Eyes: lids that close all the way in a blink, and eyeballs that turn where the eyes look."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, diags, vstack
from scipy.sparse.linalg import splu

from ...base.arrays import Floats, Ints
from ..gaze import turning
from ..transfer.anatomy import FlameHead
from ..turns import rotation
from .laplacian import areas, bending

_MARGIN_RINGS = (3, 4)  # the lids' inner and outer edge
_LID_RINGS = 9
_OVERLAP = np.array([0.0, -0.0010, 0.0003])  # upper past lower, metres: heads differ by some 0.7 mm
_CORNER = 0.12  # share of the eye's width at each corner over which the lids are let be
_STIFFNESS = 1e-7
_COUPLING = 30.0
_CLEARANCE = 0.0004  # metres between the eyeball and the lids over it
_CLEARANCE_ROUNDS = 4
_OPAQUE = 5.0  # trust in a point pushed off the eyeball


def close_lids(offsets: Floats, names: tuple[str, ...], head: FlameHead, eyeballs: Floats) -> None:
    """Correct both blinks in (K, H, 3) ``offsets`` in place so that the lids meet.

    Args:
        offsets: metres at weight 1.
        names: the K shapes.
        head: FLAME's head.
        eyeballs: (2, M, 3) the eyeballs' vertices, left first.
    """
    for eye, side in enumerate(("Left", "Right")):
        k = names.index(f"eyeBlink{side}")
        offsets[k] = _closed(offsets[k], head, head.eye_rings[eye], *sphere(eyeballs[eye]))


def turn_eyeballs(names: Sequence[str], eyeballs: Floats) -> Floats:
    """Return (K, 2, M, 3) offsets that turn each eyeball about its own centre where eyes look.

    At weight 1 an eyeLook shape is a rigid rotation; what others have is zero.
    """
    offsets = np.zeros((len(names), *eyeballs.shape))
    for k, name in enumerate(names):
        unit = turning(name)
        if unit is None:
            continue
        eye, angles = unit
        about = eyeballs[eye] - sphere(eyeballs[eye])[0]
        offsets[k, eye] = about @ (rotation(*angles) - np.eye(3)).T
    return offsets


def sphere(points: Floats) -> tuple[Floats, float]:
    """Return centre (3) and radius of the least-squares sphere through (N, 3) points."""
    design = np.column_stack([2 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(design, (points**2).sum(axis=1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


def _closed(blink: Floats, head: FlameHead, rings: Ints, centre: Floats, radius: float) -> Floats:
    """Return (H, 3) the blink nearest to ``blink`` in which the lids meet outside the eyeball."""
    difference, parting = _lid_pairs(head.vertices, rings)
    base = _STIFFNESS * bending(head.vertices, head.faces)
    base = base + _COUPLING * difference.T @ difference
    area = areas(head.vertices, head.faces)
    lids = (rings >= _MARGIN_RINGS[0]) & (rings <= _LID_RINGS)
    data, trust = blink.copy(), np.ones(len(blink))
    trust[np.isin(rings, _MARGIN_RINGS)] = 0.1
    for _ in range(_CLEARANCE_ROUNDS):
        weights = trust * area / area.mean()
        wanted = weights[:, None] * data + _COUPLING * (difference.T @ parting)
        solved = splu((diags(weights) + base).tocsc()).solve(wanted)
        outward = head.vertices + solved - centre
        height = np.linalg.norm(outward, axis=1)
        inside = np.flatnonzero(lids & (height < radius + _CLEARANCE))
        out = outward[inside] / height[inside, None] * (radius + _CLEARANCE)
        data[inside], trust[inside] = out + centre - head.vertices[inside], _OPAQUE
    return solved


def _lid_pairs(vertices: Floats, rings: Ints) -> tuple[csr_matrix, Floats]:
    """Pair each upper-lid edge vertex with the lower edge straight across it.

    Rows are faded out towards the corners of the eye, where the lids are one.

    Returns:
        (P, H) taking offsets to upper minus lower, and the (P, 3) parting that makes them meet.
    """
    blocks, fades = [], []
    for ring in _MARGIN_RINGS:
        upper, lower = _halves(vertices, np.flatnonzero(rings == ring))
        x, chain = vertices[upper, 0], vertices[lower, 0]
        place = np.interp(x, chain, np.arange(len(lower)))
        before = np.minimum(place.astype(np.int64), len(lower) - 2)
        after = place - before
        across = np.column_stack([1 - after, after])
        corners = np.column_stack([lower[before], lower[before + 1]])
        own = _selection(upper[:, None], np.ones((len(upper), 1)), len(vertices))
        blocks.append((own - _selection(corners, across, len(vertices))).tocsr())
        width = (x - chain[0]) / (chain[-1] - chain[0])
        fades.append(np.clip(np.minimum(width, 1 - width) / _CORNER, 0.0, 1.0))
    fade = np.concatenate(fades)
    difference = (diags(fade) @ vstack(blocks)).tocsr()
    return difference, fade[:, None] * _OVERLAP - difference @ vertices


def _selection(columns: Ints, values: Floats, count: int) -> csr_matrix:
    """Return (P, count) with row p holding ``values[p]`` at ``columns[p]``."""
    rows = np.repeat(np.arange(len(columns)), columns.shape[1])
    return csr_matrix((values.ravel(), (rows, columns.ravel())), (len(columns), count))


def _halves(vertices: Floats, ring: Ints) -> tuple[Ints, Ints]:
    """Split a ring round the eye at its corners; return upper (without) and lower (with them)."""
    ring = ring[np.argsort(vertices[ring, 0])]
    corners = vertices[ring[[0, -1]]]
    chord = np.interp(vertices[ring, 0], corners[:, 0], corners[:, 1])
    above = vertices[ring, 1] > chord
    above[[0, -1]] = False
    return ring[above], ring[~above]
