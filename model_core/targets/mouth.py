"""The mouth of any mesh, found by what the shape that opens it does.

At rest the inner lips touch or nearly do, and when the mouth opens they part: so the lips are
vertices close together of which one goes down and the other stays. Teeth do that too, but lie
behind the lips, and in most meshes are no part of the skin. In thin columns across the mouth the
foremost such pair is taken; where pairs stop parting are the corners. No names and no vertex
numbers of any one mesh are needed. Where the mesh has faces, the lips' line is then followed over
them (`lip_line`): vertices alone make the mouth of a coarse mesh too small, or miss it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..base.arrays import Array, Flags, Floats, Ints
from ..rig.geometry import Geometry
from ..rig.transfer.closest import SurfacePoints
from ..rig.transfer.head_mesh import triangles
from .lip_line import LipLine, follow_lips

_MOVES = 0.05  # of the farthest, from which on a vertex counts as moved
_LOWER, _UPPER = 0.45, 0.25  # of the farthest fall: what goes with the jaw, and what stays
_REACH = 0.12  # of the opening part's width, how far apart the lips may be at rest
_STEEP = 8.0  # what parts, as a share of the farthest fall, over its gap as a share of that width
_FINEST = 150  # vertices across that width that are told apart
_COLUMNS = 41  # across the opening part
_SAME = 1e-6  # of the mesh's size, within which vertices are in one place
_OVERLAP = 1.5  # of a column's width, how far to both sides it takes vertices
_DEEP = 0.5  # what a pair's lying farther back counts for, against its gap
_PARTING = 0.15  # of the middle's, where the corners are
_HOLE = 4  # columns
_JUMP = 3.0  # how many times a column's width the lips may lie deeper in the next one
_NARROWEST, _BROADEST = 0.57, 0.85  # of what opens, how wide a mouth is: few vertices mislead
_SLOPING = 0.6  # of the middle's, below which a mouth narrows towards its corner
_SPOTS = (-0.3, 0.0, 0.3)  # of half the width from the middle, where an opening is measured
_SPOT_WIDTH = 0.1
_LEAST = float(np.finfo(float).tiny)


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
        upper: P points of the upper inner lip, from the middle and beside it on both sides.
        lower: those of the lower that lie at each at rest.
        share: (P) what each pair counts for in an opening; they add to 1.
        corners: the points at the character's right and left corner.
        width: between where the lips would no longer part at all, in the mesh's units.
        gap: how far apart the lips are at rest, in the mesh's units.
    """

    axes: Axes
    upper: SurfacePoints
    lower: SurfacePoints
    share: Floats
    corners: SurfacePoints
    width: float
    gap: float

    def opening(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) part the inner lips, in the mesh's units."""
        apart = (self.upper.sample(offsets) - self.lower.sample(offsets)) @ self.axes.up
        return float(self.share @ apart)

    def widening(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) draw the corners apart, in the mesh's units."""
        right, left = self.corners.sample(offsets)
        return float((left - right) @ self.axes.left)

    def protrusion(self, offsets: Array) -> float:
        """Return how far offsets (V, 3) push the inner lips forward, in the mesh's units."""
        lips = (self.upper.sample(offsets) + self.lower.sample(offsets)) / 2
        return float(self.share @ (lips @ self.axes.forward))


@dataclass(frozen=True, eq=False)
class _Mesh:
    """A mesh and how its mouth opens.

    Attributes:
        places: (V, 3).
        offsets: (V, 3) of what opens the mouth.
        faces: (F, 3) triangles.
        component: (V) the connected piece each vertex is in.
    """

    places: Floats
    offsets: Floats
    faces: Ints
    component: Ints


def find_mouth(points: Array, corners: Ints, totals: Ints, opener: Array) -> Mouth | None:
    """Return where the lips are, or None where nothing parts.

    Args:
        points: (V, 3) at rest.
        corners: (L) vertex of every polygon's corners.
        totals: (P) number of corners of each polygon.
        opener: (V, 3) offsets of the shape that opens the mouth.
    """
    places, offsets = points.astype(np.float64), opener.astype(np.float64)
    distance = np.linalg.norm(offsets, axis=1)
    moving = distance > _MOVES * distance.max(initial=0.0)
    if not moving.any():
        return None
    faces = triangles(Geometry(points, corners, totals))
    mesh = _Mesh(places, offsets, faces, _components(places, corners, totals))
    found = _search(mesh, _axes(places, offsets, moving, offsets[moving]))
    if found is None:
        return None
    # The jaw as a whole goes back almost as much as down; the lips tell down from back better.
    apart = found.lower.sample(offsets) - found.upper.sample(offsets)
    axes = _axes(places, offsets, moving, apart)
    if np.array_equal(axes.up, found.axes.up):
        return found
    return _search(mesh, axes) or found


