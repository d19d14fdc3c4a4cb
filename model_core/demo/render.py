"""Pictures of a face without a graphics card: a z-buffered scan-line rasteriser in numpy.

Scan conversion with a z-buffer (Catmull 1974), Phong-interpolated normals and Lambert shading.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.arrays import Ints
from ..base.errors import UserError
from ..rig.mesh import vertex_normals

Floats = NDArray[np.floating]

CLAY = (0.80, 0.66, 0.58)
BACKGROUND = (0.93, 0.94, 0.95)
_INSIDE = np.array([0.30, 0.20, 0.20])  # back faces seem the dark inside of the head
_YAW_DEGREES = {"front": 0.0, "three_quarter": -35.0, "side": -90.0}
_SUPERSAMPLING = 2
# Direction towards each light and its strength; the key stands to the upper left of the camera.
_LIGHTS = (
    (np.array([-0.45, 0.55, 0.70]), 0.78),
    (np.array([0.85, 0.10, 0.50]), 0.24),
    (np.array([0.0, -0.7, 0.70]), 0.10),
)
_AMBIENT = 0.10


@dataclass(frozen=True)
class Framing:
    """What a picture shows: the point at its middle, half its height and the camera's distance.

    Metres. The default holds a FLAME head from brow to chin whatever its expression.
    """

    centre: tuple[float, float, float] = (0.0, -0.012, 0.03)
    half_height: float = 0.125
    distance: float = 1.0


FACE = Framing()


def render(
    vertices: ArrayLike,
    faces: ArrayLike,
    colours: ArrayLike | None = None,
    view: str = "front",
    size: int = 512,
    framing: Framing = FACE,
) -> NDArray[np.uint8]:
    """Draw a triangle mesh.

    Args:
        vertices: (V, 3) metres, +Y up, +Z towards the viewer of the front view.
        faces: (F, 3) vertex indices, counter-clockwise seen from outside.
        colours: linear RGB in 0..1, (V, 3) a vertex or (F, 3) a triangle; None for plain clay.
        view: "front", "three_quarter" or "side".
        size: width and height in pixels.
        framing: what part of space is shown.

    Returns:
        (size, size, 3) u8 sRGB.

    Raises:
        UserError: the view is not one of the three.
    """
    points, triangles = np.asarray(vertices, np.float64), np.asarray(faces, np.int64)
    paint = np.broadcast_to(CLAY, points.shape) if colours is None else np.asarray(colours)
    rotated = points @ _rotation(view).T
    resolution = size * _SUPERSAMPLING
    screen = _project(rotated, _rotation(view) @ np.array(framing.centre), framing, resolution)
    pixels, owners, barycentric = _visible(screen, triangles, resolution)
    image = np.empty((resolution * resolution, 3), np.float32)
    image[:] = _linear(BACKGROUND)
    normals = vertex_normals(rotated, triangles)
    if len(paint) == len(triangles):
        albedo = paint[owners]
    else:
        albedo = _interpolate(barycentric, paint[triangles[owners]])
    image[pixels] = _shade(_interpolate(barycentric, normals[triangles[owners]]), albedo)
    return _encode(_downsample(image.reshape(resolution, resolution, 3)))


def _rotation(view: str) -> Floats:
    """Return the (3, 3) turn about +Y that brings ``view`` to face the camera."""
    if view not in _YAW_DEGREES:
        raise UserError(f"There is no view {view!r}; choose from {', '.join(_YAW_DEGREES)}.")
    angle = np.radians(_YAW_DEGREES[view])
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])


def _project(points: Floats, centre: Floats, framing: Framing, resolution: int) -> Floats:
    """Return (V, 3): column, row and nearness, in perspective from ``framing.distance``."""
    offset = points - centre
    scale = framing.distance / (framing.distance - offset[:, 2:])
    plane = offset[:, :2] * scale * (resolution / (2 * framing.half_height))
    middle = resolution / 2
    return np.column_stack([middle + plane[:, 0], middle - plane[:, 1], scale[:, 0]])


def _visible(screen: Floats, triangles: Ints, resolution: int) -> tuple[Ints, Ints, Floats]:
    """Rasterise; return each covered pixel, the triangle nearest there and its barycentrics."""
    corners = screen[triangles]  # (F, 3, 3)
    owners, rows = _rows(corners, resolution)
    owners, rows, columns = _spans(corners, owners, rows, resolution)
    slopes = _slopes(corners)[owners]
    depth = slopes[:, 0] * (columns + 0.5) + slopes[:, 1] * (rows + 0.5) + slopes[:, 2]
    pixels = rows * resolution + columns
    nearest = np.full(resolution * resolution, -np.inf)
    np.maximum.at(nearest, pixels, depth)
    front = np.flatnonzero(depth == nearest[pixels])
    owners = owners[front]
    return pixels[front], owners, _barycentric(corners, owners, rows[front], columns[front])


def _slopes(corners: Floats) -> Floats:
    """Return (F, 3): a, b, c of each triangle's nearness a * column + b * row + c."""
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = np.cross(edge1, edge2)
    flat = np.where(normal[:, 2] == 0, np.inf, -normal[:, 2])  # edge-on: covers no pixel centre
    slopes = normal[:, :2] / flat[:, None]
    offsets = corners[:, 0, 2] - np.einsum("fk,fk->f", slopes, corners[:, 0, :2])
    return np.column_stack([slopes, offsets])


