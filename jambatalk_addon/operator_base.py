"""What every operator here shares: a reason when it is greyed out, sentences when it fails."""

import sys
import traceback

import bpy

from ..model_core.errors import UserError


class ReasonedOperator:
    """Mixin for an operator that can say in one sentence why it cannot run now."""

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
    """Report an exception as one sentence; what is not the artist's doing is also logged."""
    if not isinstance(error, UserError):
        traceback.print_exception(error, file=sys.stderr)
    operator.report({"ERROR"}, str(error) or type(error).__name__)
