"""Where it is remembered what bakes made on shape keys: on them, so that it is saved and undone.

The shape keys of a library override lose custom properties when the file is loaded again, but keep
their action, which is this file's own: there it is remembered on the action.
"""

from __future__ import annotations

import bpy


def home_of(key: bpy.types.Key) -> bpy.types.ID | None:
    """Return what remembers for shape keys, or None if nothing can."""
    if key.user is None or key.user.override_library is None:
        return key
    action = key.animation_data.action if key.animation_data else None
    return action if action is not None and action.library is None else None
