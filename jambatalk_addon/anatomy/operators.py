"""Give a FLAME head the inside of a mouth, or take it off again."""

from __future__ import annotations

import bpy

from ..bake.plan import chosen_mesh
from ..operator_base import ReasonedOperator, tell
from ..targets.checks import mesh_problem
from . import cavity, mouth


def adding_problem(context: bpy.types.Context) -> str | None:
    """Return why no object can be added to the scene now."""
    if context.scene.library is not None:
        return f"The scene '{context.scene.name}' is linked; open its own file."
    return None if context.mode == "OBJECT" else "Switch to Object mode first."


class JAMBATALK_OT_add_mouth(ReasonedOperator, bpy.types.Operator):
    """Give the mesh teeth, gums, a tongue and a dark mouth; Clear leaves them alone"""

    bl_idname = "jambatalk.add_mouth"
    bl_label = "Add Mouth"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the mesh can have no mouth, or no other."""
        head = chosen_mesh(context)
        if head is None or head.type != "MESH":
            return mesh_problem(head)
        return adding_problem(context) or mouth.problem_of(head)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the mouth; say so if a part of it cannot follow."""
        made = mouth.add_mouth(chosen_mesh(context))
        if not mouth.follows(made):
            tell(self, "WARNING", unbound(made))
        return {"FINISHED"}


class JAMBATALK_OT_remove_mouth(ReasonedOperator, bpy.types.Operator):
    """Remove the teeth, the tongue and the inside of the mouth that Add Mouth gave the mesh"""

    bl_idname = "jambatalk.remove_mouth"
    bl_label = "Remove Mouth"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to remove."""
        head = chosen_mesh(context)
        if head is None or not any(mouth.parts_of(head)):
            return "The mesh has no mouth that Add Mouth made."
        return adding_problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        mouth.remove_mouth(chosen_mesh(context))
        return {"FINISHED"}


def unbound(made: bpy.types.Object) -> str:
    """Return a sentence on a cavity that could not be bound to its head's lips."""
    return (
        f"'{made.name}' does not follow the lips: show its head in this view layer, then press "
        f"Bind on its modifier '{cavity.FOLLOW}'."
    )
