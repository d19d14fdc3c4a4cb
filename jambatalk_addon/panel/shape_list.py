"""The list of which shape key does what, as the artist edits it: one for each mesh of a scene.

Without a list the names of the keys tell. What is kept are the lines; as an option of a bake they
are the JSON of a `ShapeMap`.
"""

from __future__ import annotations

import json
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ...model_core.rig.dialects import CHANNELS
from ...model_core.targets.naming.pose_sets import POSES
from ...model_core.targets.shape_map import ShapeMap

_SOURCES = sorted({*CHANNELS, *POSES})
_LARGEST = 100.0


def _sources(_line: Any, _context: bpy.types.Context, text: str) -> list[str]:
    """Return the sources that have some text in them."""
    return [source for source in _SOURCES if text.casefold() in source.casefold()]


class JambaTalkLink(bpy.types.PropertyGroup):
    """A line: a key's value is the sum of gain times source, and offset, over its lines."""

    source: bpy.props.StringProperty(
        name="Source",
        description="A channel, as jawOpen, or a pose of a set, as oculus/PP",
        search=_sources,
    )
    target: bpy.props.StringProperty(name="Shape Key", description="The mesh's key that it moves")
    gain: bpy.props.FloatProperty(
        name="Gain",
        description="Factor; below 0 where the key does the opposite",
        default=1.0,
        min=-_LARGEST,
        max=_LARGEST,
        soft_min=-2.0,
        soft_max=2.0,
    )
    offset: bpy.props.FloatProperty(
        name="Offset",
        description="What is added",
        min=-_LARGEST,
        max=_LARGEST,
        soft_min=-1.0,
        soft_max=1.0,
    )


class JambaTalkShapeList(bpy.types.PropertyGroup):
    """The list of one mesh."""

    mesh: bpy.props.PointerProperty(type=bpy.types.Object)
    title: bpy.props.StringProperty()
    lines: bpy.props.CollectionProperty(type=JambaTalkLink)
    active: bpy.props.IntProperty()


def mesh_of(settings: Any) -> bpy.types.Object | None:
    """Return the mesh that a scene's settings are about."""
    return settings.mesh or getattr(bpy.context, "object", None)


def list_of(settings: Any) -> JambaTalkShapeList | None:
    """Return the list of the chosen mesh, or None if its names tell."""
    return _list_for(settings, mesh_of(settings))


def _list_for(settings: Any, obj: bpy.types.Object | None) -> JambaTalkShapeList | None:
    found = (each for each in settings.shape_lists if obj is not None and each.mesh == obj)
    return next(found, None)


def put(settings: Any, shape_map: ShapeMap) -> None:
    """Make the list of the chosen mesh a map's lines."""
    shown = list_of(settings)
    if shown is None:
        shown = settings.shape_lists.add()
        shown.mesh = mesh_of(settings)
    shown.title, shown.active = shape_map.name, 0
    shown.lines.clear()
    for link in shape_map.links:
        line = shown.lines.add()
        line.source, line.target = link.source, link.target
        line.gain, line.offset = link.gain, link.offset


def drop(settings: Any) -> None:
    """Have the names of the chosen mesh's keys tell again, and forget the lists of lost meshes."""
    obj = mesh_of(settings)
    for index in reversed(range(len(settings.shape_lists))):
        if settings.shape_lists[index].mesh in {None, obj}:
            settings.shape_lists.remove(index)


def get_text(settings: Any) -> str:
    """Return the list of the chosen mesh as the option of a bake has it; empty without one."""
    return text_of(settings, mesh_of(settings))


def text_of(settings: Any, obj: bpy.types.Object | None) -> str:
    """Return the list of a mesh as the option of a bake has it; empty without one."""
    shown = _list_for(settings, obj)
    if shown is None:
        return ""
    lines = [
        {
            "source": line.source,
            "target": line.target,
            "gain": round(line.gain, 6),
            "offset": round(line.offset, 6),
        }
        for line in shown.lines
    ]
    return json.dumps(ShapeMap((), shown.title).to_json() | {"links": lines})


def set_text(settings: Any, text: str) -> None:
    """Make the list what an option of a bake says; an empty text leaves it as it is.

    Raises:
        UserError: it is no list, or there is no mesh to have it.
    """
    if not text:
        return
    if mesh_of(settings) is None:
        raise UserError("Choose a mesh first: a list of shapes is of one mesh.")
    put(settings, ShapeMap.from_json(json.loads(text)))
