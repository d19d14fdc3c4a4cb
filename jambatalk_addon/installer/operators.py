"""Install, cancel and remove the runtime."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..bake.status import BUSY, STATUS
from ..machine.access import root_package
from ..operator_base import ReasonedOperator, report_failure, tell
from ..worker import session
from .install import owned, remove
from .job import InstallJob
from .variants import Variant, this_target, variants

_TICK_SECONDS = 0.2
_NOT_INSTALLED = "The add-on runs from its source tree; use build.py setup there."

_job: InstallJob | None = None


def job() -> InstallJob | None:
    """Return the latest installation of this session."""
    return _job


def _under_way() -> InstallJob | None:
    return _job if _job is not None and _job.running else None


class JAMBATALK_OT_install_runtime(ReasonedOperator, bpy.types.Operator):
    """Build an environment of the model's packages in the extension's user folder"""

    bl_idname = "jambatalk.install_runtime"
    bl_label = "Install Runtime"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why it cannot be installed now."""
        if reason := _busy():
            return reason
        if session.runtime_folder() is None:
            return _NOT_INSTALLED
        if not (_wheel_folder() or bpy.app.online_access):
            return "Allow online access in Preferences > System, or choose a folder of wheels."
        return None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Install while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        started = self._start()
        if started is None:
            return {"CANCELLED"}
        self._job = started
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_SECONDS, window=context.window)
        manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the installation."""
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        for area in context.screen.areas:
            area.tag_redraw()
        if self._job.running:
            return {"PASS_THROUGH"}
        context.window_manager.event_timer_remove(self._timer)
        return self._end(self._job)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Install and wait: for scripts and Blender without a window."""
        started = self._start()
        if started is None:
            return {"CANCELLED"}
        started.wait()
        return self._end(started)

    def _start(self) -> InstallJob | None:
        """Return an installation that has begun, or None if it cannot, which is reported."""
        global _job  # noqa: PLW0603
        session.shut_down()
        try:
            _job = InstallJob(chosen_variant(), _runtime_folder(), _wheel_folder())
        except UserError as error:
            report_failure(self, error)
            return None
        return _job

    def _end(self, ended: InstallJob) -> set[str]:
        tell(self, "ERROR" if ended.failed else "INFO", ended.message)
        return {"CANCELLED"} if ended.failed else {"FINISHED"}


class JAMBATALK_OT_cancel_installation(ReasonedOperator, bpy.types.Operator):
    """Stop installing; what was downloaded is kept for the next time"""

    bl_idname = "jambatalk.cancel_installation"
    bl_label = "Cancel"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to cancel."""
        return None if _under_way() else "No installation is under way."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the installation to end."""
        if job := _under_way():
            job.cancel()
        return {"FINISHED"}


class JAMBATALK_OT_remove_runtime(ReasonedOperator, bpy.types.Operator):
    """Remove the installed runtime and what was downloaded for it"""

    bl_idname = "jambatalk.remove_runtime"
    bl_label = "Remove Runtime"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to remove."""
        folder = session.runtime_folder()
        if folder is None or not owned(folder):
            return "No runtime is installed."
        return _busy()

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End the worker, which may use it, and remove it."""
        session.shut_down()
        try:
            remove(_runtime_folder())
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        tell(self, "INFO", "The runtime was removed.")
        return {"FINISHED"}


def _busy() -> str | None:
    """Return what uses or changes the runtime in this Blender."""
    if _under_way():
        return "An installation is under way."
    return BUSY if STATUS.running else None


def _runtime_folder() -> Path:
    """Return where the runtime lives; `UserError` outside an installed extension."""
    folder = session.runtime_folder()
    if folder is None:
        raise UserError(_NOT_INSTALLED)
    return folder


def chosen_variant() -> Variant:
    """Return the variant chosen in the preferences.

    Raises:
        UserError: there is none for this machine.
    """
    offered = variants(this_target())
    addon = bpy.context.preferences.addons.get(root_package())
    chosen = addon.preferences.runtime_variant if addon and addon.preferences else ""
    return next((variant for variant in offered if variant.name == chosen), offered[0])


def _wheel_folder() -> Path | None:
    addon = bpy.context.preferences.addons.get(root_package())
    named = addon.preferences.wheel_folder if addon and addon.preferences else ""
    return Path(bpy.path.abspath(named)) if named else None
