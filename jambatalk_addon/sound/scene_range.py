"""Which baked frames a scene never shows."""

from __future__ import annotations

from collections.abc import Iterator

import bpy


def notes(scene: bpy.types.Scene, first: int, frames: int | None) -> tuple[str, ...]:
    """Return sentences on the frames of a bake that lie outside a scene's ranges.

    Args:
        scene: what is animated.
        first: first frame that is keyed.
        frames: how many are, or None if only the model can tell.
    """
    # A length not known yet is taken to reach the scene, and not beyond its end.
    last = first + frames - 1 if frames else max(first, scene.frame_start)
    return (*_rendered(scene, first, last), *_played(scene, first, last))


def _rendered(scene: bpy.types.Scene, first: int, last: int) -> Iterator[str]:
    start, end = scene.frame_start, scene.frame_end
    if scene.jambatalk.extend_scene:
        end = max(end, last)
    if first > end or last < start:
        yield f"It lies outside the scene's frames, {start} to {end}: none of it is rendered."
        return
    if first < start:
        yield f"The scene starts at frame {start}: what is baked before is not rendered."
    if last > end:
        yield f"The scene ends at frame {end}: the rest, to {last}, is not rendered."


def _played(scene: bpy.types.Scene, first: int, last: int) -> Iterator[str]:
    start, end = scene.frame_preview_start, scene.frame_preview_end
    if scene.use_preview_range and (first < start or last > end):
        yield f"The preview range, {start} to {end}, does not play all of it."
