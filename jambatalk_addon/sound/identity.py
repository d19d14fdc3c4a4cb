"""Which strip is which, across renaming, moving, copying and cutting.

A strip that was baked carries an id as a custom property, which Blender saves, undoes and moves
with it, and copies with it too: of strips that share an id, the one at the place where the bake
was made is the one that it means.
"""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

from dataclasses import dataclass

import bpy

from . import strips

PROPERTY = "jambatalk_take"


@dataclass(frozen=True)
class StripReference:
    """A sound strip remembered while the model runs.

    Attributes:
        scene: name of the scene that has it.
        name: its name.
        channel: its channel.
        left: its first frame, in that scene's own count.
        take: the id it carries, or empty.
    """

    scene: str
    name: str
    channel: int
    left: int
    take: str

    @classmethod
    def of(cls, scene: bpy.types.Scene, strip: bpy.types.Strip) -> StripReference:
        """Remember a strip."""
        left = strips.left_handle(strip)
        return cls(scene.name, strip.name, strip.channel, left, id_of(strip))

    def resolve(self) -> bpy.types.Strip | None:
        """Return the strip, also if it was renamed or moved since, or None if it is gone."""
        scene = bpy.data.scenes.get(self.scene)
        found = strips.sound_strips(scene) if scene is not None else []
        named = [strip for strip in found if strip.name == self.name]
        same = [strip for strip in found if self.take and id_of(strip) == self.take]
        placed = [s for s in found if (s.channel, strips.left_handle(s)) == self.place]
        return next(iter((*named, *same, *placed)), None)

    @property
    def place(self) -> tuple[int, int]:
        """Its channel and first frame."""
        return self.channel, self.left


def id_of(strip: bpy.types.Strip) -> str:
    """Return the id a strip carries, or nothing."""
    return str(strip.get(PROPERTY, ""))


def carriers(take: str) -> list[StripReference]:
    """Return every strip of every scene that carries an id."""
    return [
        StripReference.of(scene, strip)
        for scene in bpy.data.scenes
        for strip in strips.sound_strips(scene)
        if id_of(strip) == take
    ]


def give(strip: bpy.types.Strip, take: str) -> None:
    """Have a strip carry an id; one of a linked scene cannot, and is known by its place."""
    if strip.id_data.library is None and id_of(strip) != take:
        strip[PROPERTY] = take
