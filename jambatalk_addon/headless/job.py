"""One headless bake: open a scene, bake with the settings the panel has, save."""

from dataclasses import dataclass
from pathlib import Path

import bpy

from ...model_core.errors import UserError
from ...model_core.files import atomic_path
from ..bake.run import bake_and_wait
from ..bake.styles import styles_of
from .jobs_file import Job


@dataclass(frozen=True)
class JobOptions:
    """How to bake; see the panel's settings of the same names."""

    style: str = ""
    strength: float = 1.0
    tolerance_mm: float = 0.1
    exact: bool = False
    checkpoint: Path | None = None


def run(job: Job, options: JobOptions) -> str:
    """Bake and save one job; return a sentence on what was done.

    Raises:
        UserError: something named does not exist or cannot be used; nothing is saved.
        WorkerError: the model's process failed; nothing is saved.
    """
    if job.scene is not None:
        _open(job.scene)
    output = job.output or Path(bpy.data.filepath)
    if not output.name:
        raise UserError("The scene has no file yet; say where to save it with --output.")
    _set_up(job, options)
    outcome = bake_and_wait(bpy.context)
    _save(output)
    return f"{outcome.sentence()} Saved {output}."


def _open(scene: Path) -> None:
    if not scene.is_file():
        raise UserError(f"There is no scene at {scene}.")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(scene.resolve()), load_ui=False)
    except RuntimeError as error:
        raise UserError(f"{scene} is not a scene Blender can open ({error}).") from error


def _set_up(job: Job, options: JobOptions) -> None:
    """Put a job into the scene's settings, where the panel would show it."""
    settings = bpy.context.scene.jambatalk
    mesh = bpy.data.objects.get(job.mesh)
    if mesh is None:
        raise UserError(f"The scene has no object named '{job.mesh}'.")
    offered = styles_of(str(options.checkpoint or ""))
    if options.style and options.style not in offered:
        raise UserError(f"There is no style '{options.style}'; choose from {', '.join(offered)}.")
    settings.mesh = mesh
    settings.source = "FILE" if job.audio else "STRIP"
    settings.sound_file = str(job.audio.resolve()) if job.audio else ""
    settings.strip_name = job.strip
    settings.start_frame = job.start
    settings.style_name = options.style
    settings.strength = options.strength
    settings.tolerance_mm = options.tolerance_mm
    settings.output = "EXACT" if options.exact else "CURVES"
    settings.checkpoint = str(options.checkpoint.resolve()) if options.checkpoint else ""


def _save(output: Path) -> None:
    """Save the open scene whole or not at all."""
    with atomic_path(output.resolve()) as temporary:
        bpy.ops.wm.save_as_mainfile(filepath=str(temporary), copy=True, check_existing=False)
