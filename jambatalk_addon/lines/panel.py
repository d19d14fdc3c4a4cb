"""The table of a scene's lines, in the 3D view's sidebar and in the sequencer's."""

from __future__ import annotations

import bpy

from ...model_core.performance.mood.moods import MOODS
from ..bake.status import STATUS
from ..panel import turning
from ..panel.panel import SubPanel, draw_progress
from ..ui import draw_sentence
from . import operators, states, table
from .properties import JambaTalkLine

_NOBODY = "Nobody"


class JAMBATALK_UL_lines(bpy.types.UIList):
    """Whether a line is baked, its strip, its character and how it stands."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        item: JambaTalkLine,
        _icon: object,
        _active_data: object,
        _active_property: object,
        index: int,
    ) -> None:
        """Draw a line."""
        row = layout.row(align=True)
        row.prop(item, "wanted", text="")
        split = row.split(factor=0.55, align=True)
        name = split.row()
        name.alignment = "LEFT"
        shown = name.operator("jambatalk.show_line", text=item.strip_name, emboss=False)
        shown.index = index
        speaker = split.row(align=True)
        speaker.alert = item.speaker is None
        speaker.label(text=item.speaker.name if item.speaker else _NOBODY)
        known = states.cached(context)
        if index < len(known):
            row.label(text="", icon=known[index].kind.value)


class JAMBATALK_PT_lines(SubPanel, bpy.types.Panel):
    """Who speaks which strip of the scene."""

    bl_idname = "JAMBATALK_PT_lines"
    bl_label = "Lines of the Scene"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the table, its active line and the buttons."""
        _draw(self.layout, context)


class JAMBATALK_PT_sequencer(bpy.types.Panel):
    """The same beside the strips themselves."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "JambaTalk"
    bl_idname = "JAMBATALK_PT_sequencer"
    bl_label = "Lines of the Scene"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the table, its active line and the buttons."""
        _draw(self.layout, context)


def _draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    known = table.table_of(context.scene)
    if STATUS.running:
        draw_progress(layout.column(align=True))
        return
    if len(known.lines):
        _draw_table(layout, known)
        line = operators.active_line(context)
        if line is not None:
            _draw_line(layout.column(align=True), context, line)
    row = layout.row(align=True)
    row.operator("jambatalk.match_lines", icon="VIEWZOOM")
    row.operator("jambatalk.import_subtitles", text="", icon="FILE_TEXT")
    row.operator("jambatalk.forget_lines", text="", icon="TRASH")
    column = layout.column(align=True)
    column.scale_y = 1.3
    column.operator("jambatalk.bake_lines", icon="SOUND")
    column.operator("jambatalk.bake_selected_lines")
    if any(state.is_stale for state in states.cached(context)):
        column.operator("jambatalk.follow_strips", icon="FILE_REFRESH")
    reason = operators.disabled_reason_of_all(context)
    if reason is not None:
        draw_sentence(layout, context, reason, "INFO")


def _draw_table(layout: bpy.types.UILayout, known: bpy.types.PropertyGroup) -> None:
    layout.template_list("JAMBATALK_UL_lines", "", known, "lines", known, "active", rows=6)


def _draw_line(layout: bpy.types.UILayout, context: bpy.types.Context, line: JambaTalkLine) -> None:
    """Draw how the active line stands, and what may be chosen for it."""
    state = states.active(context)
    draw_sentence(layout, context, state.text, state.kind.value)
    if state.can_follow:
        layout.operator("jambatalk.follow_strip", icon="FILE_REFRESH")
    layout.use_property_split, layout.use_property_decorate = True, False
    row = layout.row(align=True)
    row.prop(line, "speaker")
    row.operator("jambatalk.cast_channel", text="", icon="LINENUMBERS_ON")
    layout.prop(line, "words")
    layout.prop(line, "own_style")
    layout.prop(line, "own_mood")
    if line.own_mood in MOODS:
        keyed = layout.row()
        keyed.use_property_decorate = True
        keyed.prop(line, "mood_amount", slider=True)
    layout.prop(line, "mood_changes")
    layout.prop(line, "own_seed")
    layout.prop(line, "own_take")
    if line.speaker is not None:
        _draw_character(layout, context, line.speaker)


def _draw_character(
    layout: bpy.types.UILayout, context: bpy.types.Context, speaker: bpy.types.Object
) -> None:
    """Draw what turns as a character's head."""
    character = table.character_of(context.scene, speaker)
    if character is None:
        return
    layout.separator(factor=0.5)
    turning.draw(layout, character)
