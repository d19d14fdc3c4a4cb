"""Operators that follow work in the model's process while Blender stays alive."""

from __future__ import annotations

from typing import ClassVar, Protocol

import bpy

from ..operator_base import ReasonedOperator, report_failure
from ..panel import panel
from .status import STATUS, Kind


class Work(Protocol):
    """What is under way in another process."""

    def cancel(self) -> None:
        """Ask for an end."""

    def abandon(self) -> None:
        """End at once."""

    def close(self) -> None:
        """Remove temporary files."""


class FollowedOperator(ReasonedOperator):
    """Mixin for a modal operator: Esc and the panel's cross cancel, all else goes on to Blender."""

    _work: Work
    tick_seconds = 0.1
    followed: ClassVar[list[FollowedOperator]] = []

    def step(self, context: bpy.types.Context) -> set[str]:
        """Take in how far the work is, and what comes of it at its end.

        Returns:
            PASS_THROUGH as long as it goes on.
        """
        return {"PASS_THROUGH"}

    def follow(self, context: bpy.types.Context, work: Work, message: str) -> set[str]:
        """Begin to follow work that has begun."""
        self._work = work
        STATUS.start(message, context.scene.session_uid)
        manager = context.window_manager
        self._timer = manager.event_timer_add(self.tick_seconds, window=context.window)
        manager.modal_handler_add(self)
        self.followed.append(self)
        panel.redraw(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the worker; everything but Esc goes on to Blender."""
        escaped = event.type == "ESC" and event.value == "PRESS"
        if escaped or STATUS.cancelling:
            STATUS.cancelling = True
            self._work.cancel()
        if event.type != "TIMER":
            return {"RUNNING_MODAL"} if escaped else {"PASS_THROUGH"}
        try:
            result = self.step(context)
        except Exception as error:
            result = self.fail(error)
        if result != {"PASS_THROUGH"}:
            self._leave(context)
        return result

    def cancel(self, context: bpy.types.Context) -> None:
        """End at once: Blender quits or loads another file."""
        STATUS.finish("")
        self._work.abandon()
        self._leave(context)

    def fail(self, error: Exception) -> set[str]:
        """Show and report that it failed."""
        STATUS.finish(str(error), Kind.FAILED)
        report_failure(self, error)
        return {"CANCELLED"}

    def _leave(self, context: bpy.types.Context) -> None:
        if self in self.followed:
            self.followed.remove(self)
        self._work.close()
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:  # there is none while Blender quits
            context.workspace.status_text_set(None)
        panel.redraw(context)


def detach() -> None:
    """End what is followed: Blender does not tell operators when they are unregistered."""
    for each in list(FollowedOperator.followed):
        each.cancel(bpy.context)
