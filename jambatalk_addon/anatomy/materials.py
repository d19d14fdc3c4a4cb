"""Plain materials that show in Solid view, in Workbench and in renders alike."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

_DARK = 0.15


def make_material(name: str, colour: Sequence[float]) -> bpy.types.Material:
    """Return a new material of a linear RGB colour."""
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)  # what the Solid view and Workbench show
    # Workbench gives metals highlights of their own colour: a white shine fills a dark mouth.
    material.metallic = 1.0 if max(colour) < _DARK else 0.0
    if material.node_tree is None:  # always there since 5.0
        material.use_nodes = True
    principled = material.node_tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = (*colour, 1.0)
    principled.inputs["Roughness"].default_value = 0.5
    return material
