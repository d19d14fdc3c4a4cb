"""The stored poses of an armature's face, in the sidebar."""

import bpy

from ...model_core.base.errors import UserError
from ..bake.plan import chosen_mesh
from ..panel.panel import SubPanel
from ..ui import draw_sentence
from . import calibration
from .operators import storing_problem


class JAMBATALK_PT_bones(SubPanel, bpy.types.Panel):
    """Poses of the bones, by the channel of the face that each shows."""

    bl_idname = "JAMBATALK_PT_bones"
    bl_label = "Face of Bones"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it for armatures."""
        obj = chosen_mesh(context)
        return obj is not None and obj.type == "ARMATURE"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the menu that stores a pose, and a row for each that is stored."""
        layout, obj = self.layout, chosen_mesh(context)
        layout.operator_menu_enum("jambatalk.store_pose", "pose", icon="ADD")
        problem = storing_problem(context)
        if problem is not None:
            draw_sentence(layout, context, problem, "INFO")
        try:
            names = calibration.names_of(obj)
        except UserError as error:
            draw_sentence(layout, context, str(error), "ERROR")
            return
        column = layout.column(align=True)
        for name in names:
            row = column.row(align=True)
            row.label(text=name, icon="POSE_HLT")
            row.operator("jambatalk.show_pose", text="", icon="HIDE_OFF").pose = name
            row.operator("jambatalk.remove_pose", text="", icon="X").pose = name
