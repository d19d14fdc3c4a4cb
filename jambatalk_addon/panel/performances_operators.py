"""Make another performance of a line; show, compare, blend and forget those there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ..bake import again, performances, plan
from ..bake.operators import BakingOperator, Wanted
from ..bake.plan import BakePlan, Order
from ..bake.status import BUSY, STATUS
from ..bones.takes import takes_of
from ..operator_base import ReasonedOperator, report_failure, tell
from ..targets.checks import clear_problem
from ..write import nla_takes
from ..write.identity import Line
from ..write.performances import Performances
from . import adjusting, options

_HALF = 0.5
_SEVERAL = 2  # takes, of which one can be chosen
_ONE = "There is one take of this line; make another with Next Take."


def next_take(context: bpy.types.Context) -> Order:
    """Return the plan to bake the chosen sound as a take that was not made yet.

    The settings then show its number. Raises as `plan.make_plan`.
    """
    settings, planned = context.scene.jambatalk, plan.make_plan(context)
    settings.take = _made(planned).next_number
    if settings.variation == 0.0:  # which would be take 0 again
        settings.property_unset("variation")
    wanted = options.read(settings)
    chosen = replace(planned.options, take=wanted.take, variation=wanted.variation)
    return Order([replace(planned, options=chosen)])


def _made(planned: BakePlan) -> Performances:
    """Return the performances of the line that a plan is of; none if it is a new one."""
    obj, span = planned.mesh.resolve(planned.options), planned.span
    take = again.known_take(obj, Line.of(span), span.frames or 1)
    return performances.of(obj, take) if take is not None else Performances()


class JAMBATALK_OT_next_take(BakingOperator, bpy.types.Operator):
    """Bake the sound as another take and keep those there are; lips close alike in all of them"""

    bl_idname = "jambatalk.next_take"
    bl_label = "Next Take"
    wanted = Wanted(plan.disabled_reason, next_take)


class _LineOperator(ReasonedOperator):
    """An operator on the performances of the line that the controls act on.

    Each has an `act` on a line: it returns sentences on what may surprise, and raises `UserError`
    where it cannot be done and nothing is changed.
    """

    act: Callable[[bpy.types.Object, str, BakeOptions], tuple[str, ...]]

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no line to act on, or why it cannot be done with that."""
        if STATUS.running:
            return BUSY
        obj, take = plan.chosen_mesh(context), context.scene.jambatalk.adjusted_take
        if take not in takes_of(obj):
            return "Choose a line in the list of takes."
        return again.problem(obj, [take]) or cls.problem(obj, take)

    @classmethod
    def problem(cls, _obj: bpy.types.Object, _take: str) -> str | None:
        """Return why it cannot be done with a line; None if it can."""
        return None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Act on the line that the controls act on."""
        settings, obj = context.scene.jambatalk, plan.chosen_mesh(context)
        try:
            notes = self.act(obj, settings.adjusted_take, options.read(settings))
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        adjusting.show(settings, obj, settings.adjusted_take)
        if notes:
            tell(self, "WARNING", " ".join(notes))
        return {"FINISHED"}


class _NamedOperator(_LineOperator):
    """An operator on one performance of the line."""

    called: bpy.props.StringProperty(
        name="Performance", description="What the performance is called", options={"SKIP_SAVE"}
    )


class JAMBATALK_OT_show_performance(_NamedOperator, bpy.types.Operator):
    """Have the line move as in this take; your edits stay on top"""

    bl_idname = "jambatalk.show_performance"
    bl_label = "Show This Take"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Show it."""
        return performances.show(obj, take, self.called, chosen).notes


class JAMBATALK_OT_compare_performances(_LineOperator, bpy.types.Operator):
    """Show the take that was shown before; again, and this one is back"""

    bl_idname = "jambatalk.compare_performances"
    bl_label = "Compare"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, obj: bpy.types.Object, take: str) -> str | None:
        """Return why there is nothing to compare with."""
        return None if performances.of(obj, take).before is not None else _ONE

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Show the one before."""
        before = performances.of(obj, take).before
        if before is None:
            raise UserError(_ONE)
        return performances.show(obj, take, before.called, chosen).notes


class JAMBATALK_OT_blend_performance(_NamedOperator, bpy.types.Operator):
    """Blend this take into the one that is shown; the slider tells how much of it"""

    bl_idname = "jambatalk.blend_performance"
    bl_label = "Blend This Take"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Blend half of it."""
        return performances.blend(obj, take, self.called, _HALF, chosen).notes


class JAMBATALK_OT_takes_to_nla(_LineOperator, bpy.types.Operator):
    """Lay each take of the line as a strip in the NLA, with those that are not shown muted"""

    bl_idname = "jambatalk.takes_to_nla"
    bl_label = "Lay in the NLA"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def problem(cls, obj: bpy.types.Object, take: str) -> str | None:
        """Return why there is nothing to lay."""
        if len(performances.of(obj, take).packed) < _SEVERAL:
            return _ONE
        laid = performances.line_in_nla(obj)
        if laid not in {None, take}:
            return f"The takes of '{takes_of(obj)[laid].name}' are in the NLA; take them out first."
        return clear_problem(obj)

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Lay them."""
        return tuple(performances.lay_in_nla(obj, take, chosen))


class JAMBATALK_OT_takes_from_nla(_LineOperator, bpy.types.Operator):
    """Take the takes of the line out of the NLA; it plays as it did"""

    bl_idname = "jambatalk.takes_from_nla"
    bl_label = "Take Out of the NLA"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to take out."""
        if STATUS.running:
            return BUSY
        obj, take = plan.chosen_mesh(context), context.scene.jambatalk.adjusted_take
        if obj is None or performances.line_in_nla(obj) != take:
            return "The takes of this line are not in the NLA."
        return clear_problem(obj)

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Take them out."""
        return tuple(nla_takes.take_back(obj, take))


class JAMBATALK_OT_forget_performance(_NamedOperator, bpy.types.Operator):
    """Keep this take of the line no longer"""

    bl_idname = "jambatalk.forget_performance"
    bl_label = "Forget This Take"
    bl_options = {"REGISTER", "UNDO"}

    def act(self, obj: bpy.types.Object, take: str, chosen: BakeOptions) -> tuple[str, ...]:
        """Forget it."""
        return tuple(performances.forget(obj, take, self.called))
