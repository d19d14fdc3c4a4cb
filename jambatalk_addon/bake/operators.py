"""Bake, cancel and clear as operators."""

import bpy

from ..mesh.checks import mesh_problem
from ..operator_base import ReasonedOperator, report_failure
from . import ownership, panel, plan
from .clear import clear
from .run import Bake, bake_and_wait

_TICK_SECONDS = 0.1


class JAMBATALK_OT_bake(ReasonedOperator, bpy.types.Operator):
    """Turn the speech into shape-key curves on the mesh"""

    bl_idname = "jambatalk.bake"
    bl_label = "Bake"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the settings cannot be baked."""
        if context.window_manager.jambatalk.running:
            return "A bake is under way; wait for it or cancel it."
        return plan.disabled_reason(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake and wait: for scripts and Blender without a window."""
        try:
            self._tell(context, bake_and_wait(context).sentence())
        except Exception as error:
            return self._fail(context, error)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start baking while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._bake = Bake(plan.make_plan(context))
        except Exception as error:
            return self._fail(context, error)
        status = context.window_manager.jambatalk
        status.running, status.cancelling, status.fraction = True, False, 0.0
        status.message, status.outcome = self._bake.prediction.message, ""
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_SECONDS, window=context.window)
        manager.modal_handler_add(self)
        panel.redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the worker; everything but Esc goes on to Blender."""
        status = context.window_manager.jambatalk
        escaped = event.type == "ESC" and event.value == "PRESS"
        if escaped or status.cancelling:
            status.cancelling = True
            self._bake.prediction.cancel()
        if event.type != "TIMER":
            return {"RUNNING_MODAL"} if escaped else {"PASS_THROUGH"}
        try:
            result = self._step(context)
        except Exception as error:
            result = self._fail(context, error)
        if result != {"PASS_THROUGH"}:
            self._finish(context)
        return result

    def cancel(self, context: bpy.types.Context) -> None:
        """End at once: Blender quits or loads another file."""
        self._bake.prediction.abandon()
        self._finish(context)

    def _step(self, context: bpy.types.Context) -> set[str]:
        """Take in what the worker said and write the result once it is there."""
        prediction, status = self._bake.prediction, context.window_manager.jambatalk
        over = self._bake.poll() and not bpy.app.is_job_running("RENDER")
        status.fraction, status.message = prediction.fraction, prediction.message
        panel.redraw(context)
        if not over:
            return {"PASS_THROUGH"}
        if prediction.motion is None:
            self._tell(context, "Cancelled; nothing was changed.")
            return {"CANCELLED"}
        self._tell(context, self._bake.write().sentence())
        return {"FINISHED"}

    def _tell(self, context: bpy.types.Context, sentence: str) -> None:
        status = context.window_manager.jambatalk
        status.outcome, status.failed = sentence, False
        self.report({"INFO"}, sentence)

    def _fail(self, context: bpy.types.Context, error: Exception) -> set[str]:
        status = context.window_manager.jambatalk
        status.outcome, status.failed = str(error), True
        report_failure(self, error)
        return {"CANCELLED"}

    def _finish(self, context: bpy.types.Context) -> None:
        self._bake.close()
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.jambatalk.running = False
        context.workspace.status_text_set(None)
        panel.redraw(context)


class JAMBATALK_OT_cancel(ReasonedOperator, bpy.types.Operator):
    """Cancel the bake under way (Esc); the scene stays as it was"""

    bl_idname = "jambatalk.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to cancel."""
        return None if context.window_manager.jambatalk.running else "No bake is under way."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the running bake to end; it does at its next tick."""
        context.window_manager.jambatalk.cancelling = True
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
        if context.window_manager.jambatalk.running:
            return "A bake is under way; wait for it or cancel it."
        return mesh_problem(obj)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clear the chosen mesh."""
        clear(plan.chosen_mesh(context))
        context.window_manager.jambatalk.outcome = ""
        return {"FINISHED"}
