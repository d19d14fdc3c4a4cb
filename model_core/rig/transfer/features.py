"""Features of a face found by its geometry: nose, chin, and the openings of mouth and eyes."""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Flags, Floats, Ints
from .section import FrontLine, Slit, cut, find_slit, front_line

_SPACING = 0.0015  # metres between cuts
_LEAST_HIDDEN = 0.0025
_MISSES = 2
_NOSE_HALF_WIDTH = 0.010
_NOSE_WINDOW = 0.035  # metres about where FLAME's is
_CHIN_UNDER_MOUTH = (0.020, 0.060)
_MOUTH_UNDER_NOSE = (0.008, 0.075)
_MOUTH_OPENING, _EYE_OPENING = (0.012, 0.004), (0.016, 0.003)
_MOST_HALF_WIDTH = 0.055
_EYE_HALF_HEIGHT, _EYE_PLACES = 0.026, (0.0, 0.006, -0.006, 0.012)
_FOLLOW = 0.007  # metres a slit may rise or fall from one cut to the next


@dataclass(frozen=True, eq=False)
class Opening:
    """The line of lips or lids as seen from the front, from the character's right to its left.

    Attributes:
        x: (P) metres.
        upper: (P, 3) last points seen above; ``lower`` the first ones below.
        lower: (P, 3).
        triangles: (2, P, 3) the corners of the triangles that the two lie on.
    """

    x: Floats
    upper: Floats
    lower: Floats
    triangles: Ints

    @property
    def corners(self) -> tuple[Floats, Floats]:
        """The ends (3) on the character's right and left."""
        middle = (self.upper + self.lower) / 2
        step = np.array([_SPACING / 2, 0.0, 0.0])
        return middle[0] - step, middle[-1] + step

    @property
    def middle(self) -> tuple[Floats, Floats]:
        """The upper and the lower point (3) halfway."""
        at = len(self.x) // 2
        return self.upper[at], self.lower[at]

    @property
    def width(self) -> float:
        """From corner to corner, metres."""
        right, left = self.corners
        return float(np.linalg.norm(left - right))


@dataclass(frozen=True, eq=False)
class Features:
    """What was found of a face in FLAME's frame; None for what was not.

    Attributes:
        nose_tip: (3) metres.
        nose_bridge: (3).
        under_nose: (3).
        chin: (3).
        mouth: the line of the lips.
        eyes: the openings of the right and the left eye.
    """

    nose_tip: Floats
    nose_bridge: Floats
    under_nose: Floats | None
    chin: Floats | None
    mouth: Opening | None
    eyes: tuple[Opening | None, Opening | None]


def find_features(
    vertices: Floats, faces: Ints, nose: Floats, eyes: tuple[Floats, Floats]
) -> Features:
    """Return the features of a face that lies about where FLAME's does.

    Args:
        vertices: (V, 3) in FLAME's frame, metres.
        faces: (F, 3) of the skin.
        nose: (3) about where its tip is.
        eyes: about where the middles of the right and the left eye are.
    """
    tip = _nose_tip(vertices, nose)
    x = float(tip[0])
    line = front_line(cut(vertices, faces, x), tip[1] - 0.11, tip[1] + 0.06)
    mouth = _mouth(vertices, faces, tip)
    lips = mouth.middle if mouth else None
    chin = None if lips is None else _chin(line, x, float(lips[1][1]))
    return Features(
        nose_tip=tip,
        nose_bridge=_hollow(line, x, tip[1] + 0.010, tip[1] + 0.050),
        under_nose=None if lips is None else _hollow(line, x, float(lips[0][1]) + 0.006, tip[1]),
        chin=chin,
        mouth=mouth,
        eyes=(_eye(vertices, faces, eyes[0]), _eye(vertices, faces, eyes[1])),
    )


