"""What is exported: a speaker with all that belongs to it, over the frames that are heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy

from ...model_core.motion.motion import Motion
from ..write.companions import companions_of


@dataclass(frozen=True)
class Exported:
    """A speaker.

    Attributes:
        speaker: the mesh or armature that was baked onto.
        first: scene frame of the first one baked.
        last: scene frame of the last one.
        motion: what was baked, at the scene's frame rate.
        sound: the file that is spoken, if there is one.
        origin: scene frame at which that file begins.
    """

    speaker: bpy.types.Object
    first: int
    last: int
    motion: Motion
    sound: Path | None = None
    origin: int = 1

    @property
    def objects(self) -> list[bpy.types.Object]:
        """The speaker, what moves along with it, and what they hang on or are moved by."""
        found = {self.speaker: None}
        if self.speaker.type == "MESH":
            found |= dict.fromkeys(companions_of(self.speaker))
        found |= dict.fromkeys(self.speaker.children_recursive)
        for obj in list(found):
            found |= dict.fromkeys(_moved_by(obj))
        return list(found)

    @property
    def meshes(self) -> list[bpy.types.Object]:
        """Those of its objects that have shape keys."""
        return [obj for obj in self.objects if obj.type == "MESH" and obj.data.shape_keys]


def _moved_by(obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """Yield an object's parents, and the armatures of its modifiers with theirs."""
    armatures = (m.object for m in obj.modifiers if m.type == "ARMATURE" and m.object)
    for each in (obj.parent, *armatures):
        above = each
        while above is not None:
            yield above
            above = above.parent


@contextmanager
def only_selected(what: Exported) -> Iterator[None]:
    """Select what is exported and nothing else, shown and over its frames, in the block."""
    scene, layer = bpy.context.scene, bpy.context.view_layer
    frames, current = (scene.frame_start, scene.frame_end), scene.frame_current
    selected = [obj for obj in layer.objects if obj.select_get()]
    wanted = [obj for obj in what.objects if obj.name in layer.objects]
    hidden = [obj for obj in wanted if obj.hide_get() or obj.hide_viewport]
    unset = [(obj, obj.hide_get(), obj.hide_viewport) for obj in hidden]
    try:
        scene.frame_start, scene.frame_end = _frames(scene, what)
        for obj in hidden:
            obj.hide_viewport = False
            obj.hide_set(False)
        _select(layer, wanted)
        yield
    finally:
        for obj, hidden_here, hidden_everywhere in unset:
            obj.hide_set(hidden_here)
            obj.hide_viewport = hidden_everywhere
        _select(layer, selected)
        scene.frame_start, scene.frame_end = frames
        scene.frame_set(current)


def _frames(scene: bpy.types.Scene, what: Exported) -> tuple[int, int]:
    """Return the frames to write: the scene's, and all that were baked."""
    return min(scene.frame_start, what.first), max(scene.frame_end, what.last)


def _select(layer: bpy.types.ViewLayer, objects: Iterable[bpy.types.Object]) -> None:
    wanted = set(objects)
    for obj in layer.objects:
        if obj.visible_get():
            obj.select_set(obj in wanted)
    layer.update()
