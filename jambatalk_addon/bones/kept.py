"""Where the poses of an armature are kept: on it, saved and undone with it, as JSON.

A library override forgets custom properties that it did not have in its library when the file is
opened again (4.2 to 5.2), so the scene keeps its poses, beside a pointer to it that follows names.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

from ...model_core.base.errors import UserError

PROPERTY = "jambatalk_poses"


class JambaTalkPoses(bpy.types.PropertyGroup):
    """The poses of one library override."""

    rig: bpy.props.PointerProperty(
        name="Armature", description="Library override whose poses these are", type=bpy.types.Object
    )
    poses: bpy.props.StringProperty(name="Poses", description="The poses, as JSON")


def is_kept(obj: bpy.types.Object) -> bool:
    """Return whether any poses of an armature are stored, damaged or not."""
    own = _entry(obj)
    return PROPERTY in obj if own is None else own.poses != "{}"


def read(obj: bpy.types.Object) -> dict[str, Any]:
    """Return what is stored of an armature, by pose.

    Raises:
        UserError: what is stored is damaged.
    """
    own = _entry(obj)
    try:
        stored = json.loads(obj.get(PROPERTY, "{}") if own is None else own.poses)
    except (TypeError, ValueError) as error:
        where = f"remove the custom property {PROPERTY}" if own is None else "remove the poses"
        raise UserError(
            f"The poses stored on '{obj.name}' are damaged ({error}); {where} and store them anew."
        ) from None
    return stored if isinstance(stored, dict) else {}


def write(obj: bpy.types.Object, stored: dict[str, Any]) -> None:
    """Store all poses of an armature; none at all is forgotten."""
    entry = _entry(obj)
    if entry is not None or obj.override_library is not None:
        entry = entry or _scene().jambatalk_poses.add()
        entry.rig, entry.poses = obj, json.dumps(stored)
    elif stored:
        obj[PROPERTY] = json.dumps(stored)
    elif PROPERTY in obj:
        del obj[PROPERTY]


def _entry(obj: bpy.types.Object) -> JambaTalkPoses | None:
    """Return what a scene of this file keeps of what is or was a library override, or None."""
    entries = (each for scene in bpy.data.scenes for each in scene.jambatalk_poses)
    return next((each for each in entries if each.rig == obj), None)


def _scene() -> bpy.types.Scene:
    """Return a scene that this file saves: the current one, unless it is linked."""
    own = [scene for scene in bpy.data.scenes if scene.library is None]
    return bpy.context.scene if bpy.context.scene in own else own[0]


def attach() -> None:
    """Add the poses to scenes."""
    bpy.types.Scene.jambatalk_poses = bpy.props.CollectionProperty(
        type=JambaTalkPoses,
        name="Poses",
        description="Poses of the faces of library overrides, which cannot keep them",
    )


def detach() -> None:
    """Undo `attach`."""
    del bpy.types.Scene.jambatalk_poses
