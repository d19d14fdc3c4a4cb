"""The list of takes baked onto the mesh, with its buttons."""

import bpy

from ..bake import plan
from ..bones.takes import takes_of
from . import performances_panel
from .panel import JAMBATALK_PT_sidebar, SidebarPanel
from .takes_operators import (
    JAMBATALK_OT_adjust_take,
    JAMBATALK_OT_clear_take,
    JAMBATALK_OT_show_take,
)


class JAMBATALK_PT_takes(SidebarPanel, bpy.types.Panel):
    """What is baked onto the mesh."""

    bl_idname = "JAMBATALK_PT_takes"
    bl_parent_id = JAMBATALK_PT_sidebar.bl_idname
    bl_label = "Takes"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it where there is something to show."""
        return bool(takes_of(plan.chosen_mesh(context)))

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a row a take, in order of time, and the button that clears all."""
        column, obj = self.layout.column(align=True), plan.chosen_mesh(context)
        settings, takes = context.scene.jambatalk, takes_of(obj)
        for take, made in sorted(takes.items(), key=lambda item: item[1].heard):
            row = column.row(align=True)
            row.label(text=made.name or take, icon="SOUND")
            first, last = made.heard
            shown = row.operator(JAMBATALK_OT_show_take.bl_idname, text=f"{first} to {last}")
            shown.take = take
            on = take == settings.adjusted_take
            icon = "RADIOBUT_ON" if on else "RADIOBUT_OFF"
            row.operator(JAMBATALK_OT_adjust_take.bl_idname, text="", icon=icon).take = take
            cleared = row.operator(JAMBATALK_OT_clear_take.bl_idname, text="", icon="X")
            cleared.take = take
            if on:
                performances_panel.draw(column, settings, obj, take)
        self.layout.operator("jambatalk.clear", text="Clear All", icon="TRASH")
