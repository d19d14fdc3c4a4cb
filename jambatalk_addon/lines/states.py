"""How each line stands: baked where its strip lies now, or not any more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..bake import again, relaid
from ..bones.takes import takes_of
from ..sound import identity, source, strips
from ..sound.source import StripPlace
from ..sound.strips import Found
from ..write.identity import Line
from ..write.ownership import Take
from . import table
from .properties import JambaTalkLine

_SAME_RATE = 1e-6


class Kind(Enum):
    """How a line stands; the value is the icon that shows it."""

    GONE = "X"
    UNHEARD = "MUTE_IPO_ON"
    NOBODY = "QUESTION"
    NEW = "RADIOBUT_OFF"
    BAKED = "CHECKMARK"
    STALE = "FILE_REFRESH"
    OUTDATED = "ERROR"


@dataclass(frozen=True)
class LineState:
    """How a line stands.

    Attributes:
        kind: in one word.
        text: in one sentence.
        take: id of what there is of it: its own, or what it was cut or copied from.
        place: where its strip lies now, if it is heard.
    """

    kind: Kind
    text: str
    take: str = ""
    place: StripPlace | None = None

    @property
    def is_stale(self) -> bool:
        """Whether what is baked does not fit the strip any more."""
        return self.kind in {Kind.STALE, Kind.OUTDATED}

    @property
    def can_follow(self) -> bool:
        """Whether it can be laid where the strip lies without the model."""
        return self.kind == Kind.STALE


def states_of(context: bpy.types.Context) -> list[LineState]:
    """Return how each row of a scene's table stands."""
    lines = table.table_of(context.scene).lines
    found = table.strips_of(context, lines)
    return [state_of(context.scene, *pair) for pair in zip(lines, found, strict=True)]


def state_of(scene: bpy.types.Scene, line: JambaTalkLine, found: Found | None) -> LineState:
    """Return how a row stands, whose strip has been found or not."""
    if found is None:
        return LineState(Kind.GONE, "Its strip is gone.")
    try:
        place = source.place_of(*found, scene)
    except UserError as error:
        return LineState(Kind.UNHEARD, str(error))
    if line.speaker is None:
        return LineState(Kind.NOBODY, "It has no character; choose one.", place=place)
    return _of_speaker(line.speaker, place, found[1])


def _of_speaker(speaker: bpy.types.Object, place: StripPlace, strip: bpy.types.Strip) -> LineState:
    """Return how a line stands on its character."""
    takes = takes_of(speaker)
    take = again.known_take(speaker, Line.at(place), place.frames)
    if take is not None:
        changed = _changed(takes[take], place)
        if changed is None:
            return LineState(Kind.BAKED, "It is baked where its strip lies.", take, place)
        return _stale(speaker, take, place, changed)
    origin = identity.id_of(strip)
    made = takes.get(origin)
    alike = made is not None and _same_file(made, place) and _same_rate(made, place)
    if made is not None and alike and relaid.is_kept(speaker, origin, place):
        said = f"It was cut or copied from '{made.name}', whose motion it can have."
        return LineState(Kind.STALE, said, origin, place)
    return LineState(Kind.NEW, "It is not baked yet.", place=place)


def _changed(made: Take, place: StripPlace) -> str | None:
    """Return what is another than when a take was baked, or None."""
    if not _same_file(made, place):
        return "Its strip plays another file"
    if not _same_rate(made, place):
        return "Its speed or the scene's frame rate has changed"
    moved = place.origin - made.origin
    first, last = (frame + moved for frame in made.wanted)
    if (first, last) != (place.first, place.last):
        how = "was moved and trimmed" if moved else "was trimmed"
        return f"Its strip {how}, to frames {place.first} to {place.last}"
    return f"Its strip was moved by {moved:+d} frames" if moved else None


def _same_file(made: Take, place: StripPlace) -> bool:
    """Return whether a strip plays the file that was baked; its folder may have moved."""
    return not made.path or Path(made.path).name == place.path.name


def _same_rate(made: Take, place: StripPlace) -> bool:
    return not made.rate or abs(made.rate / place.rate - 1.0) < _SAME_RATE


def _stale(speaker: bpy.types.Object, take: str, place: StripPlace, changed: str) -> LineState:
    """Return that a line is stale, and whether it can follow."""
    made = takes_of(speaker)[take]
    alike = _same_file(made, place) and _same_rate(made, place)
    if alike and relaid.is_kept(speaker, take, place):
        return LineState(Kind.STALE, f"{changed}: Move with Strip.", take, place)
    return LineState(Kind.OUTDATED, f"{changed}: bake it again.", take, place)


class _Seen:
    """What the states were worked out of last, since panels ask for them at every redraw."""

    print: object = None
    states: list[LineState] = []


def cached(context: bpy.types.Context) -> list[LineState]:
    """Return `states_of`, worked out anew only if something it depends on has changed."""
    seen = _print_of(context)
    if seen != _Seen.print:
        _Seen.print, _Seen.states = seen, states_of(context)
    return _Seen.states


def active(context: bpy.types.Context) -> LineState:
    """Return how the active row stands."""
    return cached(context)[table.table_of(context.scene).active]


def _print_of(context: bpy.types.Context) -> object:
    """Return what the states depend on, as far as it is cheap to read."""
    scene = context.scene
    lines = table.table_of(scene).lines
    speakers = {line.speaker for line in lines if line.speaker is not None}
    return (
        scene.session_uid,
        scene.render.fps,
        scene.render.fps_base,
        [(line.strip_name, line.strip_scene, _uid(line.speaker)) for line in lines],
        [_place_print(*found) for found in strips.choices(context)],
        {speaker.session_uid: _stored(speaker) for speaker in speakers},
    )


def _uid(speaker: bpy.types.Object | None) -> int:
    return speaker.session_uid if speaker is not None else 0


def _place_print(scene: bpy.types.Scene, strip: bpy.types.Strip) -> object:
    around = [strip, *strips.parents(strip)]
    return (
        scene.name,
        scene.render.fps,
        strip.name,
        strip.sound.filepath if strip.sound else "",
        [(each.channel, strips.left_handle(each), strips.right_handle(each)) for each in around],
        strips.content_start(strip),
        getattr(strip, "sound_offset", 0.0),
        [key.timeline_frame for key in getattr(strip, "retiming_keys", ())],
        identity.id_of(strip),
    )


def _stored(speaker: bpy.types.Object) -> object:
    """Return what is stored of the takes on a character."""
    takes = takes_of(speaker)
    return repr(takes), [again.size_of(speaker, take) for take in takes]
