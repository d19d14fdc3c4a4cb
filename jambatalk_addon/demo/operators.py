"""Add the demo head."""

from __future__ import annotations

import bpy

from ..anatomy.operators import adding_problem
from ..operator_base import ReasonedOperator
from ..targets.checks import mesh_problem
from . import scene


class JAMBATALK_OT_add_demo_head(ReasonedOperator, bpy.types.Operator):
    """Add a head of 0.3 m on FLAME's topology at the 3D cursor, with colours and a mouth"""

    bl_idname = "jambatalk.add_demo_head"
    bl_label = "Add Demo Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no head can be added."""
        return adding_problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the head, select it, and have it baked if no other mesh can be."""
        bakeable = mesh_problem(context.scene.jambatalk.mesh) is None
        head = scene.add_head(context.collection)
        head.location = context.scene.cursor.location
        for other in context.selected_objects:
            other.select_set(False)
        if head.name in context.view_layer.objects:
            head.select_set(True)
            context.view_layer.objects.active = head
        if not bakeable:
            context.scene.jambatalk.mesh = head
        return {"FINISHED"}


def draw_add_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw the entries of Add > Mesh."""
    menu.layout.separator()
    menu.layout.operator("jambatalk.add_demo_head", text="JambaTalk Demo Head", icon="USER")
    menu.layout.operator("jambatalk.add_mouth", text="JambaTalk Mouth", icon="MESH_CAPSULE")
    menu.layout.operator("jambatalk.remove_mouth", text="Remove JambaTalk Mouth", icon="X")


def attach() -> None:
    """Add the entries to Blender's menu."""
    bpy.types.VIEW3D_MT_mesh_add.append(draw_add_menu)


def detach() -> None:
    """Undo `attach`."""
    bpy.types.VIEW3D_MT_mesh_add.remove(draw_add_menu)
