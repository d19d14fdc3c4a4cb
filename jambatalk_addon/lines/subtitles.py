"""Subtitles of a scene as the words of its lines."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...model_core.base.errors import UserError
from ...model_core.hearing.subtitles import Cue
from ..sound import source, strips
from ..sound.source import StripPlace
from . import table
from .properties import JambaTalkLine


def give(context: bpy.types.Context, cues: Sequence[Cue], zero: int) -> tuple[int, int]:
    """Give each subtitle to the line that is heard most while it is shown.

    Args:
        context: whose scene has the table.
        cues: in order of time.
        zero: scene frame at which their time 0:00 lies.

    Returns:
        How many lines got words, and how many subtitles are no line's.
    """
    rate = strips.frames_per_second(context.scene)
    places = _places(context)
    said: dict[int, list[str]] = {}
    for cue in cues:
        first, last = zero + cue.start * rate, zero + cue.end * rate
        shared = {row: _shared(place, first, last) for row, (_, place) in enumerate(places)}
        best = max(shared, key=lambda row: shared[row], default=None)
        if best is not None and shared[best] > 0:
            said.setdefault(best, []).append(cue.text)
    for row, texts in said.items():
        places[row][0].words = " ".join(texts)
    return len(said), len(cues) - sum(map(len, said.values()))


def _places(context: bpy.types.Context) -> list[tuple[JambaTalkLine, StripPlace]]:
    """Return the lines that are heard, those with a character first, and where they lie."""
    lines = table.table_of(context.scene).lines
    found = []
    for line, strip in zip(lines, table.strips_of(context, lines), strict=True):
        if strip is None:
            continue
        try:
            found.append((line, source.place_of(*strip, context.scene)))
        except UserError:
            continue  # nothing of it is heard
    return sorted(found, key=lambda pair: pair[0].speaker is None)


def _shared(place: StripPlace, first: float, last: float) -> float:
    """Return for how many frames a line is heard in first..last."""
    return min(place.last + 1.0, last) - max(float(place.first), first)
