"""What the names of a mesh's shape keys tell, and the list that says otherwise."""

from __future__ import annotations

import bpy

from ...model_core.targets.naming.detection import detect
from ...model_core.targets.naming.sources import problem_of
from ..bake.status import STATUS
from ..targets.own_keys import OwnKeys
from ..ui import draw_sentence
from . import shape_list
from .panel import SubPanel
from .shape_list_operators import (
    JAMBATALK_OT_add_shape,
    JAMBATALK_OT_edit_shapes,
    JAMBATALK_OT_load_shapes,
    JAMBATALK_OT_remove_shape,
    JAMBATALK_OT_reset_shapes,
    JAMBATALK_OT_save_shapes,
    mesh_with_keys,
)


class JAMBATALK_UL_shapes(bpy.types.UIList):
    """Source and key of each line; red where there is no such source or key."""

    def draw_item(
        self,
        context: bpy.types.Context,
        layout: bpy.types.UILayout,
        _data: object,
        item: shape_list.JambaTalkLink,
        _icon: object,
        _active_data: object,
        _active_property: object,
    ) -> None:
        """Draw a line."""
        obj = mesh_with_keys(context)
        if obj is None:
            layout.label(text=item.target)
            return
        split = layout.split(factor=0.5, align=True)
        source, target = split.row(), split.row()
        source.alert = problem_of(item.source) is not None
        source.label(text=item.source or "?")
        target.alert = item.target not in obj.data.shape_keys.key_blocks
        target.label(text=item.target or "?")


class JAMBATALK_PT_shapes(SubPanel, bpy.types.Panel):
    """Which of the mesh's own shape keys does what."""

    bl_idname = "JAMBATALK_PT_shapes"
    bl_label = "Shape Keys"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it where the mesh has shape keys."""
        obj = mesh_with_keys(context)
        return obj is not None and len(OwnKeys(obj)) > 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list, or what the names tell, with the buttons for either."""
        layout, shown = self.layout, shape_list.list_of(context.scene.jambatalk)
        layout.enabled = not STATUS.running
        if shown is not None:
            _draw_list(layout, shown)
            _draw_line(layout, shown, mesh_with_keys(context))
        else:
            obj = mesh_with_keys(context)
            for line in detect(OwnKeys(obj)).lines() if obj is not None else ():
                draw_sentence(layout, context, line, "NONE")
            layout.operator(JAMBATALK_OT_edit_shapes.bl_idname, icon="GREASEPENCIL")
        row = layout.row(align=True)
        row.operator(JAMBATALK_OT_load_shapes.bl_idname, text="Load", icon="FILE_FOLDER")
        row.operator(JAMBATALK_OT_save_shapes.bl_idname, text="Save", icon="FILE_TICK")
        if shown is not None:
            row.operator(JAMBATALK_OT_reset_shapes.bl_idname, icon="LOOP_BACK")


def _draw_list(layout: bpy.types.UILayout, shown: shape_list.JambaTalkShapeList) -> None:
    """Draw the lines with the buttons that add and remove one."""
    row = layout.row()
    row.template_list("JAMBATALK_UL_shapes", "", shown, "lines", shown, "active", rows=6)
    buttons = row.column(align=True)
    buttons.operator(JAMBATALK_OT_add_shape.bl_idname, text="", icon="ADD")
    buttons.operator(JAMBATALK_OT_remove_shape.bl_idname, text="", icon="REMOVE")


def _draw_line(
    layout: bpy.types.UILayout,
    shown: shape_list.JambaTalkShapeList,
    obj: bpy.types.Object | None,
) -> None:
    """Draw the fields of the active line."""
    if obj is None or not 0 <= shown.active < len(shown.lines):
        return
    line, column = shown.lines[shown.active], layout.column(align=True)
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(line, "source")
    column.prop_search(line, "target", obj.data.shape_keys, "key_blocks")
    column.prop(line, "gain")
    column.prop(line, "offset")
