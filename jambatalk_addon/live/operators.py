"""Start live speech; Esc, the panel's button or what is wrong with it ends it."""

from __future__ import annotations

import time

import bpy

from ..bake.followed import FollowedOperator
from ..bake.outcome import Summary
from ..bake.status import BUSY, STATUS, Kind
from ..operator_base import tell
from ..panel import panel
from . import light_view, plan
from .session import Session
from .take import write_take

_NOTHING = "Live speech ended; the character is as it was."
_REDRAW_SECONDS = 1.0


class JAMBATALK_OT_live(FollowedOperator, bpy.types.Operator):
    """Move the character by live speech, and leave no keys unless Record is on; Esc ends it"""

    bl_idname = "jambatalk.live"
    bl_label = "Start Live Speech"
    bl_options = {"REGISTER", "UNDO"}

    tick_seconds = 1 / 90  # frames come 60 times a second

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why it cannot be started."""
        return BUSY if STATUS.running else plan.disabled_reason(context)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Tell scripts that it needs a window."""
        tell(self, "ERROR", "Live speech needs Blender's window; bake the sound instead.")
        return {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Start it while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._session = Session(plan.make_plan(context))
        except Exception as error:
            return self.fail(error)
        self._redrawn = 0.0
        if context.scene.jambatalk.live_light:
            light_view.lighten(context.window_manager)
        return self.follow(context, self._session, self._session.message)

    def step(self, context: bpy.types.Context) -> set[str]:
        """Show the newest frame; write what was recorded once it is over."""
        session = self._session
        if bpy.app.is_job_running("RENDER"):  # which reads what would be moved
            return {"PASS_THROUGH"}
        if not session.over:
            session.record(on=context.scene.jambatalk.live_record)
        if session.tick():
            return self._finish(context)
        if time.monotonic() - self._redrawn > _REDRAW_SECONDS:
            self._redrawn, STATUS.message = time.monotonic(), session.message
            panel.redraw(context)
        return {"PASS_THROUGH"}

    def _finish(self, context: bpy.types.Context) -> set[str]:
        """Write what was recorded, and tell how it ended."""
        session, recorded = self._session, self._session.recorded
        if recorded is None:
            kind = Kind.WARNED if session.trouble else Kind.CANCELLED
            STATUS.finish(session.trouble or _NOTHING, kind, session.notes)
            tell(self, "WARNING" if session.trouble else "INFO", session.trouble or _NOTHING)
            return {"CANCELLED"}
        outcome = write_take(context, session.plan, recorded)
        troubles = (session.trouble,) if session.trouble else ()
        summary = Summary([outcome], told=(*troubles, *session.notes))
        told = summary.headline(), summary.kind, summary.notes(), summary.trace
        STATUS.finish(*told, report=summary.report())
        tell(self, "WARNING" if troubles else "INFO", summary.sentence())
        return {"FINISHED"}
