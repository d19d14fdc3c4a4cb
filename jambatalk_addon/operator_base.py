"""What every operator here shares: a reason when it is greyed out, sentences when it fails."""

import sys
import traceback
from collections.abc import Callable
from typing import ClassVar

import bpy

from ..model_core.errors import UserError
from .worker.errors import WorkerError


class ReasonedOperator:
    """Mixin for an operator that can say in one sentence why it cannot run now."""

    poll_message_set: ClassVar[Callable[[str], None]]  # Blender's own

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return the reason, or None if it can run."""
        return None

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Tell Blender whether the button is live, and the reader why not."""
        reason = cls.disabled_reason(context)
        if reason is not None:
            cls.poll_message_set(reason)
        return reason is None


def report_failure(operator: bpy.types.Operator, error: Exception) -> None:
    """Report an exception as one sentence; what nobody foresaw is also logged."""
    if not isinstance(error, UserError | WorkerError):
        traceback.print_exception(error, file=sys.stderr)
    operator.report({"ERROR"}, str(error) or type(error).__name__)
