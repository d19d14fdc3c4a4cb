"""Bake, cancel and clear as operators."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import bpy

from ..operator_base import ReasonedOperator, tell
from ..panel import panel
from ..sound.strips import Found
from ..targets.checks import clear_problem
from ..translation.hook import shown
from ..write.clear import clear, has_bake
from ..write.wording import listed
from . import plan
from .edited import edited_lines
from .followed import FollowedOperator
from .outcome import Summary
from .plan import Order
from .queue import Queue, bake_and_wait
from .status import BUSY, STATUS, Kind

_NO_BAKE = "The mesh has no bake."
_LEVELS = {
    Kind.DONE: "INFO",
    Kind.WARNED: "WARNING",
    Kind.CANCELLED: "INFO",
    Kind.FAILED: "ERROR",
}


@dataclass(frozen=True)
class Wanted:
    """What an operator is for.

    Attributes:
        problem: returns why it cannot be baked now, or None.
        order: returns what to bake; raises `UserError` if nothing can be.
    """

    problem: Callable[[bpy.types.Context], str | None]
    order: Callable[[bpy.types.Context], Order]

    @classmethod
    def of_strips(cls, strips: Callable[[bpy.types.Context], list[Found]]) -> "Wanted":
        """Return the wish to bake some strips of the sequencer."""
        return cls(
            lambda context: plan.disabled_reason_of(context, strips(context)),
            lambda context: plan.make_plans(context, strips(context)),
        )


class BakingOperator(FollowedOperator):
    """Bakes what is wanted: modal in a window, waiting without one."""

    bl_options = {"REGISTER", "UNDO"}

    edits: bpy.props.EnumProperty(
        name="Edits",
        description="What becomes of your changes to lines that are baked again",
        items=[
            ("ASK", "Ask", "Ask in a window if there are any; else as the scene's settings say"),
            ("KEEP", "Keep on Top", "Add them to the new curves"),
            ("REPLACE", "Replace", "Leave them out, and keep a copy of the action"),
        ],
        options={"SKIP_SAVE", "HIDDEN"},
    )

    wanted: ClassVar[Wanted]
    bl_idname: ClassVar[str]

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why nothing can be baked."""
        return BUSY if STATUS.running else cls.wanted.problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Bake and wait: for scripts and Blender without a window."""
        try:
            STATUS.start("Baking", context.scene.session_uid)
            order = self._order(context)
            return self._tell(bake_and_wait(order))
        except Exception as error:
            return self.fail(error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start baking while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            order = self._order(context)
            edited = edited_lines(order.plans) if self.edits == "ASK" else []
            if edited:
                return self._ask(context, edited)
            self._queue = Queue(order)
        except Exception as error:
            return self.fail(error)
        return self.follow(context, self._queue, self._queue.message)

    def _order(self, context: bpy.types.Context) -> Order:
        """Return what is wanted, with the answer on edits if it has been given."""
        order = self.wanted.order(context)
        if self.edits == "ASK":
            return order
        answered = [replace(p, options=replace(p.options, edits=self.edits)) for p in order.plans]
        return replace(order, plans=answered)

    def _ask(self, context: bpy.types.Context, edited: list[str]) -> set[str]:
        """Offer to bake with the edits on top or without them; clicking elsewhere cancels."""
        name = self.bl_idname

        def draw(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
            layout = menu.layout
            layout.operator_context = "INVOKE_DEFAULT"
            layout.label(text=shown(f"Changed since it was baked: {listed(edited)}"))
            layout.separator()
            layout.operator(name, text="Keep My Edits on Top", icon="ADD").edits = "KEEP"
            text = "Replace, Keep a Copy of the Action"
            layout.operator(name, text=text, icon="FILE_REFRESH").edits = "REPLACE"

        context.window_manager.popup_menu(draw, title="Edited Curves", icon="QUESTION")
        return {"CANCELLED"}

    def step(self, context: bpy.types.Context) -> set[str]:
        """Take in what the worker said and write the results once they are there."""
        queue = self._queue
        over = queue.poll() and not bpy.app.is_job_running("RENDER")
        told = STATUS.message == queue.message  # before a take is written, which takes a moment
        over = over and told and queue.write_next()
        STATUS.fraction, STATUS.message = queue.fraction, queue.message
        panel.redraw(context)
        return self._tell(queue.summary()) if over else {"PASS_THROUGH"}

    def _tell(self, summary: Summary) -> set[str]:
        """Show and report how it ended; what was written is one step to undo."""
        if summary.is_one_failure:
            return self.fail(summary.failures[0].error)
        told = summary.headline(), summary.kind, summary.notes(), summary.trace
        STATUS.finish(*told, report=summary.report())
        tell(self, _LEVELS[summary.kind], summary.sentence())
        return {"FINISHED"} if summary.outcomes else {"CANCELLED"}


class JAMBATALK_OT_bake(BakingOperator, bpy.types.Operator):
    """Turn the speech into shape-key curves on the mesh"""

    bl_idname = "jambatalk.bake"
    bl_label = "Bake"
    wanted = Wanted(plan.disabled_reason, lambda context: Order([plan.make_plan(context)]))


class JAMBATALK_OT_bake_selected(BakingOperator, bpy.types.Operator):
    """Bake every selected sound strip of the sequencer onto the mesh; one undo takes all back"""

    bl_idname = "jambatalk.bake_selected"
    bl_label = "Bake Selected"
    wanted = Wanted.of_strips(plan.selected_strips)


class JAMBATALK_OT_bake_all(BakingOperator, bpy.types.Operator):
    """Bake every sound strip of the sequencer onto the mesh; one undo takes all back"""

    bl_idname = "jambatalk.bake_all"
    bl_label = "Bake All"
    wanted = Wanted.of_strips(plan.all_strips)


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
        obj = _baked_mesh(context)
        if obj is None:
            return _NO_BAKE
        return BUSY if STATUS.running else clear_problem(obj)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clear the chosen mesh."""
        obj = _baked_mesh(context)
        if obj is None:
            tell(self, "ERROR", _NO_BAKE)
            return {"CANCELLED"}
        return tell_cleared(self, context, f"Cleared '{obj.name}'.", clear(obj))


def _baked_mesh(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the chosen mesh if there is something baked on it."""
    obj = plan.chosen_mesh(context)
    return obj if obj is not None and has_bake(obj) else None


def tell_cleared(
    operator: bpy.types.Operator, context: bpy.types.Context, done: str, notes: list[str]
) -> set[str]:
    """Report what was cleared, and show what had to stay."""
    STATUS.start(done, context.scene.session_uid)
    STATUS.finish(done if notes else "", Kind.WARNED if notes else Kind.DONE, tuple(notes))
    tell(operator, _LEVELS[STATUS.kind], " ".join([done, *notes]))
    return {"FINISHED"}
