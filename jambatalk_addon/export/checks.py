"""What formats are known to lose or spoil, found before it is written."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ...model_core.base.errors import UserError
from ..write.fcurves import find_holder
from ..write.wording import listed
from .exported import Exported

MORPHS = ("GLB", "FBX", "USD")
"""Formats that carry shape keys; Alembic carries points, as they are seen."""
_EXACTLY = 1e-3  # of a weight


def check(what: Exported, kind: str) -> list[str]:
    """Return sentences on what a format will not carry as it is seen in Blender.

    Raises:
        UserError: nothing of the speech would be carried.
    """
    if kind not in MORPHS:
        return []
    notes: list[str] = []
    for obj in what.meshes:
        if not obj.data.shape_keys.use_relative:
            raise UserError(
                f"'{obj.name}' is baked exactly, a key a frame, which {kind} does not carry; "
                "export Alembic (.abc), or bake curves."
            )
        notes += [*_on_mesh(obj, kind), *_on_values(obj, kind)]
    if kind == "FBX":
        notes += _on_frames(what)
    return notes


def kept_back(what: Exported, kind: str) -> list[tuple[bpy.types.Object, bpy.types.Modifier]]:
    """Return the modifiers that are left out: applied, they would drop the shape keys."""
    if kind not in MORPHS:
        return []
    return [
        (obj, modifier)
        for obj in what.meshes
        for modifier in obj.modifiers
        if modifier.type != "ARMATURE" and (modifier.show_viewport or modifier.show_render)
    ]


def _on_mesh(obj: bpy.types.Object, kind: str) -> Iterator[str]:
    """Yield sentences on a mesh's shape keys and modifiers."""
    blocks = obj.data.shape_keys.key_blocks
    basis = obj.data.shape_keys.reference_key
    masked = [each.name for each in blocks if each.vertex_group]
    others = [each.name for each in blocks if basis not in (each, each.relative_key)]
    standing = [each.name for each in blocks if each != basis and _stands(obj, each)]
    modifiers = [m.name for m in obj.modifiers if m.type != "ARMATURE" and m.show_viewport]
    if basis != blocks[0] or others:
        yield (
            f"'{obj.name}' has keys that are not relative to its first one"
            f"{f' ({listed(others)})' if others else ''}; {kind} takes them as if they were."
        )
    if masked:
        yield f"{kind} carries {listed(masked)} of '{obj.name}' without their vertex groups."
    if standing:
        yield (
            f"{listed(standing)} of '{obj.name}' stand above 0 without keys, so that they show in "
            f"every animation of the {kind}; key them or set them to 0."
        )
    if modifiers:
        yield (
            f"{kind} has '{obj.name}' without {listed(modifiers)}, which would drop its shape keys."
        )


def _on_values(obj: bpy.types.Object, kind: str) -> Iterator[str]:
    """Yield a sentence if keys leave the range that other programs let shapes have."""
    values = [point.co.y for each in _curves(obj.data.shape_keys) for point in each.keyframe_points]
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low < -_EXACTLY or high > 1 + _EXACTLY:
        yield (
            f"Shape keys of '{obj.name}' go from {low:.2f} to {high:.2f}: {kind} has that, but "
            "programs that hold shapes between 0 and 1 cut it off."
        )


def _stands(obj: bpy.types.Object, block: bpy.types.ShapeKey) -> bool:
    """Return whether a key has an effect that nothing animates."""
    return bool(block.value) and not block.mute and block.name not in _animated(obj)


def _animated(obj: bpy.types.Object) -> set[str]:
    """Return the names of the keys that an action or a driver moves."""
    keys = obj.data.shape_keys
    paths = {curve.data_path for curve in _curves(keys)}
    if keys.animation_data is not None:
        paths |= {each.data_path for each in keys.animation_data.drivers}
    return {block.name for block in keys.key_blocks if block.path_from_id("value") in paths}


def _curves(keys: bpy.types.Key) -> list[bpy.types.FCurve]:
    """Return the curves of the action that animates shape keys."""
    holder = find_holder(keys)
    return list(holder.fcurves) if holder is not None else []


def _on_frames(what: Exported) -> Iterator[str]:
    """Yield a sentence if keys lie between frames, where FBX has none."""
    between = sum(
        point.co.x != round(point.co.x)
        for obj in what.meshes
        for curve in _curves(obj.data.shape_keys)
        for point in curve.keyframe_points
    )
    if between:
        yield f"{between} keys lie between frames; FBX has them at whole ones, and so may be off."
