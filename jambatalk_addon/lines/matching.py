"""Find the character of each line: by its strip's name, its channel, or a marker above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import bpy

from ...model_core.performance.options import BakeOptions
from ..bones.rigs import offered_rig, rig_of
from ..sound import strips
from ..sound.strips import Found
from ..targets.checks import is_speaker
from .naming import best_match
from .properties import CHANNEL, HAND, MARKER, NAME, NOBODY, JambaTalkLine, cast_as

Names = Mapping[bpy.types.Object, Sequence[str]]


def match(
    context: bpy.types.Context, lines: Sequence[JambaTalkLine], found: Sequence[Found | None]
) -> None:
    """Find a character for the rows whose strip is there, unless the artist chose.

    Args:
        context: whose scene has the characters.
        lines: rows.
        found: the strip of each.
    """
    names = candidates(context.scene)
    open_rows = [
        (line, each)
        for line, each in zip(lines, found, strict=True)
        if each is not None and line.matched != HAND
    ]
    for line, each in open_rows:
        cast_as(line, *_by_name(each, names, context.scene))
    for line, each in open_rows:
        if line.speaker is None:
            cast_as(line, *_by_neighbours(each, lines, found))


def candidates(scene: bpy.types.Scene) -> Names:
    """Return what each object of a scene that can speak is called, the more its own first."""
    speakers = [obj for obj in scene.objects if _can_speak(obj)]
    return {obj: list(_names_of(obj)) for obj in speakers}


def _can_speak(obj: bpy.types.Object) -> bool:
    if obj.type == "ARMATURE":
        return rig_of(obj, BakeOptions()) is not None
    return is_speaker(obj) or (obj.type == "MESH" and offered_rig(obj) is not None)


def _names_of(obj: bpy.types.Object) -> Iterator[str]:
    """Yield what an object is called: itself, its data, what it is a part of."""
    yield obj.name
    yield obj.data.name
    parent = obj.parent or obj.find_armature()
    while parent is not None:
        yield parent.name
        parent = parent.parent
    yield from (each.name for each in obj.users_collection)


def _by_name(
    found: Found, names: Names, scene: bpy.types.Scene
) -> tuple[bpy.types.Object | None, str]:
    """Return whom a strip's name means, or its channel's, or the marker's above it."""
    home, strip = found
    for said, how in (
        (strip.name, NAME),
        (strips.channel(home, strip).name, CHANNEL),
        (_marker(home, strip), MARKER),
    ):
        meant = _wholes(best_match(said, names))
        if len(meant) == 1:
            return meant[0], how
    return None, NOBODY


def _wholes(objects: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Return objects without those that are a part of another of them."""
    return [obj for obj in objects if not any(_is_part(obj, other) for other in objects)]


def _is_part(obj: bpy.types.Object, whole: bpy.types.Object) -> bool:
    return obj != whole and (obj in whole.children_recursive or obj.find_armature() == whole)


def _marker(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """Return the name of the last marker at or before a strip's start, or of the first within."""
    left, right = strips.left_handle(strip), strips.right_handle(strip)
    markers = sorted(scene.timeline_markers, key=lambda marker: marker.frame)
    before = [marker.name for marker in markers if marker.frame <= left]
    within = [marker.name for marker in markers if left < marker.frame < right]
    return next(iter([*before[-1:], *within]), "")


def _by_neighbours(
    found: Found, lines: Sequence[JambaTalkLine], places: Sequence[Found | None]
) -> tuple[bpy.types.Object | None, str]:
    """Return whose all other strips on a channel are, if they are one character's."""
    home, strip = found
    speakers = {
        line.speaker
        for line, other in zip(lines, places, strict=True)
        if line.speaker is not None
        and other is not None
        and other[0] == home
        and other[1].channel == strip.channel
        and other[1].parent_meta() == strip.parent_meta()
        and line.matched in {HAND, NAME}
    }
    return (speakers.pop(), CHANNEL) if len(speakers) == 1 else (None, NOBODY)
