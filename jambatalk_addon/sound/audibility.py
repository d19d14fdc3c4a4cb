"""Whether the artist hears a strip, and what they hear that the model does not."""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

from collections.abc import Iterator

import bpy

from ..write.fcurves import find_holder
from . import strips

_NAMED_OTHERS = 2


def why_silent(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str | None:
    """Return a sentence on why nothing of a strip is heard, or None if it is.

    The scene's own loudness is left out: it is turned down to work in peace.
    """
    name = f"The strip '{strip.name}'"
    if strip.mute:
        return f"{name} is muted; unmute it or choose another."
    if strips.channel(scene, strip).mute:
        return f"{name} lies on a muted channel ({strip.channel}); unmute it or choose another."
    for meta in strips.parents(strip):
        if meta.mute or strips.channel(scene, meta).mute:
            return f"{name} is inside the muted strip '{meta.name}'; unmute that."
        if getattr(meta, "volume", 1.0) <= 0:  # metas have one since 5.1
            return f"{name} is inside '{meta.name}', which has no volume; raise that."
    if max(_volumes(scene, strip)) <= 0:
        return f"{name} has no volume; raise it or choose another."
    return None


def is_muted(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Return whether the artist muted a strip: itself, its channel, or a meta strip around it."""
    around = [strip, *strips.parents(strip)]
    return any(each.mute or strips.channel(scene, each).mute for each in around)


def notes(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[str]:
    """Yield sentences on what is heard otherwise than the model hears it."""
    if not scene.use_audio or scene.audio_volume <= 0:
        yield f"The audio of the scene '{scene.name}' is muted: the speech moves lips unheard."
    volumes = _volumes(scene, strip)
    if min(volumes) <= 0:
        yield f"The volume of '{strip.name}' falls to 0 on the way: the lips move on."
    elif max(volumes) != min(volumes):
        yield f"The volume of '{strip.name}' is animated: the lips follow it as recorded."
    modifiers = [m.name for m in getattr(strip, "modifiers", ()) if not m.mute]
    if modifiers:
        yield f"The lips follow '{strip.name}' without its modifiers ({', '.join(modifiers)})."
    others = [other.name for other in _heard_beside(scene, strip)]
    if others:
        yield f"{_listed(others)} heard at the same time; the lips follow '{strip.name}' alone."


def _volumes(scene: bpy.types.Scene, strip: bpy.types.Strip) -> list[float]:
    """Return a strip's volume, or what its curve has at its keys and at both ends of the strip."""
    path = strip.path_from_id("volume")
    holder = find_holder(scene)
    curve = holder.fcurves.find(path) if holder else None
    if curve is None or curve.mute:
        return [strip.volume]
    first, last = strips.left_handle(strip), strips.right_handle(strip) - 1
    turns = [point.co.x for point in curve.keyframe_points if first < point.co.x < last]
    return [curve.evaluate(frame) for frame in (first, *turns, last)]


def _heard_beside(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """Yield the other sound strips that are heard while a strip is."""
    for other in strips.sound_strips(scene):
        if other != strip and strips.overlap(other, strip) and why_silent(scene, other) is None:
            yield other


def _listed(names: list[str]) -> str:
    """Return names as the subject of a sentence, with its verb."""
    named = [f"'{name}'" for name in names[:_NAMED_OTHERS]]
    more = [f"{len(names) - _NAMED_OTHERS} more"] if len(names) > _NAMED_OTHERS else []
    return f"{' and '.join([*named, *more])} {'is' if len(names) == 1 else 'are'}"
