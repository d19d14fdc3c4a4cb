"""Add the demo head, and the inside of a mouth to any FLAME head."""

from __future__ import annotations

import bpy

from ...model_core.performance.options import BakeOptions
from ...model_core.targets.preference import OUR_SHAPES
from ..anatomy.mouth import add_mouth, find_mouth, follows
from ..bake.plan import chosen_mesh
from ..operator_base import ReasonedOperator
from ..targets.checks import mesh_problem
from ..targets.target import target_of
from . import scene


def _problem(context: bpy.types.Context) -> str | None:
    """Return why no object can be added now."""
    if context.scene.library is not None:
        return f"The scene '{context.scene.name}' is linked; open its own file."
    return None if context.mode == "OBJECT" else "Switch to Object mode first."


class JAMBATALK_OT_add_demo_head(ReasonedOperator, bpy.types.Operator):
    """Add a head of 0.3 m on FLAME's topology at the 3D cursor, with colours and a mouth"""

    bl_idname = "jambatalk.add_demo_head"
    bl_label = "Add Demo Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no head can be added."""
        return _problem(context)

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


class JAMBATALK_OT_add_mouth(ReasonedOperator, bpy.types.Operator):
    """Give the mesh a dark inside of the mouth that follows its lips; Clear leaves it alone"""

    bl_idname = "jambatalk.add_mouth"
    bl_label = "Add Mouth"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the mesh can have no mouth, or no other."""
        head = chosen_mesh(context)
        if head is None or head.type != "MESH":
            return mesh_problem(head)
        mouth = find_mouth(head)
        if mouth is not None:
            return f"'{head.name}' has the mouth '{mouth.name}' already."
        return _problem(context) or target_of(head, BakeOptions(target=OUR_SHAPES)).problem()

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the mouth; say so if it cannot follow."""
        mouth = add_mouth(chosen_mesh(context))
        if not follows(mouth):
            self.report(
                {"WARNING"},
                f"'{mouth.name}' does not follow the lips: show its head in this view layer, then "
                f"press Bind on its modifier '{mouth.modifiers[0].name}'.",
            )
        return {"FINISHED"}


def draw_add_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw the entries of Add > Mesh."""
    menu.layout.separator()
    menu.layout.operator("jambatalk.add_demo_head", text="JambaTalk Demo Head", icon="USER")
    menu.layout.operator("jambatalk.add_mouth", text="JambaTalk Mouth", icon="MESH_CAPSULE")


def attach() -> None:
    """Add the entries to Blender's menu."""
    bpy.types.VIEW3D_MT_mesh_add.append(draw_add_menu)


def detach() -> None:
    """Undo `attach`."""
    bpy.types.VIEW3D_MT_mesh_add.remove(draw_add_menu)
