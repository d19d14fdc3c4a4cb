"""Bake a scene's lines, and bring their table up to date."""

from __future__ import annotations

import bpy
from bpy_extras.io_utils import ImportHelper

from ...model_core.base.errors import UserError
from ...model_core.hearing.subtitles import read_cues
from ..bake.operators import BakingOperator, Wanted
from ..bake.plan import Order
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure, tell
from . import plans, subtitles, table
from .properties import HAND, JambaTalkLine

_NO_ROW = "Choose a line in the table."
_LINKED = "The scene is linked; its table is changed in its own file."


def disabled_reason_of_all(context: bpy.types.Context) -> str | None:
    """Return why no line can be baked, without looking at each, which takes long."""
    if context.scene.library is not None:
        return _LINKED
    some = table.table_of(context.scene).lines or table.strips_to_list(context)
    return None if some else plans.NO_LINES


def disabled_reason_of_selected(context: bpy.types.Context) -> str | None:
    """Return why no selected line can be baked."""
    some = table.chosen_strips(context)
    return disabled_reason_of_all(context) or (None if some else plans.NONE_SELECTED)


def order_all(context: bpy.types.Context) -> Order:
    """Return what to bake of the whole table, brought up to date."""
    table.update(context)
    return plans.plan_lines(context)


def order_selected(context: bpy.types.Context) -> Order:
    """Return what to bake of the selected strips."""
    table.update(context)
    return plans.plan_lines(context, table.chosen_strips(context))


class JAMBATALK_OT_bake_lines(BakingOperator, bpy.types.Operator):
    """Bake every line of the table onto its character, after adding new strips to the table"""

    bl_idname = "jambatalk.bake_lines"
    bl_label = "Bake All Lines"
    wanted = Wanted(disabled_reason_of_all, order_all)


class JAMBATALK_OT_bake_selected_lines(BakingOperator, bpy.types.Operator):
    """Bake the lines whose strips are selected in the sequencer, each onto its character"""

    bl_idname = "jambatalk.bake_selected_lines"
    bl_label = "Bake Selected Lines"
    wanted = Wanted(disabled_reason_of_selected, order_selected)


class TableOperator(ReasonedOperator):
    """An operator on the table."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the table cannot be changed."""
        if STATUS.running:
            return BUSY
        return _LINKED if context.scene.library is not None else None


class RowOperator(TableOperator):
    """An operator on the active row of the table."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no row to act on."""
        reason = super().disabled_reason(context)
        return reason or (_NO_ROW if active_line(context) is None else None)


def active_line(context: bpy.types.Context) -> JambaTalkLine | None:
    """Return the active row, or None."""
    known = table.table_of(context.scene)
    return known.lines[known.active] if 0 <= known.active < len(known.lines) else None


class JAMBATALK_OT_match_lines(TableOperator, bpy.types.Operator):
    """List the sound strips, and find who speaks each: by its name, its channel or a marker"""

    bl_idname = "jambatalk.match_lines"
    bl_label = "Match Strips"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to match."""
        reason = super().disabled_reason(context)
        return reason or (None if table.strips_to_list(context) else plans.NO_LINES)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bring the table up to date; what was chosen by hand stays."""
        added, without = table.update(context)
        count = len(table.table_of(context.scene).lines)
        told = f"{count} lines, {added} of them new; {without} have no character."
        tell(self, "WARNING" if without else "INFO", told)
        return {"FINISHED"}


class JAMBATALK_OT_cast_channel(RowOperator, bpy.types.Operator):
    """Give the active line's character to every line on its channel"""

    bl_idname = "jambatalk.cast_channel"
    bl_label = "Same for Channel"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nobody to give."""
        line = active_line(context)
        none = line is not None and line.speaker is None
        return super().disabled_reason(context) or ("Choose its character." if none else None)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the character of the channel's lines."""
        line = active_line(context)
        assert line is not None  # or the button would be grey
        others = table.on_its_channel(context, line)
        for other in others:
            other.speaker, other.matched = line.speaker, HAND
        tell(self, "INFO", f"'{line.speaker.name}' speaks {len(others)} lines of this channel.")
        return {"FINISHED"}


class JAMBATALK_OT_forget_lines(TableOperator, bpy.types.Operator):
    """Remove the rows whose strips are gone; nothing that is baked goes"""

    bl_idname = "jambatalk.forget_lines"
    bl_label = "Remove Gone Lines"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to remove."""
        lines = table.table_of(context.scene).lines
        gone = any(found is None for found in table.strips_of(context, lines))
        return super().disabled_reason(context) or (None if gone else "No strip is gone.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        tell(self, "INFO", f"{table.remove_gone(context)} rows removed.")
        return {"FINISHED"}


class JAMBATALK_OT_show_line(TableOperator, bpy.types.Operator):
    """Go to the first frame of this line, select its strip and choose its character"""

    bl_idname = "jambatalk.show_line"
    bl_label = "Show Line"

    index: bpy.props.IntProperty(
        name="Row", description="Place of the line in the table, from 0", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it."""
        known = table.table_of(context.scene)
        if not 0 <= self.index < len(known.lines):
            tell(self, "ERROR", _NO_ROW)
            return {"CANCELLED"}
        known.active = self.index
        if not table.show(context, known.lines[self.index]):
            tell(self, "ERROR", "The strip of this line is gone.")
            return {"CANCELLED"}
        return {"FINISHED"}


class JAMBATALK_OT_import_subtitles(TableOperator, ImportHelper, bpy.types.Operator):
    """Read what is said from subtitles (.srt, .vtt) of the whole scene into its lines"""

    bl_idname = "jambatalk.import_subtitles"
    bl_label = "Import Subtitles"
    filename_ext = ".srt"
    filter_glob: bpy.props.StringProperty(default="*.srt;*.vtt", options={"HIDDEN"})
    frame_at_zero: bpy.props.IntProperty(
        name="Frame at Zero",
        description="Scene frame at which the subtitles' time 0:00 lies",
        default=1,
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there are no lines to have words."""
        reason = super().disabled_reason(context)
        return reason or (None if table.strips_to_list(context) else plans.NO_LINES)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read them; lines that no subtitle is of keep their words."""
        table.update(context)
        try:
            cues = read_cues(self.filepath)
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        given, over = subtitles.give(context, cues, self.frame_at_zero)
        told = f"{len(cues) - over} of {len(cues)} subtitles are the words of {given} lines."
        tell(self, "WARNING" if over else "INFO", told)
        return {"FINISHED"}
