"""What the face does besides speaking: the panels of life and of moods."""

from __future__ import annotations

import bpy

from ...model_core.performance.options import DRAWN, MOOD, PARTS
from ..ui import draw_sentence
from ..write.head_target import head_problem
from . import options
from .panel import SubPanel, begun
from .properties import JambaTalkSettings

NO_LIFE = "Set Life above 0 to have it."
_TURNING = ("head", "breathing")


class JAMBATALK_PT_life(SubPanel, bpy.types.Panel):
    """Blinks, brows, gaze, lids, head and breathing."""

    bl_idname = "JAMBATALK_PT_life"
    bl_label = "Life"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw how much there is of it, a row for each part, and what is the head."""
        settings, layout = begun(self.layout, context), self.layout
        layout.prop(settings, "life", slider=True)
        parts = layout.column(align=True)
        parts.enabled = settings.life > 0.0
        parts.prop(settings, "seed")
        for part in PARTS:
            _draw_part(parts, settings, part)
        _draw_head(parts, settings)
        if settings.life == 0.0:
            draw_sentence(layout, context, NO_LIFE, "INFO")
        elif any(getattr(settings, part) for part in _TURNING):
            reason = head_problem(settings)
            if reason is not None:
                draw_sentence(layout, context, reason, "INFO")


class JAMBATALK_PT_mood(SubPanel, bpy.types.Panel):
    """The face's mood, which may be keyed."""

    bl_idname = "JAMBATALK_PT_mood"
    bl_label = "Mood"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a slider a mood, with a dot that keys it."""
        settings = begun(self.layout, context, keyed=True)
        options.draw(self.layout.column(align=True), settings, MOOD)


def _draw_part(layout: bpy.types.UILayout, settings: JambaTalkSettings, part: str) -> None:
    """Draw a part's switch, how much there is of it, and what draws it anew."""
    row = layout.row(align=True, heading=options.options()[part][1].label)
    row.prop(settings, part, text="")
    more = row.row(align=True)
    more.enabled = getattr(settings, part) and _can_turn(settings, part)
    more.prop(settings, f"{part}_amount", text="", slider=True)
    if part in DRAWN:
        more.prop(settings, f"{part}_variation", text="")


def _can_turn(settings: JambaTalkSettings, part: str) -> bool:
    return part not in _TURNING or head_problem(settings) is None


def _draw_head(layout: bpy.types.UILayout, settings: JambaTalkSettings) -> None:
    """Draw the choice of what is the head."""
    column = layout.column(align=True)
    column.separator(factor=0.5)
    column.prop(settings, "head_object")
    if settings.head_object is not None and settings.head_object.type == "ARMATURE":
        bones = settings.head_object.data
        column.prop_search(settings, "head_bone", bones, "bones")
