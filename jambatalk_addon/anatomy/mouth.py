"""A dark inside for the mouth of a FLAME head, which ends at a hole behind the lips.

It is a bag that hangs on the rim of that hole: it starts at the head's own vertices, so that it
fits any identity, size and axes, and a Surface Deform modifier makes it follow lips and jaw.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.rig.placement import find_placement
from ...model_core.rig.rig import load_face_rig
from ..write.points import reference_points
from .materials import make_material

MARK = "jambatalk_mouth"
"""Custom property that tells our mouths."""
FOLLOW = "Follow the Lips"
"""Name of the modifier, and of the group that says how much of the bag follows."""

_COLOUR = (0.010, 0.003, 0.004)  # linear RGB
# Of each ring from the rim on: metres behind it, width against it, how much it follows the lips.
_RINGS = (
    (0.000, 1.00, 1.0),
    (0.006, 0.98, 0.8),
    (0.016, 0.90, 0.4),
    (0.026, 0.70, 0.1),
    (0.032, 0.35, 0.0),
)
_DEPTH = _RINGS[-1][0]


def find_mouth(head: bpy.types.Object) -> bpy.types.Object | None:
    """Return the mouth that was added to a head, or None."""
    return next((child for child in head.children if MARK in child), None)


def add_mouth(head: bpy.types.Object) -> bpy.types.Object:
    """Add the inside of the mouth to a head on FLAME's topology, as its child.

    It fits the head at rest, whatever its shape keys show now. `follows` tells whether it could
    be bound to the head, which must be in the view layer for that.
    """
    points = reference_points(head)
    placement = find_placement(load_face_rig().neutral, points)
    vertices, faces = bag(points[rim()], -placement.rotation[:, 2], placement.scale)
    mesh = bpy.data.meshes.new(f"{head.name} Mouth")
    mesh.from_pydata(vertices.tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.materials.append(make_material(mesh.name, _COLOUR))
    mesh.update()
    mouth = bpy.data.objects.new(mesh.name, mesh)
    mouth[MARK] = True
    for collection in head.users_collection:
        collection.objects.link(mouth)
    mouth.parent = head
    _follow(mouth, head)
    return mouth


def follows(mouth: bpy.types.Object) -> bool:
    """Return whether a mouth moves with its head's lips."""
    return any(modifier.name == FOLLOW and modifier.is_bound for modifier in mouth.modifiers)


def bag(
    rim_points: NDArray[np.floating], back: NDArray[np.floating], scale: float
) -> tuple[NDArray[np.float64], list[tuple[int, ...]]]:
    """Return the vertices (V, 3) and faces of a bag that hangs on a rim.

    Args:
        rim_points: (N, 3) in order round the rim.
        back: (3,) unit vector into the head.
        scale: mesh units a metre.
    """
    centre = rim_points.mean(axis=0, dtype=np.float64)
    bent = (rim_points - centre) @ back
    flat = rim_points - centre - np.outer(bent, back)
    rings = [
        centre + width * flat + np.outer(bent * (1 - far / _DEPTH) + far * scale, back)
        for far, width, _ in _RINGS  # the rim is bent, the bottom is flat
    ]
    bottom = centre + _DEPTH * scale * back
    return np.vstack([*rings, bottom]), _faces(len(rim_points))


def _faces(count: int) -> list[tuple[int, ...]]:
    """Return the faces between rings of so many vertices, and those that close the last one."""
    after = [*range(1, count), 0]
    faces: list[tuple[int, ...]] = [
        (ring + here, ring + after[here], ring + count + after[here], ring + count + here)
        for ring in range(0, (len(_RINGS) - 1) * count, count)
        for here in range(count)
    ]
    last, bottom = (len(_RINGS) - 1) * count, len(_RINGS) * count
    return [*faces, *((last + here, last + after[here], bottom) for here in range(count))]


@lru_cache(maxsize=1)
def rim() -> NDArray[np.int64]:
    """Return FLAME's vertices round the hole behind the lips, in order."""
    rig = load_face_rig()
    edges = np.sort(rig.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2))
    unique, uses = np.unique(edges, axis=0, return_counts=True)
    neighbours = defaultdict(list)
    for first, second in unique[uses == 1].tolist():
        neighbours[first].append(second)
        neighbours[second].append(first)
    loop = [next(vertex for vertex in neighbours if vertex in rig.regions["oral"])]
    while (after := next((v for v in neighbours[loop[-1]] if v not in loop), None)) is not None:
        loop.append(after)
    return np.array(loop)


def _follow(mouth: bpy.types.Object, head: bpy.types.Object) -> None:
    """Have a mouth follow its head's lips, bound to them at rest."""
    group, count = mouth.vertex_groups.new(name=FOLLOW), len(rim())
    for ring, (_, _, weight) in enumerate(_RINGS):
        group.add(list(range(ring * count, (ring + 1) * count)), weight, "REPLACE")
    modifier = mouth.modifiers.new(FOLLOW, "SURFACE_DEFORM")
    modifier.target, modifier.vertex_group = head, group.name
    layer = bpy.context.view_layer
    layer.update()  # which has it list the new object
    if mouth.name not in layer.objects:  # nothing is evaluated, so nothing can be bound
        return
    shown = head.show_only_shape_key, head.active_shape_key_index
    head.show_only_shape_key, head.active_shape_key_index = True, 0
    layer.update()
    with bpy.context.temp_override(object=mouth, active_object=mouth):
        bpy.ops.object.surfacedeform_bind(modifier=modifier.name)
    layer.update()
    head.show_only_shape_key, head.active_shape_key_index = shown
