"""Characters from a library: shape keys that are there are animated through library overrides.

An overridden object still shares its mesh with the library, whose shape keys hold the animation;
what is written there is lost when the file is saved. An override of the mesh keeps an action of
this file's; it cannot get new shape keys.
"""

from __future__ import annotations

from pathlib import Path

import bpy


def make_editable(obj: bpy.types.Object) -> list[str]:
    """Override a mesh that is linked, so that its shape keys can have an action of this file's.

    Returns:
        A sentence on what was done, or nothing.
    """
    mesh = obj.data
    if mesh.library is None:
        return []
    mesh.override_create(remap_local_usages=True)
    return [f"The mesh of '{obj.name}' is a library override now, to have curves in this file."]


def problem(obj: bpy.types.Object, *, own_keys: bool) -> str | None:
    """Return why a mesh that comes from a library cannot be animated in this file, or None.

    Args:
        obj: mesh object.
        own_keys: keys that it has are to be driven; otherwise some are to be added.
    """
    if obj.library is not None:
        return _linked(obj, obj.library, own_keys=own_keys)
    override = obj.override_library
    if own_keys and override is not None and override.is_system_override:
        return (
            f"'{obj.name}' is not editable in its library override; select it and choose "
            "Object > Library Override > Make."
        )
    if own_keys:
        return None
    if obj.data.library is not None:
        return _linked(obj, obj.data.library, own_keys=own_keys)
    if obj.data.override_library is not None:
        return f"'{obj.name}' is a library override; make its mesh local first."
    return None


def _linked(obj: bpy.types.Object, library: bpy.types.Library, *, own_keys: bool) -> str:
    """Return what to do about what is linked."""
    name = Path(library.filepath).name
    if own_keys:
        return (
            f"'{obj.name}' is linked from {name}; make a library override of it first "
            "(Object > Library Override > Make)."
        )
    return (
        f"'{obj.name}' is linked from {name}; make its mesh local first "
        "(Object > Relations > Make Local)."
    )
