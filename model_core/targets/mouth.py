"""The mouth of any mesh, found by what the shape that opens it does.

At rest the inner lips touch or nearly do, and when the mouth opens they part: so the lips are
vertices close together of which one goes down and the other stays. Teeth do that too, but lie
behind the lips, and in most meshes are no part of the skin. In thin columns across the mouth the
foremost such pair is taken; where pairs stop parting are the corners. No names and no vertex
numbers of any one mesh are needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..base.arrays import Array, Flags, Floats, Ints

_LOWER, _UPPER = 0.45, 0.25  # of the farthest fall: what goes with the jaw, and what stays
_REACH = 0.06  # of the opening part's width, how far apart the lips may be at rest
_COLUMNS = 41  # across the opening part
_OVERLAP = 1.5  # of a column's width, how far to both sides it takes vertices
_DEEP = 0.5  # what a pair's lying farther back counts for, against its gap
_PARTING = 0.15  # of the middle's, where the corners are
_HOLE = 4  # columns
_SPOTS = (-0.3, 0.0, 0.3)  # of half the width from the middle, where an opening is measured
_SPOT_WIDTH = 0.1


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions of a face in its mesh's space, as unit vectors (3,).

    Attributes:
        left: the character's left.
        up: towards the brows.
        forward: where it looks.
    """

    left: Floats
    up: Floats
    forward: Floats


@dataclass(frozen=True, eq=False)
class Mouth:
    """Where the lips of a mesh are.

    Attributes:
        axes: of the face.
        upper: (P) vertices of the upper inner lip, from the middle and beside it on both sides.
        lower: (P) the lower inner lip's vertex that lies at each at rest.
        share: (P) what each pair counts for in an opening; they add to 1.
        corners: vertices at the character's right and left corner.
        width: of the part where the lips part by at least half of what they do in the middle, in
            the mesh's units: sharper to find than the corners.
        gap: how far apart the lips are at rest, in the mesh's units.
    """

    axes: Axes
    upper: Ints
    lower: Ints
    share: Floats
    corners: tuple[int, int]
    width: float
    gap: float

    def opening(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) part the inner lips, in the mesh's units."""
        apart = (offsets[self.upper] - offsets[self.lower]) @ self.axes.up
        return float(self.share @ apart)

    def widening(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) draw the corners apart, in the mesh's units."""
        right, left = self.corners
        return float((offsets[left] - offsets[right]) @ self.axes.left)

    def protrusion(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) push the inner lips forward, in the mesh's units."""
        lips = (offsets[self.upper] + offsets[self.lower]) / 2
        return float(self.share @ (lips @ self.axes.forward))


def find_mouth(points: Array, corners: Ints, totals: Ints, opener: Array) -> Mouth | None:
    """Return where the lips are, or None where nothing parts.

    Args:
        points: (V, 3) at rest.
        corners: (L) vertex of every polygon's corners.
        totals: (P) number of corners of each polygon.
        opener: (V, 3) offsets of the shape that opens the mouth.
    """
    places, offsets = points.astype(np.float64), opener.astype(np.float64)
    axes = find_axes(places, offsets)
    if axes is None:
        return None
    basis = np.stack([axes.left, axes.up, axes.forward], axis=1)
    places, fall = places @ basis, -(offsets @ axes.up)
    pairs = _skin_first(_pairs(places, fall), _components(len(points), corners, totals))
    return _mouth_of(axes, places, fall, pairs) if len(pairs) else None


def find_axes(places: Floats, offsets: Floats) -> Axes | None:
    """Return the directions of a face by how its mouth opens, snapped to the mesh's axes.

    Down is where most goes, left is across which the moving part is even, and the farther a vertex
    goes the farther in front it is.
    """
    distance = np.linalg.norm(offsets, axis=1)
    moving = distance > 0.05 * distance.max(initial=0.0)
    if not moving.any() or distance.max() == 0:
        return None
    mean = offsets[moving].mean(axis=0)
    vertical = int(np.abs(mean).argmax())
    level = [axis for axis in range(3) if axis != vertical]
    lean = [abs(_lean(places[moving, axis], distance[moving])) for axis in level]
    ahead = level[int(np.argmax(lean))]
    up, forward = np.zeros(3), np.zeros(3)
    up[vertical] = -np.sign(mean[vertical])
    forward[ahead] = np.sign(_lean(places[moving, ahead], distance[moving]))
    return Axes(np.cross(up, forward), up, forward)


def _lean(along: Floats, distance: Floats) -> float:
    """Return the correlation of a coordinate with how far vertices go."""
    spread = along.std() * distance.std()
    return (
        float(np.mean((along - along.mean()) * (distance - distance.mean())) / spread)
        if spread
        else 0.0
    )


