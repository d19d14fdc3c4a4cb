"""``batch`` in Blender: how its processes are started."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import bpy

from ...model_core.batch.run import Start, run_table
from ...model_core.batch.settings import Settings
from ...model_core.batch.stations import Command
from ...model_core.performance.options import BakeOptions
from ..worker import session
from . import console
from .local import ThisBlender


def run(path: Path, options: BakeOptions, settings: Settings) -> int:
    """Run a table of jobs; see `run_table`."""
    return run_table(path, options, settings, _start(), console.say)


def _start() -> Start:
    """Return how a batch starts Blenders like this one, and the model that this one would use."""
    blender = Command(_serving(), session.ROOT, dict(os.environ))
    python, environment = session.chosen()
    model = Command((python, "-m", "model_core.worker"), session.ROOT, environment)
    return Start(blender, model, ThisBlender)


def _serving() -> Sequence[object]:
    """Return the command of a Blender that waits for work."""
    if not bpy.app.binary_path:  # Blender as a Python module
        return sys.executable, "-m", "jambatalk_addon", "serve"
    return bpy.app.binary_path, "--background", "--command", "jambatalk", "serve"
