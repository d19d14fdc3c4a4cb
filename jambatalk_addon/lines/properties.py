"""The table of a scene's lines and who speaks them, saved with the scene."""

from __future__ import annotations

from typing import Any

import bpy

from ...model_core.models.offered_styles import styles_of
from ...model_core.performance.mood.moods import MOODS
from ..panel.turning import TurningProperties

HAND, NAME, CHANNEL, MARKER, NOBODY = "HAND", "NAME", "CHANNEL", "MARKER", "NOBODY"
SCENE, NO_MOOD = "SCENE", "NONE"


class _Matching:
    """Whether characters are being set by the matching, which is not the artist's hand."""

    now = False


def _speaker_set(line: Any, _context: bpy.types.Context) -> None:
    """Note that the artist chose who speaks a line."""
    if not _Matching.now:
        line.matched = HAND if line.speaker is not None else NOBODY


def cast_as(line: JambaTalkLine, speaker: bpy.types.Object | None, how: str) -> None:
    """Have somebody speak a line, as the matching found."""
    _Matching.now = True
    try:
        line.speaker, line.matched = speaker, how
    finally:
        _Matching.now = False


def _styles(_line: Any, context: bpy.types.Context, text: str) -> list[str]:
    """Return the styles of the scene's model that have some text in them."""
    checkpoint = context.scene.jambatalk.checkpoint
    offered = styles_of(bpy.path.abspath(checkpoint) if checkpoint else "")
    return [style for style in offered if text.casefold() in style.casefold()]


class JambaTalkLine(bpy.types.PropertyGroup):
    """A sound strip, who speaks it, and how."""

    strip_name: bpy.props.StringProperty(name="Strip", description="Name of the sound strip")
    strip_scene: bpy.props.StringProperty(options={"HIDDEN"})
    strip_mark: bpy.props.StringProperty(options={"HIDDEN"})
    speaker: bpy.props.PointerProperty(
        name="Character",
        description="Head that speaks this strip, or armature with poses of its face",
        type=bpy.types.Object,
        poll=lambda _, obj: obj.type in {"MESH", "ARMATURE"},
        update=_speaker_set,
    )
    matched: bpy.props.EnumProperty(
        name="Found By",
        description="How the character was found",
        items=[
            (NOBODY, "Nobody", "No character was found; choose one"),
            (NAME, "Name", "The strip's name names the character"),
            (
                CHANNEL,
                "Channel",
                "Its channel's name does, or the other lines on it",
            ),
            (MARKER, "Marker", "A marker of the timeline names the character"),
            (HAND, "Hand", "Chosen by hand; matching leaves it alone"),
        ],
        default=NOBODY,
    )
    wanted: bpy.props.BoolProperty(
        name="Bake This Line", description="Bake this line with the others", default=True
    )
    own_style: bpy.props.StringProperty(
        name="Line Style",
        description="Manner of speaking of this line; the scene's if empty",
        search=_styles,
    )
    own_mood: bpy.props.EnumProperty(
        name="Line Mood",
        description="Mood of this line",
        items=[
            (SCENE, "As the Scene", "As the panel Mood has it, or as it is keyed there"),
            (NO_MOOD, "None", "No mood in this line"),
            *((mood, mood.capitalize(), f"This line is {mood}") for mood in MOODS),
        ],
        default=SCENE,
    )
    mood_amount: bpy.props.FloatProperty(
        name="Mood Amount",
        description="How much of the line's mood there is, as a factor: 0 is not at all, 1 is "
        "marked; it may be keyed",
        default=0.6,
        min=0.0,
        max=1.5,
        soft_max=1.0,
    )
    mood_changes: bpy.props.StringProperty(
        name="Mood Changes",
        description="Moods that change during this line, in seconds of its sound: "
        "NAME:AMOUNT@SECOND once or more, as in happy:0.2@0 happy:1@2.5; eased between",
    )
    words: bpy.props.StringProperty(
        name="Words",
        description="What is said in this strip, if it is known; if empty, a file of the sound's "
        "name that ends in .srt, .vtt or .txt is read",
    )
    own_seed: bpy.props.IntProperty(
        name="Line Seed",
        description="Draws the life of this line; -1 is the scene's seed",
        default=-1,
        min=-1,
    )
    own_take: bpy.props.IntProperty(
        name="Line Take",
        description="Which performance of this line; 0 is the plain one, -1 the scene's take",
        default=-1,
        min=-1,
    )


class JambaTalkCharacter(TurningProperties, bpy.types.PropertyGroup):
    """What belongs to one character besides its mesh."""

    speaker: bpy.props.PointerProperty(
        name="Character", description="Whom this is about", type=bpy.types.Object
    )


class JambaTalkMarker(bpy.types.PropertyGroup):
    """A marker of a word, as it was put; its name is the group's."""

    frame: bpy.props.IntProperty(name="Frame", description="Scene frame of the marker")


class JambaTalkLines(bpy.types.PropertyGroup):
    """The table of a scene."""

    lines: bpy.props.CollectionProperty(
        type=JambaTalkLine, name="Lines", description="The sound strips and who speaks them"
    )
    active: bpy.props.IntProperty(name="Active Line", description="The line chosen in the table")
    cast: bpy.props.CollectionProperty(
        type=JambaTalkCharacter, name="Characters", description="What turns as whose head"
    )
    markers: bpy.props.CollectionProperty(
        type=JambaTalkMarker, name="Markers", description="The markers of words that are ours"
    )
    show_words: bpy.props.BoolProperty(
        name="Show Words",
        description="Draw words and sounds over the dope sheet and the timeline",
        default=True,
    )


def attach() -> None:
    """Add the table to scenes."""
    bpy.types.Scene.jambatalk_lines = bpy.props.PointerProperty(type=JambaTalkLines)


def detach() -> None:
    """Undo `attach`."""
    del bpy.types.Scene.jambatalk_lines
