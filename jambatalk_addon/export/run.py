"""One export: a file written whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.files import atomic_path
from ...model_core.batch.outputs import ending_of
from ..bake.outcome import Outcome
from ..headless.scene_file import keep_versions
from .exported import Exported
from .formats import FORMATS
from .whole import check_whole

_LEAST_FREE = 2**16  # bytes


def export(path: Path, outcome: Outcome, *, keep: bool = False) -> list[str]:
    """Write what was baked last in the open scene; return what is to be known of it.

    Args:
        path: the file; its ending says the format.
        outcome: of the bake.
        keep: keep what is replaced as another version of it.

    Raises:
        UserError: the format cannot carry it, or the file cannot be written.
    """
    assert outcome.motion is not None  # as every bake tells
    speaker = bpy.data.objects[outcome.mesh]
    motion, first = outcome.motion, outcome.first_frame
    origin = first - round(outcome.start * motion.frames / outcome.sound_seconds)
    what = Exported(speaker, first, outcome.last_frame, motion, outcome.sound, origin)
    with atomic_path(path) as temporary:
        notes = _written(path, temporary, what)
        keep_versions(path.resolve(), 1 if keep else 0)
    return notes


def _written(path: Path, temporary: Path, what: Exported) -> list[str]:
    """Write the temporary of a file; what goes wrong is told of the file itself."""
    ending = ending_of(path)
    try:
        notes = FORMATS[ending](temporary, what)
        check_whole(temporary, ending)
    except (OSError, UserError) as error:
        if shutil.disk_usage(temporary.parent).free < _LEAST_FREE:
            raise UserError(
                f"Cannot write {path} (No space left on device); free some space or choose another "
                "place."
            ) from None
        raise UserError(str(error).replace(str(temporary), str(path))) from None
    return notes
