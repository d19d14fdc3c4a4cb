"""The sound strips an artist can choose from, and the names Blender versions give their parts."""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

import bpy


def editing_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene whose sequencer the artist sees; since 5.0 it need not be the active one."""
    chosen = getattr(context.workspace, "sequencer_scene", None) if context.workspace else None
    return chosen or context.scene


def sound_strips(scene: bpy.types.Scene) -> list[bpy.types.Strip]:
    """Return a scene's sound strips, also those inside meta strips, in order of time."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    # An empty collection is falsy, so `or` between the two names would pick the wrong one.
    every = editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all
    return sorted((s for s in every if s.type == "SOUND"), key=lambda s: (left_handle(s), s.name))


def choices(context: bpy.types.Context) -> list[tuple[bpy.types.Scene, bpy.types.Strip]]:
    """Return each sound strip on offer with its scene: the sequencer's, then the active scene's.

    A name that both have stands for the sequencer's.
    """
    scenes = dict.fromkeys((editing_scene(context), context.scene))
    found: dict[str, tuple[bpy.types.Scene, bpy.types.Strip]] = {}
    for scene in scenes:
        for strip in sound_strips(scene):
            found.setdefault(strip.name, (scene, strip))
    return list(found.values())


def find(context: bpy.types.Context, name: str) -> tuple[bpy.types.Scene, bpy.types.Strip] | None:
    """Return the named strip and its scene; for no name, the active or else the first strip."""
    offered = choices(context)
    if name:
        return next(((scene, s) for scene, s in offered if s.name == name), None)
    active = active_strip(editing_scene(context))
    return next(
        ((scene, s) for scene, s in offered if s == active), offered[0] if offered else None
    )


def active_strip(scene: bpy.types.Scene) -> bpy.types.Strip | None:
    """Return the strip the artist clicked last in the sequencer."""
    return scene.sequence_editor.active_strip if scene.sequence_editor else None


def frames_per_second(scene: bpy.types.Scene) -> float:
    """Return the real frame rate: 30 with a base of 1.001 is 29.97."""
    return scene.render.fps / scene.render.fps_base


def left_handle(strip: bpy.types.Strip) -> int:
    """Return the first frame a strip covers. (5.2 renames what 6.0 removes.)"""
    return strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start


def right_handle(strip: bpy.types.Strip) -> int:
    """Return the first frame after a strip."""
    return strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end


def content_start(strip: bpy.types.Strip) -> float:
    """Return the frame at which the untrimmed content starts."""
    return strip.content_start if hasattr(strip, "content_start") else strip.frame_start


def content_trim(strip: bpy.types.Strip) -> tuple[int, int]:
    """Return how many frames of content are cut off for good at its start and end."""
    if hasattr(strip, "content_trim_start"):
        return strip.content_trim_start, strip.content_trim_end
    return strip.animation_offset_start, strip.animation_offset_end


def label(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """Return what a menu shows of a strip: name, channel and length in seconds."""
    seconds = (right_handle(strip) - left_handle(strip)) / frames_per_second(scene)
    return f"{strip.name}  (channel {strip.channel}, {seconds:.1f} s)"


def frame_shift(edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene) -> int:
    """Return what to add to a frame of the edited scene to get the animated scene's.

    Where the sequencer shows the animated scene by a scene strip under the sound, that strip
    places it; otherwise both scenes count the same frames.
    """
    editor = edited.sequence_editor
    if edited == animated or editor is None:
        return 0
    top = editor.strips if hasattr(editor, "strips") else editor.sequences
    for shot in top:
        overlaps = left_handle(shot) < right_handle(strip) and left_handle(strip) < right_handle(
            shot
        )
        if shot.type == "SCENE" and shot.scene == animated and overlaps:
            return animated.frame_start + content_trim(shot)[0] - round(content_start(shot))
    return 0
