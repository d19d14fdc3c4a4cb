"""Try the worker from the preferences."""

import tempfile
import time
from pathlib import Path

import bpy

from ...model_core.base.assets import DEMO_SPEECH
from ...model_core.base.errors import UserError
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure, tell
from ..worker.errors import WorkerError
from ..worker.request import Request
from .access import root_package, settings

_PATIENCE_SECONDS = 60.0
_SPEECH_SECONDS = 2.0


class JAMBATALK_OT_test_worker(ReasonedOperator, bpy.types.Operator):
    """Predict two seconds of speech and say what runs the model, and how fast"""

    bl_idname = "jambatalk.test_worker"
    bl_label = "Test"

    @classmethod
    def disabled_reason(cls, _context: bpy.types.Context) -> str | None:
        """Return why the worker cannot be tried now."""
        if STATUS.running:
            return BUSY
        return None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for a prediction."""
        try:
            sentence = try_worker()
        except (UserError, WorkerError) as error:
            report_failure(self, error)
            _show(context, str(error), failed=True)
            return {"CANCELLED"}
        tell(self, "INFO", sentence)
        _show(context, sentence, failed=False)
        return {"FINISHED"}


def _show(context: bpy.types.Context, sentence: str, failed: bool) -> None:
    """Leave the outcome in the preferences, for a report soon goes away."""
    addon = context.preferences.addons.get(root_package())
    if addon is not None:
        addon.preferences.tested, addon.preferences.test_failed = sentence, failed


def try_worker() -> str:
    """Return a sentence on what runs the model and how fast, from two seconds of speech.

    Raises:
        UserError: it does not start, or cannot predict on this machine.
        WorkerError: it ends, fails or does not answer.
    """
    hello = Request("hello", device=settings().device)
    told = hello.wait(_PATIENCE_SECONDS)
    with tempfile.TemporaryDirectory(prefix="jambatalk-") as folder:
        started = time.monotonic()
        Request(
            "predict",
            audio={"path": str(DEMO_SPEECH), "start": 0.0, "end": _SPEECH_SECONDS},
            fps=30.0,
            device=settings().device,
            output=str(Path(folder) / "motion.npz"),
        ).wait(_PATIENCE_SECONDS)
        seconds = time.monotonic() - started
    return (
        f"JambaTalk {told.get('version')} runs on {told.get('runtime')} with "
        f"{hello.worker.python}: {_SPEECH_SECONDS:g} s of speech in {seconds:.1f} s."
    )
