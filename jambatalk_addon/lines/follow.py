"""Lay lines where their strips lie now, from what is kept of them: no model runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ..bake import relaid
from ..bones.takes import takes_of
from ..panel import options, shape_list
from ..sound.source import StripPlace
from . import states, table
from .overlaps import Heard, order_of
from .plans import overlap_notes
from .states import Kind, LineState

_ASIDE = 1000  # frames: beyond any easing

Placed = tuple[bpy.types.Object, LineState]
"""A character and how a line of it stands."""


@dataclass
class Followed:
    """What came of it.

    Attributes:
        names: of the lines that were laid anew.
        notes: sentences on what may surprise.
    """

    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def followers(context: bpy.types.Context) -> list[Placed]:
    """Return the lines of a scene's table that can follow their strips."""
    return [(who, state) for who, state in _placed(context) if state.can_follow]


def follow(context: bpy.types.Context, wanted: Sequence[Placed]) -> Followed:
    """Lay lines where their strips lie now.

    Lines beside them that had given way, or are to give way, are laid again too, in the order in
    which a bake would write them.
    """
    done, settings = Followed(), context.scene.jambatalk
    every = [*wanted, *_touched(context, wanted)]
    heard = [_heard(each) for each in every]
    every = [every[index] for index in order_of(heard)]
    for placed, aside in _parked(every):
        _lay(placed, aside, settings, Followed())
    for placed in every:
        _lay(placed, _place(placed), settings, done)
    names = {each.name for each in heard}
    done.notes = [note for note in done.notes if not _is_of(note, names)]
    done.notes += overlap_notes(heard)
    return done


def _lay(placed: Placed, place: StripPlace, settings: Any, done: Followed) -> None:
    """Lay a line at a place, and note what came of it."""
    speaker, state = placed
    chosen = replace(options.read(settings), shape_map=shape_list.text_of(settings, speaker))
    try:
        report = relaid.follow(speaker, state.take, place, chosen)
    except UserError as error:
        done.notes.append(str(error))
        return
    done.names.append(report.take)
    done.notes += report.notes


def _is_of(note: str, names: Iterable[str]) -> bool:
    """Return whether a note tells who gives way among lines that are all laid anew."""
    return any(note.startswith(f"'{name}' gave way ") for name in names)


def _parked(every: Sequence[Placed]) -> Iterator[tuple[Placed, StripPlace]]:
    """Yield lines that others are laid upon before their own turn comes, with a place aside.

    What the artist changed on them would be lost otherwise, as when two lines change places.
    """
    aside = max((span[1] for placed in every for span in _spans(*placed)), default=0)
    for index, placed in enumerate(every):
        old = _old_frames(*placed)
        if old is not None and any(_covers(other, placed[0], old) for other in every[:index]):
            place = _place(placed)
            shift = aside + _ASIDE - place.first
            aside = place.last + shift
            moved = {name: getattr(place, name) + shift for name in ("first", "last", "origin")}
            yield placed, replace(place, **moved)


def _covers(other: Placed, speaker: bpy.types.Object, frames: tuple[int, int]) -> bool:
    place = _place(other)
    return other[0] == speaker and place.first <= frames[1] and frames[0] <= place.last


def _place(placed: Placed) -> StripPlace:
    place = placed[1].place
    assert place is not None  # or it would not be among those that are laid
    return place


def _old_frames(speaker: bpy.types.Object, state: LineState) -> tuple[int, int] | None:
    """Return the frames a line has now, if it has a take of its own."""
    made = takes_of(speaker).get(state.take)
    return made.wanted if made is not None else None


def _placed(context: bpy.types.Context) -> list[Placed]:
    """Return the lines of a table that have a character and are heard."""
    lines = table.table_of(context.scene).lines
    both = zip(lines, states.states_of(context), strict=True)
    return [(line.speaker, state) for line, state in both if line.speaker and state.place]


def _touched(context: bpy.types.Context, moving: Sequence[Placed]) -> list[Placed]:
    """Return the lines that stay, and share frames with where moving ones were or come to be."""
    spans = [(who, *span) for who, state in moving for span in _spans(who, state)]
    found = []
    for who, state in _placed(context):
        if state.kind != Kind.BAKED or state.place is None:
            continue
        place = state.place
        shared = any(
            who == other and first <= place.last and place.first <= last
            for other, first, last in spans
        )
        if shared and relaid.is_kept(who, state.take, place):
            found.append((who, state))
    return found


def _spans(speaker: bpy.types.Object, state: LineState) -> Iterator[tuple[int, int]]:
    """Yield the frames that a line had, and those that it is to have."""
    old = _old_frames(speaker, state)
    if old is not None:
        yield old
    if state.place is not None:
        yield state.place.first, state.place.last


def _heard(placed: Placed) -> Heard:
    place = _place(placed)
    return Heard(place.first, place.last, place.strip.channel, place.strip.name, placed[0])