def _search(mesh: _Mesh, axes: Axes) -> Mouth | None:
    """Return the mouth of a face that looks in known directions."""
    places = mesh.places @ np.stack([axes.left, axes.up, axes.forward], axis=1)
    fall = -(mesh.offsets @ axes.up)
    if fall.max() <= 0:
        return None
    line = follow_lips(places, mesh.faces, fall, mesh.component)
    found = None if line is None else _mouth_of(axes, line)
    if found is not None:
        return found
    pairs = _skin_first(_pairs(places, fall), mesh.component)
    return _mouth_of(axes, _best(places, fall, pairs)) if len(pairs) else None


def _axes(places: Floats, offsets: Floats, moving: Flags, falling: Floats) -> Axes:
    """Return the directions of a face by how its mouth opens, snapped to the mesh's axes.

    Left is across which the moving part is even, and the farther a vertex goes the farther in front
    it is.

    Args:
        places: (V, 3).
        offsets: (V, 3) of the shape that opens the mouth.
        moving: (V) what it moves.
        falling: (N, 3) offsets of what goes down.
    """
    mean = falling.mean(axis=0)
    vertical = int(np.abs(mean).argmax())
    level = [axis for axis in range(3) if axis != vertical]
    distance = np.linalg.norm(offsets[moving], axis=1)
    lean = {axis: _lean(places[moving, axis], distance) for axis in level}
    ahead = max(level, key=lambda axis: abs(lean[axis]))
    up, forward = np.zeros(3), np.zeros(3)
    up[vertical] = -np.sign(mean[vertical])
    forward[ahead] = np.sign(lean[ahead]) or 1.0
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
    moving, breadth = _falling(places, fall)
    lowest, highest = places[moving].min(axis=0), places[moving].max(axis=0)
    reach = _REACH * breadth
    staying = fall < _UPPER * fall[moving].max()
    staying &= ((places > lowest - reach) & (places < highest + reach)).all(axis=1)
    upper, lower = (_thinned(places, every, breadth / _FINEST) for every in (staying, moving))
    edges = np.linspace(lowest[0], highest[0], _COLUMNS + 1)
    half = _OVERLAP * (edges[1] - edges[0])
    # What parts over so much more than skin stretches: the gap that would be as steep as that.
    steep = fall * (breadth / (_STEEP * fall[moving].max()))
    found = [np.empty((0, 3), np.int64)]
    for column, middle in enumerate((edges[1:] + edges[:-1]) / 2):
        above, below = (v[np.abs(places[v, 0] - middle) < half] for v in (upper, lower))
        pairs = _close(places, above, below, steep, reach)
        found.append(np.column_stack([np.full(len(pairs), column), pairs]))
    return np.concatenate(found)


def _falling(places: Floats, fall: Floats) -> tuple[Flags, float]:
    """Return (V) which vertices go with the jaw, and how broad they are together."""
    moving = fall > _LOWER * np.percentile(fall[fall > _MOVES * fall.max()], 98)
    return moving, float(np.ptp(places[moving, 0]))


def _thinned(places: Floats, chosen: Flags, size: float) -> Ints:
    """Return chosen vertices, one of those in each cube of a size: dense meshes have many."""
    every = np.flatnonzero(chosen)
    cubes = np.floor(places[every] / size).astype(np.int64)
    _, first = np.unique(cubes, axis=0, return_index=True)
    return every[np.sort(first)]


def _close(places: Floats, upper: Ints, lower: Ints, steep: Floats, reach: float) -> Ints:
    """Return (N, 2) upper and lower vertices that lie within reach and part steeply."""
    allowed = np.minimum(steep[None, lower] - steep[upper, None], reach)
    near = allowed > 0
    squares = np.zeros(near.shape)
    for axis in range(3):
        squares += (places[upper, None, axis] - places[None, lower, axis]) ** 2
    rows, columns = np.nonzero(near & (squares < allowed**2))
    return np.column_stack([upper[rows], lower[columns]])


def _skin_first(pairs: Ints, component: Ints) -> Ints:
    """Return the pairs whose both ends are of one piece, as skin is; all where none are."""
    whole = component[pairs[:, 1]] == component[pairs[:, 2]]
    return pairs[whole] if whole.any() else pairs


