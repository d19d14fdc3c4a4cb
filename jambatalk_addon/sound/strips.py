"""The sound strips an artist can choose from, and the names Blender versions give their parts."""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import bpy

from ...model_core.base.errors import UserError

MARK = "jambatalk_strip"
"""Custom property of a strip that has been chosen: its id, which lasts when it is renamed."""

_CHANNELS = 128  # of a Blender sequencer, also before 4.4

Found = tuple[bpy.types.Scene, "bpy.types.Strip"]
"""A strip with the scene that has it."""


@dataclass(frozen=True)
class Choice:
    """Which strip is meant, as it is saved.

    Attributes:
        home: name of the scene whose settings these are.
        name: the strip's; empty stands for the active or else the first strip.
        scene: name of the scene that has it; empty with a mark stands for ``home``, and without
            one for any (as older versions saved it).
        mark: the strip's id, or empty where only names are known.
    """

    home: str
    name: str = ""
    scene: str = ""
    mark: str = ""


def editing_scene(context: bpy.types.Context) -> bpy.types.Scene:
    """Return the scene whose sequencer the artist sees; since 5.0 it need not be the active one."""
    chosen = getattr(context.workspace, "sequencer_scene", None) if context.workspace else None
    return chosen or context.scene


def sound_strips(scene: bpy.types.Scene) -> list[bpy.types.Strip]:
    """Return a scene's sound strips, also those inside meta strips, in order of time."""
    sounds = (strip for strip in every(scene) if strip.type == "SOUND")
    return sorted(sounds, key=lambda strip: (left_handle(strip), strip.name))


def every(scene: bpy.types.Scene) -> Iterable[bpy.types.Strip]:
    """Return all strips of a scene, also those inside meta strips."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    # An empty collection is falsy, so `or` between the two names would pick the wrong one.
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def is_selected(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Return whether the artist sees a strip selected: itself, or the meta strip it is inside.

    What lies inside a closed meta strip keeps whatever selection it had before.
    """
    stack = scene.sequence_editor.meta_stack
    opened = stack[-1] if len(stack) else None
    while (parent := strip.parent_meta()) != opened:
        if parent is None:
            return False
        strip = parent
    return strip.select


def with_file(scene: bpy.types.Scene, path: Path, first: int) -> bpy.types.Strip | None:
    """Return the strip by which a scene plays a sound file from a frame on, if there is one."""
    for strip in sound_strips(scene):
        starts = left_handle(strip) == round(content_start(strip)) == first
        if starts and strip.sound and Path(_path_of(strip.sound)) == path:
            return strip
    return None


def _path_of(sound: bpy.types.Sound) -> str:
    return bpy.path.abspath(sound.filepath, library=sound.library)


def add(scene: bpy.types.Scene, path: Path, first: int) -> bpy.types.Strip:
    """Put a sound file on a new strip of a scene, on the lowest channel that is free there.

    Raises:
        UserError: Blender cannot read it; the scene is as it was.
    """
    had_editor, known = scene.sequence_editor is not None, set(bpy.data.sounds)
    try:
        strip = _new_strip(scene, path, first)
    except UserError:
        bpy.data.batch_remove(set(bpy.data.sounds) - known)
        if not had_editor:
            scene.sequence_editor_clear()
        raise
    others = [each for each in top_strips(scene) if each != strip]
    strip.channel = _free_channel(others, left_handle(strip), right_handle(strip))
    return strip


def _new_strip(scene: bpy.types.Scene, path: Path, first: int) -> bpy.types.Strip:
    """Return a new strip on the last channel, or raise UserError."""
    try:
        strip = top_strips(scene).new_sound(
            path.stem, str(path), channel=_CHANNELS, frame_start=first
        )
    except RuntimeError as error:
        raise UserError(f"No strip can be made of {path.name} ({error}).") from error
    if right_handle(strip) - left_handle(strip) <= 1:  # what Blender makes of what is no sound
        top_strips(scene).remove(strip)
        raise UserError(f"{path.name} is not a sound that Blender can play; convert it to WAV.")
    return strip


