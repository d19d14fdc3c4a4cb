"""Try the worker from the preferences."""

import time

import bpy

from ...model_core.errors import UserError
from ..operator_base import ReasonedOperator, report_failure
from ..worker import session
from ..worker.client import Event
from .access import root_package

_PATIENCE_SECONDS = 60.0


class JAMBATALK_OT_test_worker(ReasonedOperator, bpy.types.Operator):
    """Start the model's process and say what it found"""

    bl_idname = "jambatalk.test_worker"
    bl_label = "Test"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the worker cannot be tried now."""
        if context.window_manager.jambatalk.running:
            return "A bake is under way; wait for it or cancel it."
        return None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for the worker's greeting."""
        try:
            sentence = _greeting(greet_worker())
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        addon = context.preferences.addons.get(root_package())
        if addon is not None:
            addon.preferences.tested = sentence
        self.report({"INFO"}, sentence)
        return {"FINISHED"}


def greet_worker() -> Event:
    """Return the worker's answer to a greeting.

    Raises:
        UserError: it does not start, ends, or does not answer.
    """
    worker = session.warm_worker()
    worker.request("hello")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while worker.alive and time.monotonic() < deadline:
        event = worker.next_event(0.1)
        if event is not None and event.get("event") == "hello":
            return event
    session.drop_worker()
    raise UserError(
        f"The model does not run with {worker.python} "
        f"({worker.last_words or 'no answer'}); choose another Python."
    )


def _greeting(event: Event) -> str:
    return f"JambaTalk {event.get('version')} runs on {event.get('runtime')}."
