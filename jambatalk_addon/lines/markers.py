"""Markers of words on the timeline: ours are remembered, so that the artist's never go."""

from __future__ import annotations

import bpy

from ..bake import plan
from . import sounds, table

_LONGEST = 60  # bytes of a marker's name


def put(context: bpy.types.Context) -> int:
    """Mark where each word of the chosen mesh begins, or else each sound; return how many."""
    scene, obj = context.scene, plan.chosen_mesh(context)
    remove(scene)
    if obj is None:
        return 0
    words = sounds.words_of(obj, scene)
    spoken = {word.take for word in words}
    others = [each for each in sounds.sounds_of(obj, scene) if each.take not in spoken]
    kept = table.table_of(scene).markers
    for said in [*words, *others]:
        text = said.text.encode()[:_LONGEST].decode(errors="ignore")
        marker = scene.timeline_markers.new(text, frame=round(said.first))
        one = kept.add()
        one.name, one.frame = marker.name, marker.frame
    return len(kept)


def remove(scene: bpy.types.Scene) -> int:
    """Remove our markers; those that the artist moved or renamed stay. Return how many went."""
    kept, removed = table.table_of(scene).markers, 0
    ours = [(each.name, each.frame) for each in kept]
    kept.clear()
    for marker in list(scene.timeline_markers):
        if (marker.name, marker.frame) in ours:
            ours.remove((marker.name, marker.frame))
            scene.timeline_markers.remove(marker)
            removed += 1
    return removed


def count(scene: bpy.types.Scene) -> int:
    """Return how many markers of ours there are."""
    return len(table.table_of(scene).markers)
