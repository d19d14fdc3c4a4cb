"""Teeth, gums and tongue as objects."""

from __future__ import annotations

import bpy
import numpy as np

from ...model_core.base.arrays import Floats
from ...model_core.rig.mouth.parts import MouthPart
from .materials import make_material

_COLOURS = {  # linear RGB, by the kinds of faces
    "Teeth": (0.78, 0.74, 0.62),
    "Gums": (0.42, 0.13, 0.12),
    "Tongue": (0.46, 0.15, 0.14),
}


def build(name: str, part: MouthPart) -> bpy.types.Object:
    """Return a part as a new object, its shapes as shape keys at rest."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(part.points.tolist(), [], part.faces.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(part.faces), bool))
    for kind in list(_COLOURS)[: int(part.kinds.max()) + 1]:
        mesh.materials.append(make_material(f"{name} {kind}", _COLOURS[kind]))
    mesh.polygons.foreach_set("material_index", part.kinds.astype(np.int32))
    mesh.update()
    made = bpy.data.objects.new(name, mesh)
    for shape, offsets in part.shapes.items():
        _add_key(made, shape, part.points + offsets)
    return made


def _add_key(obj: bpy.types.Object, name: str, points: Floats) -> None:
    if obj.data.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
    block = obj.shape_key_add(name=name, from_mix=False)
    block.value = 0.0  # 5.0 and later start at 1
    block.points.foreach_set("co", points.astype(np.float32).ravel())


def remove_unused(mesh: bpy.types.Mesh) -> None:
    """Remove a mesh and its materials where nothing uses them any more."""
    if mesh.users:
        return
    materials = [material for material in mesh.materials if material is not None]
    bpy.data.meshes.remove(mesh)
    for material in materials:
        if not material.users:
            bpy.data.materials.remove(material)
