"""What a bake changes in the scene around the mesh, where the artist has asked for it."""

from __future__ import annotations

import bpy

from ...model_core.base.errors import UserError
from ..sound import scene_range, strips
from .plan import BakePlan


def change_scene(plan: BakePlan, frames: int) -> tuple[str, ...]:
    """Do to the scene what a plan says once so many frames are baked.

    Returns:
        Sentences on what was done, then the notes on the sound that hold now.
    """
    scene = plan.scene.scene()
    if scene is None:
        return (*plan.span.notes, "The scene is gone: nothing of it was changed.")
    span = plan.span
    expected = scene_range.notes(scene, span.first_frame, span.frames)
    told = []
    if plan.scene.extend:
        told += _extend(scene, span.first_frame + frames - 1)
    if plan.scene.add_strip:
        told.append(_add_strip(scene, plan))
    kept = [note for note in span.notes if note not in expected]
    return (*told, *kept, *scene_range.notes(scene, span.first_frame, frames))


def _extend(scene: bpy.types.Scene, last: int) -> list[str]:
    """Move a scene's end to a frame if it comes earlier."""
    before = scene.frame_end
    if last <= before:
        return []
    scene.frame_end = last
    return [f"The scene now ends at frame {last}; it ended at {before}."]


def _add_strip(scene: bpy.types.Scene, plan: BakePlan) -> str:
    """Put a plan's file on a strip where it was baked, if none has it there already."""
    path, first = plan.span.path, plan.span.first_frame
    there = strips.with_file(scene, path, first)
    if there is not None:
        return f"The strip '{there.name}' has the sound already."
    try:
        strip = strips.add(scene, path, first)
    except UserError as error:  # the bake itself is done
        return f"No strip was added: {error}"
    return f"The strip '{strip.name}' was added to channel {strip.channel} of '{scene.name}'."
