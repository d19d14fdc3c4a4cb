"""The one worker of this Blender: started when first needed, kept warm, ended with Blender."""

import sys
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..machine.access import root_package, settings
from .client import Worker, WorkerProcess
from .python import clean_environment, find_python, own_python

ROOT = Path(__file__).resolve().parents[2]

_worker: WorkerProcess | None = None
_shared: Worker | None = None


def share(worker: Worker) -> None:
    """Use a worker that another process runs, from now on."""
    global _shared  # noqa: PLW0603
    _shared = worker


def warm_worker() -> Worker:
    """Return the running worker, starting one if there is none or the chosen Python changed.

    Raises:
        UserError: the Python does not exist or cannot be started.
    """
    global _worker  # noqa: PLW0603
    if _shared is not None:
        return _shared
    python, environment = chosen()
    if _worker is not None and _worker.alive and _worker.python == python:
        return _worker
    shut_down()
    try:
        _worker = WorkerProcess(python, ROOT, environment)
    except OSError as error:
        raise UserError(
            f"The Python at {python} does not start ({error.strerror}); choose another in "
            "Preferences > Add-ons > JambaTalk."
        ) from error
    return _worker


def chosen() -> tuple[Path, dict[str, str]]:
    """Return the interpreter that runs the model on this machine, and its environment."""
    python = chosen_python()
    return python, clean_environment(_package_folders(python))


def chosen_python() -> Path:
    """Return the interpreter that runs the model on this machine."""
    return find_python(settings().python, runtime_folder(), ROOT)


def runtime_folder() -> Path | None:
    """Return where our own virtual environment lives; None outside an installed extension."""
    try:
        return Path(bpy.utils.extension_path_user(root_package(), path="runtime"))
    except ValueError:
        return None


def shut_down() -> None:
    """End the worker if there is one."""
    global _worker  # noqa: PLW0603
    if _worker is not None:
        _worker.stop()
        _worker = None


def drop_worker() -> None:
    """End the worker at once: it does not answer. The next bake starts a new one."""
    global _worker  # noqa: PLW0603
    if _worker is not None:
        _worker.kill()
        _worker = None


def _package_folders(python: Path) -> list[str]:
    """Return where Blender put the extension's own wheels, for Blender's own Python alone."""
    if python != own_python():
        return []
    return [folder for folder in sys.path if "extensions" in folder and ".local" in folder]
