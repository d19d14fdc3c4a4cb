"""Show, adjust and clear one take of those baked onto the mesh."""

import bpy

from ...model_core.base.errors import UserError
from ..bake import plan
from ..bake.operators import tell_cleared
from ..bake.status import BUSY, STATUS
from ..bones.takes import takes_of
from ..operator_base import ReasonedOperator, report_failure
from ..targets.checks import clear_problem
from ..write.clear import clear_take
from ..write.ownership import Take
from . import adjusting

_GONE = "This take is no longer on the mesh; look at the list of takes."


class _TakeOperator(ReasonedOperator):
    """An operator on one take of the chosen mesh."""

    take: bpy.props.StringProperty(
        name="Take", description="Id of the take in the mesh's record", options={"SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no take to act on."""
        if not takes_of(plan.chosen_mesh(context)):
            return "The mesh has no bake."
        return None

    def _find(self, context: bpy.types.Context) -> Take:
        made = takes_of(plan.chosen_mesh(context)).get(self.take)
        if made is None:
            raise UserError(_GONE)
        return made


class JAMBATALK_OT_show_take(_TakeOperator, bpy.types.Operator):
    """Go to the first frame of this take"""

    bl_idname = "jambatalk.show_take"
    bl_label = "Show Take"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the scene's frame."""
        try:
            context.scene.frame_set(self._find(context).heard[0])
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        return {"FINISHED"}


class JAMBATALK_OT_adjust_take(_TakeOperator, bpy.types.Operator):
    """Have the controls act on this line, and show its values"""

    bl_idname = "jambatalk.adjust_take"
    bl_label = "Adjust This Line"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the sliders."""
        try:
            self._find(context)
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        adjusting.show(context.scene.jambatalk, plan.chosen_mesh(context), self.take)
        return {"FINISHED"}


class JAMBATALK_OT_clear_take(_TakeOperator, bpy.types.Operator):
    """Remove the keys of this take, and the shape keys that no other take uses"""

    bl_idname = "jambatalk.clear_take"
    bl_label = "Clear Take"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no take can be cleared."""
        if STATUS.running:
            return BUSY
        return super().disabled_reason(context) or clear_problem(plan.chosen_mesh(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clear the take; other takes keep their motion."""
        try:
            made = self._find(context)
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        notes = clear_take(plan.chosen_mesh(context), self.take)
        return tell_cleared(self, context, f"Cleared '{made.name or self.take}'.", notes)