def top_strips(scene: bpy.types.Scene) -> bpy.types.bpy_prop_collection:
    """Return a scene's strips that are in no meta strip, whatever this Blender calls them."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def _free_channel(others: list[bpy.types.Strip], left: int, right: int) -> int:
    """Return the lowest channel on which no strip lies in the frames from left to before right."""
    taken = {s.channel for s in others if left_handle(s) < right and left < right_handle(s)}
    return next(channel for channel in range(1, _CHANNELS + 1) if channel not in taken)


def choices(context: bpy.types.Context) -> list[Found]:
    """Return each sound strip of the file with its scene.

    The sequencer's scene comes first, then the active one. Since 5.0 the sequencer's differs
    between workspaces and can be none, so the strips of every scene are on offer.
    """
    scenes = dict.fromkeys((editing_scene(context), context.scene, *bpy.data.scenes))
    return [(scene, strip) for scene in scenes for strip in sound_strips(scene)]


def find(context: bpy.types.Context, choice: Choice) -> Found | None:
    """Return the chosen strip and its scene; None if it is gone, or if several could be meant."""
    return find_among(context, choices(context), choice)


def find_among(context: bpy.types.Context, offered: list[Found], choice: Choice) -> Found | None:
    """Return the chosen one of some strips that `choices` gave; None as `find`."""
    if not choice.name:
        return active_found(context) or (offered[0] if offered else None)
    home = choice.scene or choice.home
    marked = [pair for pair in offered if choice.mark and pair[1].get(MARK) == choice.mark]
    if marked:  # several after copying: the one that is also called so, in the scene called so
        return max(marked, key=lambda pair: (pair[0].name == home, pair[1].name == choice.name))
    named = [pair for pair in offered if pair[1].name == choice.name]
    if choice.mark or choice.scene:
        return next((pair for pair in named if pair[0].name == home), None)
    seen = [pair for pair in named if pair[0] in (editing_scene(context), context.scene)]
    return (seen or named)[0] if seen or len(named) == 1 else None


def choose(home: bpy.types.Scene, found: Found) -> Choice:
    """Return what to save so that a strip is found again, marking it with an id if it has none."""
    scene, strip = found
    if MARK not in strip and scene.library is None:
        strip[MARK] = uuid4().hex
    elsewhere = scene.name if scene != home else ""
    return Choice(home.name, strip.name, elsewhere, strip.get(MARK, ""))


def active_found(context: bpy.types.Context) -> Found | None:
    """Return the sequencer's active strip and its scene, if it is a sound strip."""
    scene = editing_scene(context)
    strip = scene.sequence_editor.active_strip if scene.sequence_editor else None
    return (scene, strip) if strip is not None and strip.type == "SOUND" else None


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


def label(found: Found, *, with_scene: bool) -> str:
    """Return what a menu shows of a strip: name, scene, channel and length in seconds."""
    scene, strip = found
    seconds = (right_handle(strip) - left_handle(strip)) / frames_per_second(scene)
    place = f"scene {scene.name}, " if with_scene else ""
    return f"{strip.name}  ({place}channel {strip.channel}, {seconds:.1f} s)"


def overlap(one: bpy.types.Strip, other: bpy.types.Strip) -> bool:
    """Return whether two strips cover a common frame."""
    return left_handle(one) < right_handle(other) and left_handle(other) < right_handle(one)


def parents(strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """Yield the meta strips a strip is inside, the innermost first."""
    meta = strip.parent_meta()
    while meta is not None:
        yield meta
        meta = meta.parent_meta()


def channel(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bpy.types.SequenceTimelineChannel:
    """Return the channel a strip lies on, of the timeline or of the meta strip it is inside."""
    owner = strip.parent_meta() or scene.sequence_editor
    return owner.channels[strip.channel]