def _components(places: Floats, corners: Ints, totals: Ints) -> Ints:
    """Return (V) a number of the connected piece that each vertex is in.

    Vertices in one place are one: some files have a vertex for each corner of a polygon.
    """
    grain = _SAME * float(np.ptp(places, axis=0).max())
    _, point = np.unique(np.round(places / grain), axis=0, return_inverse=True)
    point = point.ravel()
    used = totals > 0
    first = np.repeat(corners[np.cumsum(totals)[used] - totals[used]], totals[used])
    ends = point[corners], point[first]
    label = np.arange(point.max(initial=-1) + 1)
    while True:
        lowest = np.minimum(label[ends[0]], label[ends[1]])
        before = label.copy()
        for end in ends:
            np.minimum.at(label, end, lowest)
        label = label[label]
        if np.array_equal(label, before):
            return label[point]


def _best(places: Floats, fall: Floats, pairs: Ints) -> LipLine:
    """Return the best pair of vertices of each column as a line."""
    best = np.array(list(_foremost(places, pairs)))
    one = np.tile([1.0, 0.0, 0.0], (len(best), 1))
    upper, lower = (SurfacePoints(best[:, [k] * 3], one) for k in (1, 2))
    parting = fall[best[:, 2]] - fall[best[:, 1]]
    breadth = _falling(places, fall)[1]
    return LipLine(best[:, 0], upper, lower, places[best[:, 1:]], parting, breadth)


def _mouth_of(axes: Axes, line: LipLine) -> Mouth | None:
    """Return the mouth that a line of lips makes."""
    middle = int(np.abs(line.column - np.average(line.column, weights=line.parting)).argmin())
    depth = line.places[:, :, 2].mean(axis=1)
    column = float(np.ptp(line.places[:, 1, 0])) / max(1, int(np.ptp(line.column)))
    parts = line.parting > _PARTING * line.parting[middle]
    line = line.at(_run(line.column, depth / max(column, _LEAST), parts, middle))
    across = line.places[:, :, 0].mean(axis=1)
    if across[-1] <= across[0]:
        return None
    centre = (across[-1] + across[0]) / 2
    chosen, share = _spots(2 * (across - centre) / (across[-1] - across[0]))
    low, high = _NARROWEST * line.breadth, _BROADEST * line.breadth
    width = max(min(_width(across, line.parting), high), low)
    gap = float(share @ -np.diff(line.places[chosen, :, 1])[:, 0])
    lips, ends = line.at(chosen), line.at(np.array([0, -1])).lower
    return Mouth(axes, lips.upper, lips.lower, share, ends, width, gap)


def _foremost(places: Floats, pairs: Ints) -> Iterator[Ints]:
    """Yield the best pair of each column: close, and not far behind the foremost."""
    depth = places[pairs[:, 1:], 2].mean(axis=1)
    gap = np.linalg.norm(places[pairs[:, 1]] - places[pairs[:, 2]], axis=1)
    for column in np.unique(pairs[:, 0]):
        rows = np.flatnonzero(pairs[:, 0] == column)
        yield pairs[rows[(gap[rows] - _DEEP * depth[rows]).argmin()]]


def _run(columns: Ints, depth: Floats, parting: Flags, middle: int) -> Ints:
    """Return the columns around the middle one that part, as one line without holes or jumps."""
    good = np.flatnonzero(parting)
    step = np.diff(columns[good])
    jumps = np.abs(np.diff(depth[good])) > _JUMP * step
    runs = np.split(good, np.flatnonzero((step > _HOLE) | jumps) + 1)
    return next((run for run in runs if middle in run), np.array([middle]))


def _width(across: Floats, parting: Floats) -> float:
    """Return how far apart the places are where (N,) pairs would no longer part.

    Each is where the slope of its side ends. Mouths that are stiffer than others, and part almost
    as far beside the middle as there, are no wider; lips touch unseen before the very corner. In
    a mesh of few vertices the corners may not part: then the arch of the middle tells.
    """
    share = parting / parting.max()
    top = int(share.argmax())
    ends = []
    for side in (slice(None, top + 1), slice(top, None)):
        sloping = share[side] < _SLOPING
        if sloping.sum() < 2:
            return _arch_width(across, share)
        _, start = np.polyfit(share[side][sloping], across[side][sloping], 1)
        ends.append(start)
    return float(ends[1] - ends[0])


def _arch_width(across: Floats, share: Floats) -> float:
    """Return how wide the parabola through (N,) partings is at its foot, 0 if there is none."""
    if len(share) < 4:
        return 0.0
    curve, slope, top = np.polyfit(across - across.mean(), share, 2)
    return float(np.sqrt(max(slope**2 - 4 * curve * top, 0.0)) / max(-curve, _LEAST))


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
