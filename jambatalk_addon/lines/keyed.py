"""Keys on the rows of a scene's table: they stay with their rows, whatever place these have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import bpy

from ...model_core.performance.mood.changes import read_changes
from ...model_core.performance.mood.moods import MOODS
from ..bake.expression import SCENE_MOODS
from ..write import fcurves
from .properties import SCENE, JambaTalkLine

_ROW = re.compile(r"^jambatalk_lines\.lines\[(\d+)\]")


def moods_of(line: JambaTalkLine) -> Mapping[str, str]:
    """Return the data paths, from the scene, of the moods whose keys count for a line.

    What the line has of its own goes before what the scene has.
    """
    if line.own_mood in MOODS:
        return {line.own_mood: line.path_from_id("mood_amount")}
    own = read_changes(line.mood_changes)
    every = SCENE_MOODS if line.own_mood == SCENE else {}
    return {mood: path for mood, path in every.items() if mood not in own}


def follow_rows(scene: bpy.types.Scene, before: Sequence[int]) -> None:
    """Have keys follow their rows; those of rows that are gone go.

    Args:
        scene: whose table it is.
        before: for each row the place it had.
    """
    holder = fcurves.find_holder(scene)
    if holder is None:
        return
    now = {old: new for new, old in enumerate(before)}
    for curve in list(holder.fcurves):
        found = _ROW.match(curve.data_path)
        if found is None or now.get(int(found[1])) == int(found[1]):
            continue
        place = now.get(int(found[1]))
        if place is None:
            holder.fcurves.remove(curve)
        else:
            curve.data_path = f"jambatalk_lines.lines[{place}]{curve.data_path[found.end() :]}"
