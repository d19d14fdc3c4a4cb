"""What the face does besides speaking: the panels of life and of moods."""

from __future__ import annotations

import bpy

from ...model_core.performance.options import DRAWN, MOOD, PARTS
from ..ui import draw_sentence
from ..write.head_target import chest_problem, head_problem
from . import options, turning
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
        parts.prop(settings, "life_model")
        parts.prop(settings, "seed")
        for part in PARTS:
            _draw_part(parts, settings, part)
        parts.separator(factor=0.5)
        turning.draw(parts, settings)
        if settings.life == 0.0:
            draw_sentence(layout, context, NO_LIFE, "INFO")
        elif any(getattr(settings, part) for part in _TURNING):
            for reason in filter(None, (head_problem(settings), chest_problem(settings))):
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
        drawn = more.row(align=True)
        drawn.enabled = not settings.life_model or part == "breathing"  # a model tells the rest
        drawn.prop(settings, f"{part}_variation", text="")


def _can_turn(settings: JambaTalkSettings, part: str) -> bool:
    has_chest = part == "breathing" and settings.chest_object is not None
    return part not in _TURNING or has_chest or head_problem(settings) is None