def trace(
    vertices: Floats,
    faces: Ints,
    start: tuple[float, float, float],
    reach: float,
    opening: tuple[float, float],
) -> Opening | None:
    """Follow a slit from one cut to the next, both ways, or return None if there is none.

    Args:
        vertices: (V, 3) metres.
        faces: (F, 3).
        start: x, and the heights between which it is there.
        reach: farthest to go to either side.
        opening: how high and deep what shows within may be, metres.
    """
    x, low, high = start
    first = _slit(vertices, faces, x, (low, high), opening)
    if first is None:
        return None
    found = {x: first}
    for way in (1, -1):
        last, misses = first, 0
        for step in range(1, int(reach / _SPACING)):
            place = x + way * step * _SPACING
            around = (last.lower[0] - _FOLLOW, last.upper[0] + _FOLLOW)
            slit = _slit(vertices, faces, place, around, opening)
            misses = 0 if slit else misses + 1
            if misses > _MISSES:
                break
            if slit:
                found[place] = last = slit
    return _opening(found, faces)


def _opening(found: dict[float, Slit], faces: Ints) -> Opening:
    places = sorted(found)
    return Opening(
        x=np.array(places),
        upper=np.array([[x, *found[x].upper] for x in places]),
        lower=np.array([[x, *found[x].lower] for x in places]),
        triangles=faces[np.array([found[x].faces for x in places]).T],
    )


def _slit(
    vertices: Floats,
    faces: Ints,
    x: float,
    heights: tuple[float, float],
    opening: tuple[float, float],
) -> Slit | None:
    line = front_line(cut(vertices, faces, x), *heights)
    slit = find_slit(line, *opening)
    return slit if slit and slit.hidden > _LEAST_HIDDEN else None


def _nose_tip(vertices: Floats, nose: Floats) -> Floats:
    """Return the foremost point near where the tip of the nose should be."""
    near = np.abs(vertices - nose)
    chosen = np.flatnonzero((near[:, 0] < _NOSE_HALF_WIDTH) & (near[:, 1] < _NOSE_WINDOW))
    if not len(chosen):
        return nose
    return vertices[chosen[vertices[chosen, 2].argmax()]]


def _mouth(vertices: Floats, faces: Ints, tip: Floats) -> Opening | None:
    nearest, farthest = _MOUTH_UNDER_NOSE
    start = (float(tip[0]), float(tip[1]) - farthest, float(tip[1]) - nearest)
    near = _about(vertices, faces, tip, 0.12)
    return trace(vertices, near, start, _MOST_HALF_WIDTH, _MOUTH_OPENING)


def _eye(vertices: Floats, faces: Ints, middle: Floats) -> Opening | None:
    near = _about(vertices, faces, middle, 0.06)
    for aside in _EYE_PLACES:
        start = (
            float(middle[0]) + aside,
            float(middle[1]) - _EYE_HALF_HEIGHT,
            float(middle[1]) + _EYE_HALF_HEIGHT,
        )
        found = trace(vertices, near, start, 0.030, _EYE_OPENING)
        if found:
            return found
    return None


def _about(vertices: Floats, faces: Ints, place: Floats, reach: float) -> Ints:
    """Return the triangles near a place."""
    inside: Flags = np.all(np.abs(vertices - place) < reach, axis=1)
    return faces[inside[faces].all(axis=1)]


def _hollow(line: FrontLine, x: float, low: float, high: float) -> Floats:
    """Return the point of a front line that lies deepest behind the chord of its ends."""
    chosen = np.flatnonzero((line.y >= low) & (line.y <= high) & np.isfinite(line.z))
    if len(chosen) < 3:
        return np.array([x, (low + high) / 2, float(np.max(line.z, initial=-np.inf))])
    y, z = line.y[chosen], line.z[chosen]
    chord = z[0] + (z[-1] - z[0]) * (y - y[0]) / (y[-1] - y[0])
    at = int((chord - z).argmax())
    return np.array([x, y[at], z[at]])


def _chin(line: FrontLine, x: float, lip: float) -> Floats | None:
    """Return where the chin turns under: its farthest point down and forward."""
    nearest, farthest = _CHIN_UNDER_MOUTH
    chosen = np.flatnonzero(
        (line.y <= lip - nearest) & (line.y >= lip - farthest) & np.isfinite(line.z)
    )
    if not len(chosen):
        return None
    at = chosen[int((line.z[chosen] - line.y[chosen]).argmax())]
    return np.array([x, line.y[at], line.z[at]])
