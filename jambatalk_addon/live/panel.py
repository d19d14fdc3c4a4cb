"""The part of the panel where live speech is started, recorded and ended."""

from __future__ import annotations

import bpy

from ..bake.status import STATUS
from ..panel.panel import SubPanel
from ..panel.properties import JambaTalkSettings
from ..translation.hook import shown
from ..ui import draw_sentence
from . import plan
from .operators import JAMBATALK_OT_live
from .session import Session

_FOLLOWS = "Play or scrub: the face follows the playhead over the strip."
_PACED = "The file is heard at the pace of speech, as a microphone would be."


class JAMBATALK_PT_live(SubPanel, bpy.types.Panel):
    """Speech that moves the character while it is spoken."""

    bl_idname = "JAMBATALK_PT_live"
    bl_label = "Live Speech"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is heard, how far ahead, whether it is recorded, and the button."""
        settings, layout = context.scene.jambatalk, self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        column = layout.column()
        column.enabled = not STATUS.running
        column.row().prop(settings, "live_source", expand=True)
        column.prop(settings, "live_lookahead", slider=True)
        column.prop(settings, "live_light")
        row = layout.row(align=True)
        row.enabled = not STATUS.running or Session.running is not None
        row.prop(settings, "live_record", toggle=True, icon="REC")
        if Session.running is not None:
            row.operator("jambatalk.cancel", text=shown("Stop Live Speech"), icon="SNAP_FACE")
            draw_sentence(layout, context, Session.running.message, "INFO")
            return
        row.operator(JAMBATALK_OT_live.bl_idname, icon="PLAY")
        _draw_notes(layout, context, settings)


def _draw_notes(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: JambaTalkSettings
) -> None:
    """Draw why it cannot start, or what the sound does."""
    reason = plan.disabled_reason(context)
    if reason is not None:
        draw_sentence(layout, context, reason, "INFO")
    elif settings.live_source == plan.SOUND:
        follows = settings.source == "STRIP"
        draw_sentence(layout, context, _FOLLOWS if follows else _PACED, "INFO")