def _rows(corners: Floats, resolution: int) -> tuple[Ints, Ints]:
    """Return each (triangle, pixel row) pair whose row centre the triangle crosses."""
    y = corners[:, :, 1]
    first = np.clip(np.ceil(y.min(axis=1) - 0.5), 0, resolution).astype(np.int64)
    last = np.clip(np.ceil(y.max(axis=1) - 0.5), 0, resolution).astype(np.int64)
    return _ranges(first, last)


def _spans(corners: Floats, owners: Ints, rows: Ints, resolution: int) -> tuple[Ints, Ints, Ints]:
    """Return each (triangle, row, column) whose pixel centre lies in the triangle."""
    y = rows + 0.5
    low, high = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        start, end = corners[owners, a], corners[owners, b]
        crosses = (start[:, 1] <= y) != (end[:, 1] <= y)
        rise = np.where(crosses, end[:, 1] - start[:, 1], 1.0)
        x = start[:, 0] + (y - start[:, 1]) / rise * (end[:, 0] - start[:, 0])
        low = np.where(crosses, np.minimum(low, x), low)
        high = np.where(crosses, np.maximum(high, x), high)
    empty = high < low
    low, high = np.where(empty, 0.0, low), np.where(empty, 0.0, high)
    first = np.clip(np.ceil(low - 0.5), 0, resolution).astype(np.int64)
    last = np.clip(np.ceil(high - 0.5), 0, resolution).astype(np.int64)
    pairs, columns = _ranges(first, last)
    return owners[pairs], rows[pairs], columns


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Expand half-open ranges: the index of each range repeated, beside its members."""
    counts = np.maximum(last - first, 0)
    index = np.repeat(np.arange(len(first)), counts)
    starts = np.cumsum(counts) - counts
    return index, np.arange(len(index)) - starts[index] + first[index]


def _barycentric(corners: Floats, owners: Ints, rows: Ints, columns: Ints) -> Floats:
    """Return (P, 3) weights of the triangles' corners at the pixels' centres."""
    origin = corners[:, 0, :2]
    edge1, edge2 = corners[:, 1, :2] - origin, corners[:, 2, :2] - origin
    area = edge1[:, 0] * edge2[:, 1] - edge1[:, 1] * edge2[:, 0]
    area = np.where(area == 0, 1.0, area)[owners]
    dx, dy = columns + 0.5 - origin[owners, 0], rows + 0.5 - origin[owners, 1]
    second = (dx * edge2[owners, 1] - dy * edge2[owners, 0]) / area
    third = (dy * edge1[owners, 0] - dx * edge1[owners, 1]) / area
    return np.column_stack([1.0 - second - third, second, third]).astype(np.float32)


def _interpolate(weights: Floats, corners: NDArray) -> Floats:
    """Return (P, 3) the weighted mean of values (P, 3, 3) at triangles' corners."""
    return np.einsum("pk,pkc->pc", weights, corners.astype(np.float32))


def _shade(normal: Floats, albedo: NDArray) -> Floats:
    """Return (P, 3) linear RGB by Lambert's law; faces seen from behind are the dark inside."""
    normal = normal / np.sqrt(np.einsum("pc,pc->p", normal, normal))[:, None].clip(1e-12)
    light = np.full(len(normal), _AMBIENT, np.float32)
    for direction, strength in _LIGHTS:
        towards = (direction / np.linalg.norm(direction)).astype(np.float32)
        light += strength * (normal @ towards).clip(0.0)
    shaded = albedo.astype(np.float32) * light[:, None]
    shaded[normal[:, 2] < -0.15] *= _INSIDE
    return shaded


def _downsample(image: Floats) -> Floats:
    """Return (size, size, 3) the mean of each square of samples of (resolution, resolution, 3)."""
    step = range(_SUPERSAMPLING)
    samples = [image[i::_SUPERSAMPLING, j::_SUPERSAMPLING] for i in step for j in step]
    return np.sum(samples, axis=0) / len(samples)


def _linear(srgb: ArrayLike) -> Floats:
    """Decode sRGB to linear with the plain 2.2 power."""
    return np.asarray(srgb, np.float64) ** 2.2


def _encode(linear: Floats) -> NDArray[np.uint8]:
    """Encode linear light as 8-bit sRGB with the plain 2.2 power."""
    return np.round(np.clip(linear, 0.0, 1.0) ** (1 / 2.2) * 255).astype(np.uint8)
