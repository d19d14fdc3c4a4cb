"""The inside of the mouth of a FLAME head: a dark cavity, teeth, gums and a tongue.

All of it fits any identity, size and axes. Nothing of it is keyed but the tongue: upper teeth
follow vertices of the scalp and lower ones of chin and hinges, so whatever moves the head moves
them.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import numpy as np
from mathutils import Matrix

from ...model_core.base.arrays import Array, Floats
from ...model_core.performance.options import BakeOptions
from ...model_core.rig.mouth.cavity import make_cavity
from ...model_core.rig.mouth.fit import FittedMouth, fit_mouth
from ...model_core.rig.mouth.follow import JAW, SKULL, Corners, frame_of
from ...model_core.rig.placement import Placement, find_placement
from ...model_core.rig.rig import load_face_rig
from ...model_core.targets.preference import OUR_SHAPES
from ..targets.target import target_of
from ..write.companions import MOUTH
from ..write.points import reference_points
from . import cavity, teeth

CAVITY, UPPER, LOWER = "cavity", "upper", "lower"  # True is a cavity of before teeth


def parts_of(head: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """Yield the parts of the mouth that was added to a head."""
    return (child for child in head.children if MOUTH in child)


def find_mouth(head: bpy.types.Object) -> bpy.types.Object | None:
    """Return the cavity of the mouth that was added to a head, or None."""
    return next((part for part in parts_of(head) if part[MOUTH] in {CAVITY, True}), None)


def has_teeth(head: bpy.types.Object) -> bool:
    """Return whether a head's mouth is whole."""
    return {CAVITY, UPPER, LOWER} <= {part[MOUTH] for part in parts_of(head)}


def problem_of(head: bpy.types.Object) -> str | None:
    """Return why a mesh can have no mouth of ours, or no other, or None if it can."""
    there = find_mouth(head)
    if there is not None and has_teeth(head):
        return f"'{head.name}' has the mouth '{there.name}' already."
    return target_of(head, BakeOptions(target=OUR_SHAPES)).problem()


def add_mouth(head: bpy.types.Object) -> bpy.types.Object:
    """Add the inside of the mouth to a head on FLAME's topology, as its children.

    It fits the head at rest, whatever shape keys and bones do now; what of a mouth is there already
    is made anew. `follows` tells whether the cavity could be bound to the head, which must be in
    the view layer for that.

    Returns:
        The cavity.
    """
    remove_mouth(head)
    points = reference_points(head)
    placement = find_placement(load_face_rig().neutral, points)
    face = placement.undo(points).astype(np.float64)
    fitted = fit_mouth(face)
    upper = _add_teeth(head, UPPER, placement, fitted)
    lower = _add_teeth(head, LOWER, placement, fitted)
    bag = make_cavity(face, fitted)
    mouth = cavity.build(head, bag, _placed(placement, bag.points))
    _adopt(head, mouth, CAVITY)
    cavity.follow(mouth, head, (upper, lower), bag)
    return mouth


def remove_mouth(head: bpy.types.Object) -> int:
    """Remove the mouth that was added to a head, and what only it uses; return how many objects."""
    parts = list(parts_of(head))
    for part in parts:
        mesh = part.data
        bpy.data.objects.remove(part)
        teeth.remove_unused(mesh)
    return len(parts)


def follows(mouth: bpy.types.Object) -> bool:
    """Return whether a cavity moves with its head's lips."""
    return any(modifier.name == cavity.FOLLOW and modifier.is_bound for modifier in mouth.modifiers)


def _add_teeth(
    head: bpy.types.Object, kind: str, placement: Placement, fitted: FittedMouth
) -> bpy.types.Object:
    """Add what follows the skull or the jaw."""
    part, corners = (fitted.upper, SKULL) if kind == UPPER else (fitted.lower, JAW)
    placed = part.moved(placement.scale * placement.rotation, np.zeros(3))
    made = teeth.build(f"{head.name} {kind.title()} Teeth", placed)
    _adopt(head, made, kind)
    _hang(made, reference_points(head), corners)
    return made


def _adopt(head: bpy.types.Object, part: bpy.types.Object, kind: str) -> None:
    """Make a part a head's child, where the head is."""
    part[MOUTH] = kind
    for collection in head.users_collection:
        collection.objects.link(part)
    part.parent = head


def _hang(part: bpy.types.Object, rest: Array, corners: Corners) -> None:
    """Hang a head's child on three of its vertices, in place where these are at rest (V, 3)."""
    part.parent_type, part.parent_vertices = "VERTEX_3", corners
    axes, origin = frame_of(rest, corners)
    place = Matrix.Translation(origin.tolist()) @ Matrix(axes.tolist()).to_4x4()
    part.matrix_parent_inverse = place.inverted()


def _placed(placement: Placement, points: Floats) -> Floats:
    """Return points in metres of the rig's space as points of the mesh."""
    placed: Floats = points @ (placement.scale * placement.rotation.T)
    return placed
