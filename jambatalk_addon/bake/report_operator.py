"""The report of the last bake as a text of the file, to be read whole, searched and kept."""

from __future__ import annotations

import bpy

from ..operator_base import ReasonedOperator, tell
from .status import STATUS

TEXT = "JambaTalk Report"


class JAMBATALK_OT_bake_report(ReasonedOperator, bpy.types.Operator):
    """Write what the last bake did into a text of this file, below earlier reports"""

    bl_idname = "jambatalk.bake_report"
    bl_label = "Report as Text"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to tell."""
        if STATUS.report and STATUS.is_true_in(context.scene):
            return None
        return "Nothing was baked in this scene since it was opened."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it."""
        text = bpy.data.texts.get(TEXT) or bpy.data.texts.new(TEXT)
        title = f"{context.scene.name}, {bpy.path.basename(bpy.data.filepath) or 'not saved'}"
        text.write("\n".join([title, *STATUS.report, "", ""]))
        tell(self, "INFO", f"Written into the text '{text.name}'.")
        return {"FINISHED"}
