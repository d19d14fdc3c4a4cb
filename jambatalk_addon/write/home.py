"""Where it is remembered what bakes made: on the data-block, saved and undone with it.

Library overrides lose custom properties when the file is loaded again (shape keys and objects do,
in 4.2 to 5.2), but keep their action, which is this file's own: there it is remembered on the
action.
"""

from __future__ import annotations

import bpy


def home_of(animated: bpy.types.ID) -> bpy.types.ID | None:
    """Return what remembers for shape keys or a rig, or None if nothing can."""
    owner = animated.user if isinstance(animated, bpy.types.Key) else animated
    if owner is None or owner.override_library is None:
        return animated
    action = animated.animation_data.action if animated.animation_data else None
    return action if action is not None and action.library is None else None
