"""The rows of the table and the strips they are about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

import bpy

from ...model_core.base.errors import UserError
from ..bake import plan
from ..sound import source, strips
from ..sound.strips import Choice, Found
from . import keyed, matching
from .properties import JambaTalkCharacter, JambaTalkLine, JambaTalkLines


def table_of(scene: bpy.types.Scene) -> JambaTalkLines:
    """Return a scene's table."""
    return scene.jambatalk_lines


def choice_of(line: JambaTalkLine) -> Choice:
    """Return which strip a row names."""
    return Choice(line.id_data.name, line.strip_name, line.strip_scene, line.strip_mark)


def strips_of(context: bpy.types.Context, lines: Sequence[JambaTalkLine]) -> list[Found | None]:
    """Return the strip of each row, or None where it is gone."""
    offered = strips.choices(context)
    return [strips.find_among(context, offered, choice_of(line)) for line in lines]


def update(context: bpy.types.Context) -> tuple[int, int]:
    """Bring the table up to date: a row for each sound strip, and a character where one is meant.

    Rows whose strip is gone stay, for what is chosen in them, and whom the artist chose stays.

    Returns:
        How many rows were added, and how many have no character.
    """
    table = table_of(context.scene)
    known = [found for found in strips_of(context, table.lines) if found is not None]
    added = [found for found in strips_to_list(context) if found not in known]
    for found in added:
        _fill(table.lines.add(), context.scene, found)
    _sort(context, table)
    matching.match(context, list(table.lines), strips_of(context, table.lines))
    _follow_cast(table)
    return len(added), sum(line.speaker is None for line in table.lines)


def remove_gone(context: bpy.types.Context) -> int:
    """Remove the rows whose strips are gone; return how many."""
    table = table_of(context.scene)
    found = strips_of(context, table.lines)
    gone = [index for index, strip in enumerate(found) if strip is None]
    keyed.follow_rows(context.scene, [at for at in range(len(found)) if at not in gone])
    for index in reversed(gone):
        table.lines.remove(index)
    table.active = max(0, min(table.active, len(table.lines) - 1))
    return len(gone)


def character_of(scene: bpy.types.Scene, speaker: bpy.types.Object) -> JambaTalkCharacter | None:
    """Return what is kept about a character, or None."""
    return next((each for each in table_of(scene).cast if each.speaker == speaker), None)


def on_its_channel(context: bpy.types.Context, line: JambaTalkLine) -> list[JambaTalkLine]:
    """Return the rows whose strips lie on the channel of a row's strip, itself among them."""
    lines = list(table_of(context.scene).lines)
    found = strips_of(context, lines)
    mine = found[lines.index(line)]
    if mine is None:
        return [line]
    where = _channel(mine)
    return [lines[index] for index, each in enumerate(found) if each and _channel(each) == where]


def _channel(found: Found) -> tuple[bpy.types.Scene, bpy.types.Strip | None, int]:
    """Return the scene, the meta strip if it is inside one, and the channel of a strip."""
    return found[0], found[1].parent_meta(), found[1].channel


def show(context: bpy.types.Context, line: JambaTalkLine) -> bool:
    """Go to a line, select its strip alone and choose its character; return False if it is gone."""
    found = strips_of(context, [line])[0]
    if found is None:
        return False
    home, strip = found
    for other in strips.sound_strips(home):
        other.select = other == strip
    home.sequence_editor.active_strip = strip
    with suppress(UserError):  # nothing of it is heard: there is no frame to go to
        context.scene.frame_set(source.place_of(home, strip, context.scene).first)
    if line.speaker is not None:
        context.scene.jambatalk.mesh = line.speaker
    return True


def strips_to_list(context: bpy.types.Context) -> list[Found]:
    """Return the strips that the table is to have."""
    return plan.all_strips(context)


def chosen_strips(context: bpy.types.Context) -> list[Found]:
    """Return the strips that are selected in the sequencer."""
    return plan.selected_strips(context)


def _fill(line: JambaTalkLine, home: bpy.types.Scene, found: Found) -> None:
    """Have a new row name a strip, by an id of its own if it is a copy of another row's."""
    scene, strip = found
    known = {line.strip_mark for line in table_of(home).lines} - {""}
    if scene.library is None and strip.get(strips.MARK) in known:
        del strip[strips.MARK]
    choice = strips.choose(home, found)
    line.strip_name, line.strip_scene, line.strip_mark = choice.name, choice.scene, choice.mark
    line.name = choice.name


def _sort(context: bpy.types.Context, table: JambaTalkLines) -> None:
    """Put the rows in order of time, those whose strip is gone last; names follow renames."""
    found = strips_of(context, table.lines)
    for line, each in zip(table.lines, found, strict=True):
        if each is not None:
            line.strip_name = line.name = each[1].name
    order = sorted(range(len(found)), key=lambda index: _time(found[index]))
    at = list(range(len(found)))
    for place, row in enumerate(order):
        first = at.index(row)
        table.lines.move(first, place)
        at.insert(place, at.pop(first))
    keyed.follow_rows(context.scene, order)


def _time(found: Found | None) -> tuple[bool, int, int]:
    return (
        (True, 0, 0) if found is None else (False, strips.left_handle(found[1]), found[1].channel)
    )


def _follow_cast(table: JambaTalkLines) -> None:
    """Keep a place for what belongs to each character that speaks."""
    known = {each.speaker for each in table.cast}
    for speaker in _once(line.speaker for line in table.lines if line.speaker is not None):
        if speaker not in known:
            table.cast.add().speaker = speaker


def _once(objects: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    return list(dict.fromkeys(objects))
