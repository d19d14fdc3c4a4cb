"""Landmarks that the artist puts on a head: empties, children of the mesh."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ...model_core.rig.transfer.landmarks import NAMES
from ...model_core.rig.transfer.placed_head import flame_landmarks
from ..write.points import reference_points

_PROPERTY = "jambatalk_landmark"
_SIZE = 0.02  # of the mesh's height


def landmarks_of(head: bpy.types.Object) -> dict[str, list[float]] | None:
    """Return the places of a head's landmarks by name, in its own coordinates; None if none."""
    into = head.matrix_world.inverted()
    found = {
        child[_PROPERTY]: list(into @ child.matrix_world.translation)
        for child in head.children
        if child.get(_PROPERTY) in NAMES
    }
    return found or None


def add_landmarks(
    head: bpy.types.Object, places: Mapping[str, list[float]] | None = None
) -> list[bpy.types.Object]:
    """Give a head an empty for every landmark that it lacks, to be moved to its place.

    Args:
        head: mesh object.
        places: in its own coordinates; by default where they are on a face as large as the mesh.
    """
    there = landmarks_of(head) or {}
    places = _about(head) if places is None else places
    height = float(np.ptp(reference_points(head), axis=0).max())
    made = []
    for name in NAMES:
        if name in there or name not in places:
            continue
        empty = bpy.data.objects.new(f"{head.name} {name}", None)
        empty[_PROPERTY] = name
        empty.empty_display_type, empty.empty_display_size = "SPHERE", height * _SIZE
        empty.show_in_front = empty.show_name = True
        (head.users_collection or (bpy.context.scene.collection,))[0].objects.link(empty)
        empty.parent, empty.location = head, places[name]
        made.append(empty)
    return made


def remove_landmarks(head: bpy.types.Object) -> int:
    """Remove a head's landmarks; return how many there were."""
    empties = [child for child in head.children if child.get(_PROPERTY) in NAMES]
    for empty in empties:
        bpy.data.objects.remove(empty)
    return len(empties)


def _about(head: bpy.types.Object) -> dict[str, list[float]]:
    """Return landmarks of a face that stands upright along Z and fills the mesh's upper end."""
    points = reference_points(head).astype(float)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(float(high[0] - low[0]) / 0.22, float(high[2] - low[2]) / 0.32)
    top = np.array([(low[0] + high[0]) / 2, low[1], high[2]])
    return {
        name: list(top + scale * np.array([x, 0.075 - z, y - 0.132]))
        for name, (x, y, z) in flame_landmarks().items()
    }
