"""The dark bag behind the lips as an object that follows them and the jaw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...model_core.base.arrays import Floats
from ...model_core.rig.mouth.cavity import Cavity
from .materials import make_material

FOLLOW = "Follow the Lips"
"""Name of the modifier, and of the group that says how much of the bag follows."""
_HOOKS = ("Follow the Skull", "Follow the Jaw")
_COLOUR = (0.010, 0.003, 0.004)  # linear RGB
_BENDING = {"ARMATURE", "CAST", "CURVE", "DISPLACE", "HOOK", "LAPLACIANDEFORM", "LATTICE"}
_BENDING |= {"MESH_DEFORM", "SHRINKWRAP", "SIMPLE_DEFORM", "SMOOTH", "CORRECTIVE_SMOOTH"}
_BENDING |= {"LAPLACIANSMOOTH", "SURFACE_DEFORM", "WARP", "WAVE"}
"""Modifiers that move vertices and leave polygons as they are."""


def build(head: bpy.types.Object, bag: Cavity, points: Floats) -> bpy.types.Object:
    """Return a bag with its (V, 3) points as a new object."""
    mesh = bpy.data.meshes.new(f"{head.name} Mouth")
    mesh.from_pydata(points.tolist(), [], bag.faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(bag.faces), bool))
    mesh.materials.append(make_material(mesh.name, _COLOUR))
    mesh.update()
    return bpy.data.objects.new(mesh.name, mesh)


def follow(
    mouth: bpy.types.Object,
    head: bpy.types.Object,
    teeth: tuple[bpy.types.Object, bpy.types.Object],
    bag: Cavity,
) -> None:
    """Have a bag follow its head's lips, bound to them at rest, and upper and lower teeth."""
    for name, each, share in zip(_HOOKS, teeth, (~bag.jaw, bag.jaw), strict=True):
        hook = mouth.modifiers.new(name, "HOOK")
        hook.object, hook.vertex_group = each, _add_group(mouth, name, share)
        hook.matrix_inverse = Matrix.Identity(4)  # both are at rest where their head is
    modifier = mouth.modifiers.new(FOLLOW, "SURFACE_DEFORM")
    modifier.target, modifier.vertex_group = head, _add_group(mouth, FOLLOW, bag.lips)
    layer = bpy.context.view_layer
    layer.update()  # which has it list the new object
    if mouth.name not in layer.objects:  # nothing is evaluated, so nothing can be bound
        return
    with _at_rest(head), bpy.context.temp_override(object=mouth, active_object=mouth):
        bpy.ops.object.surfacedeform_bind(modifier=modifier.name)
        layer.update()


@contextmanager
def _at_rest(head: bpy.types.Object) -> Iterator[None]:
    """Show a head without what shape keys and modifiers do, for a moment."""
    layer = bpy.context.view_layer
    shown = head.show_only_shape_key, head.active_shape_key_index
    bending = [m for m in head.modifiers if m.type in _BENDING and m.show_viewport]
    head.show_only_shape_key, head.active_shape_key_index = True, 0
    for modifier in bending:
        modifier.show_viewport = False
    layer.update()
    try:
        yield
    finally:
        head.show_only_shape_key, head.active_shape_key_index = shown
        for modifier in bending:
            modifier.show_viewport = True
        layer.update()


def _add_group(mouth: bpy.types.Object, name: str, weights: NDArray[np.generic]) -> str:
    """Give each vertex its weight (V,) in a new vertex group; return its name."""
    group = mouth.vertex_groups.new(name=name)
    for vertex in np.flatnonzero(weights).tolist():
        group.add([vertex], float(weights[vertex]), "REPLACE")
    return group.name
