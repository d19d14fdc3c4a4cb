"""What every operator here shares: a reason when it is greyed out, sentences when it fails."""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import bpy

from ..model_core import __version__
from ..model_core.base.errors import UserError
from .error_report import write_report
from .machine.access import root_package, settings
from .panel import options
from .translation.hook import shown
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
            cls.poll_message_set(shown(reason))
        return reason is None


def report_failure(operator: bpy.types.Operator, error: Exception) -> None:
    """Report an exception as one sentence; what is not the artist's doing is also written down."""
    sentence = str(error) or type(error).__name__
    if not isinstance(error, UserError | WorkerError):
        traceback.print_exception(error, file=sys.stderr)
    if not isinstance(error, UserError):
        sentence += _told_in_report(error)
    tell(operator, "ERROR", sentence)


def tell(operator: bpy.types.Operator, level: str, sentence: str) -> None:
    """Report a sentence of one of Blender's levels in the artist's language."""
    operator.report({level}, shown(sentence))


def _told_in_report(error: Exception) -> str:
    """Write a report; return a sentence on where it is, or nothing if it cannot be written."""
    try:
        path = write_report(_report_folder(), error, _facts())
    except UserError:
        return ""
    return f" A report that can be shown to others is in {path}"


def _report_folder() -> Path:
    try:
        return Path(bpy.utils.extension_path_user(root_package(), path="reports", create=True))
    except ValueError:  # not an installed extension
        return Path(bpy.app.tempdir)


def _facts() -> dict[str, object]:
    """Return what a report says besides the stack."""
    scene = bpy.context.scene.jambatalk
    return {
        "JambaTalk": __version__,
        "Blender": bpy.app.version_string,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "device": settings().device,
        "python of the worker": settings().python or "found by itself",
        "source": scene.source,
        **options.told(scene),
    }