def _pairs(places: Floats, fall: Floats) -> Ints:
    """Return (N, 3): column, upper and lower vertex of all that part though they lie close."""
    moving = fall > _LOWER * np.percentile(fall[fall > 0.05 * fall.max()], 98)
    staying = fall < _UPPER * fall[moving].max()
    lowest, highest = places[moving].min(axis=0), places[moving].max(axis=0)
    reach = _REACH * (highest[0] - lowest[0])
    staying &= ((places > lowest - reach) & (places < highest + reach)).all(axis=1)
    edges = np.linspace(lowest[0], highest[0], _COLUMNS + 1)
    half = _OVERLAP * (edges[1] - edges[0])
    found = [
        np.column_stack([np.full(len(pairs), column), pairs])
        for column, middle in enumerate((edges[1:] + edges[:-1]) / 2)
        for pairs in [_close(places, staying, moving, middle, half, reach)]
    ]
    return np.concatenate(found)


def _close(
    places: Floats, staying: Flags, moving: Flags, middle: float, half: float, reach: float
) -> Ints:
    """Return (N, 2) upper and lower vertices of a column that lie within reach."""
    inside = np.abs(places[:, 0] - middle) < half
    upper, lower = np.flatnonzero(inside & staying), np.flatnonzero(inside & moving)
    if not (len(upper) and len(lower)):
        return np.empty((0, 2), np.int64)
    apart = places[upper, None] - places[None, lower]
    near = np.argwhere(np.einsum("ulc,ulc->ul", apart, apart) < reach**2)
    return np.column_stack([upper[near[:, 0]], lower[near[:, 1]]])


def _skin_first(pairs: Ints, component: Ints) -> Ints:
    """Return the pairs whose both ends are of one piece, as skin is; all where none are."""
    whole = component[pairs[:, 1]] == component[pairs[:, 2]]
    return pairs[whole] if whole.any() else pairs


def _components(count: int, corners: Ints, totals: Ints) -> Ints:
    """Return (V) the lowest vertex of the connected piece that each vertex is in."""
    label = np.arange(count)
    first = np.repeat(
        corners[np.cumsum(totals)[totals > 0] - totals[totals > 0]], totals[totals > 0]
    )
    while True:
        before = label.copy()
        lowest = np.minimum(label[corners], label[first])
        np.minimum.at(label, corners, lowest)
        np.minimum.at(label, first, lowest)
        label = label[label]
        if np.array_equal(label, before):
            return label


def _mouth_of(axes: Axes, places: Floats, fall: Floats, pairs: Ints) -> Mouth | None:
    """Return the mouth that pairs in columns make."""
    best = np.array(list(_foremost(places, pairs)))
    parting = fall[best[:, 2]] - fall[best[:, 1]]
    middle = int(np.abs(best[:, 0] - np.average(best[:, 0], weights=parting)).argmin())
    run = _run(best[:, 0], parting > _PARTING * parting[middle], middle)
    line = best[run]
    across = places[line[:, 1:], 0].mean(axis=1)
    if across[-1] <= across[0]:
        return None
    centre = (across[-1] + across[0]) / 2
    chosen, share = _spots(2 * (across - centre) / (across[-1] - across[0]))
    width = _half_width(across, parting[run])
    upper, lower = line[chosen, 1], line[chosen, 2]
    gap = float(share @ (places[upper, 1] - places[lower, 1]))
    ends = int(line[0, 2]), int(line[-1, 2])
    return Mouth(axes, upper, lower, share, ends, width, gap)


def _foremost(places: Floats, pairs: Ints) -> Iterator[Ints]:
    """Yield the best pair of each column: close, and not far behind the foremost."""
    depth = places[pairs[:, 1:], 2].mean(axis=1)
    gap = np.linalg.norm(places[pairs[:, 1]] - places[pairs[:, 2]], axis=1)
    for column in np.unique(pairs[:, 0]):
        rows = np.flatnonzero(pairs[:, 0] == column)
        yield pairs[rows[(gap[rows] - _DEEP * depth[rows]).argmin()]]


def _run(columns: Ints, parting: Flags, middle: int) -> Ints:
    """Return the columns around the middle one that part, without a hole of more than two."""
    good = np.flatnonzero(parting)
    breaks = np.flatnonzero(np.diff(columns[good]) > _HOLE)
    runs = np.split(good, breaks + 1)
    return next((run for run in runs if middle in run), np.array([middle]))


def _half_width(across: Floats, parting: Floats) -> float:
    """Return the width (N,) pairs part over by at least half of what they do at most."""
    order = np.argsort(across, kind="stable")
    across, share = across[order], parting[order] / parting.max() - 0.5
    first, last = np.flatnonzero(share >= 0)[[0, -1]]
    ends = [across[first], across[last]]
    for end, (inside, outside) in enumerate(((first, first - 1), (last, last + 1))):
        if 0 <= outside < len(share):
            part = share[inside] / (share[inside] - share[outside])
            ends[end] += part * (across[outside] - across[inside])
    return float(ends[1] - ends[0])


def _spots(across: Floats) -> tuple[Ints, Floats]:
    """Return the pairs near the spots that count, and what each counts for.

    Args:
        across: (N) place of each pair, -1 and 1 at the corners.
    """
    share = np.zeros(len(across))
    for spot in _SPOTS:
        away = np.abs(across - spot)
        near = away <= max(_SPOT_WIDTH, float(away.min()))
        share[near] += 1 / (len(_SPOTS) * near.sum())
    chosen = np.flatnonzero(share)
    return chosen, share[chosen]
