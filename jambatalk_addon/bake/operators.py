"""Bake, cancel and clear as operators."""

import bpy

from ..mesh.checks import mesh_problem
from ..operator_base import ReasonedOperator, report_failure
from . import ownership, panel, plan
from .clear import clear
from .run import Bake, bake_and_wait
from .status import STATUS

_TICK_SECONDS = 0.1


class JAMBATALK_OT_bake(ReasonedOperator, bpy.types.Operator):
    """Turn the speech into shape-key curves on the mesh"""

    bl_idname = "jambatalk.bake"
    bl_label = "Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the settings cannot be baked."""
        if STATUS.running:
            return "A bake is under way; wait for it or cancel it."
        return plan.disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake and wait: for scripts and Blender without a window."""
        try:
            return self._succeed(bake_and_wait(context).sentence())
        except Exception as error:
            return self._fail(error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start baking while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._bake = Bake(plan.make_plan(context))
        except Exception as error:
            return self._fail(error)
        STATUS.start(self._bake.prediction.message)
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_SECONDS, window=context.window)
        manager.modal_handler_add(self)
        panel.redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the worker; everything but Esc goes on to Blender."""
        escaped = event.type == "ESC" and event.value == "PRESS"
        if escaped or STATUS.cancelling:
            STATUS.cancelling = True
            self._bake.prediction.cancel()
        if event.type != "TIMER":
            return {"RUNNING_MODAL"} if escaped else {"PASS_THROUGH"}
        try:
            result = self._step(context)
        except Exception as error:
            result = self._fail(error)
        if result != {"PASS_THROUGH"}:
            self._leave(context)
        return result

    def cancel(self, context: bpy.types.Context) -> None:
        """End at once: Blender quits or loads another file."""
        STATUS.finish("")
        self._bake.prediction.abandon()
        self._leave(context)

    def _step(self, context: bpy.types.Context) -> set[str]:
        """Take in what the worker said and write the result once it is there."""
        prediction = self._bake.prediction
        over = self._bake.poll() and not bpy.app.is_job_running("RENDER")
        STATUS.fraction, STATUS.message = prediction.fraction, prediction.message
        panel.redraw(context)
        if not over:
            return {"PASS_THROUGH"}
        if prediction.motion is not None:
            return self._succeed(self._bake.write().sentence())
        STATUS.finish("Cancelled; nothing was changed.")
        self.report({"INFO"}, STATUS.outcome)
        return {"CANCELLED"}

    def _succeed(self, sentence: str) -> set[str]:
        STATUS.finish(sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def _fail(self, error: Exception) -> set[str]:
        STATUS.finish(str(error), failed=True)
        report_failure(self, error)
        return {"CANCELLED"}

    def _leave(self, context: bpy.types.Context) -> None:
        self._bake.close()
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:  # there is none while Blender quits
            context.workspace.status_text_set(None)
        panel.redraw(context)


class JAMBATALK_OT_cancel(ReasonedOperator, bpy.types.Operator):
    """Cancel the bake under way (Esc); the scene stays as it was"""

    bl_idname = "jambatalk.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, _context: bpy.types.Context) -> str | None:
        """Return why there is nothing to cancel."""
        return None if STATUS.running else "No bake is under way."

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the running bake to end; it does at its next tick."""
        STATUS.cancelling = True
        return {"FINISHED"}


class JAMBATALK_OT_clear(ReasonedOperator, bpy.types.Operator):
    """Remove the shape keys and curves that bakes made on the mesh, and nothing else"""

    bl_idname = "jambatalk.clear"
    bl_label = "Clear"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to clear."""
        obj = plan.chosen_mesh(context)
        if obj is None or obj.type != "MESH" or ownership.read(obj.data) is None:
            return "The mesh has no bake."
        if STATUS.running:
            return "A bake is under way; wait for it or cancel it."
        return mesh_problem(obj)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clear the chosen mesh."""
        clear(plan.chosen_mesh(context))
        STATUS.outcome = ""
        return {"FINISHED"}
