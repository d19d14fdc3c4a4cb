"""The panel for heads without shape keys."""

from __future__ import annotations

import bpy

from ..bake.plan import chosen_mesh
from ..bake.status import STATUS
from ..panel.panel import SubPanel
from ..targets.checks import mesh_problem
from ..translation.hook import shown
from ..ui import draw_sentence
from . import keys, landmarks
from .operators import preparing_problem


class JAMBATALK_PT_prepare(SubPanel, bpy.types.Panel):
    """Shapes for a head that has none."""

    bl_idname = "JAMBATALK_PT_prepare"
    bl_label = "Head without Shape Keys"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it for a mesh that cannot speak as it is, or was prepared."""
        head = chosen_mesh(context)
        if head is None or head.type != "MESH":
            return False
        begun = keys.is_prepared(head) or landmarks.landmarks_of(head) is not None
        return begun or mesh_problem(head) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be done with the chosen mesh, and why not."""
        layout, head = self.layout, chosen_mesh(context)
        layout.enabled = not STATUS.running
        column = layout.column(align=True)
        column.operator("jambatalk.prepare_head", icon="SHAPEKEY_DATA")
        if head is not None and head.type == "MESH" and keys.is_prepared(head):
            column.operator("jambatalk.remove_prepared", icon="X")
            return
        problem = preparing_problem(context)
        if problem is not None:
            draw_sentence(layout, context, problem, "INFO")
            return
        picked = landmarks.landmarks_of(head)
        row = layout.row(align=True)
        row.operator("jambatalk.add_landmarks", icon="EMPTY_AXIS")
        if picked:
            row.operator("jambatalk.remove_landmarks", text="", icon="X")
            layout.label(text=shown(f"{len(picked)} landmarks are picked"), icon="CHECKMARK")
