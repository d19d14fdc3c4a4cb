"""One headless bake: open a scene, bake with the settings the panel has, save."""

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.lock import alone_at
from ...model_core.batch.jobs_file import Job
from ...model_core.models.offered_styles import check_style
from ...model_core.performance.options import BakeOptions
from ..bake.outcome import Outcome
from ..bake.run import bake_and_wait
from ..export.run import export
from ..panel import options as panel_options
from ..sound import strips
from . import lineage
from .scene_file import check_output, check_place, open_scene, save_scene

LOCK_SECONDS = 30.0
"""How long to wait for another process that still writes an output."""
_LISTED = 12  # names


JobOptions = BakeOptions  # the name that scripts know


@dataclass(frozen=True)
class Done:
    """A job that was done.

    Attributes:
        outcome: of its bake.
        notes: sentences on what was exported.
        saved: the files that were written.
    """

    outcome: Outcome
    notes: tuple[str, ...]
    saved: tuple[Path, ...]

    def __str__(self) -> str:
        """Return what was done, in sentences."""
        saved = f"Saved {', '.join(map(str, self.saved))}."
        return " ".join([self.outcome.sentence(), *self.notes, saved])


def run(
    job: Job,
    options: BakeOptions,
    *,
    mark: str = "",
    versions: int | None = None,
    keep_exports: Collection[str] = (),
) -> Done:
    """Bake and save one job.

    Args:
        job: what to bake.
        options: how.
        mark: what to mark the file with as made by this job; see `lineage`.
        versions: how many versions of a replaced scene to keep; by default as Blender would.
        keep_exports: paths of exports of which what is replaced is kept.

    Raises:
        UserError: something named does not exist or cannot be used; nothing is saved, unless an
            export cannot be written when the scene has been.
        WorkerError: the model's process failed; nothing is saved.
    """
    if job.output is not None:
        check_output(job.output)
    for path in job.exports:
        check_place(path)
    if job.scene is not None:
        open_scene(job.scene)
    outputs = job.outputs or (own_file(),)
    with ExitStack() as locks:
        for path in sorted(outputs):
            locks.enter_context(alone_at(path, LOCK_SECONDS))
        return _run(job, options, mark, versions, keep_exports)


def _run(
    job: Job,
    options: BakeOptions,
    mark: str,
    versions: int | None,
    keep_exports: Collection[str],
) -> Done:
    """Bake, save and export a job whose scene is open."""
    _set_up(job, options)
    outcome = bake_and_wait(bpy.context)
    if mark:
        lineage.add(mark)
    told: list[str] = []
    saved = list(job.exports)
    if job.output is not None or not job.exports:
        output = job.output or own_file()
        save_scene(output, versions)
        saved.insert(0, output)
    for path in job.exports:
        told += export(path, outcome, keep=str(path) in keep_exports)
    return Done(outcome, tuple(told), tuple(saved))


def own_file() -> Path:
    """Return the open scene's file, which is to be saved over."""
    path = Path(bpy.data.filepath)
    if not path.name:
        raise UserError("The scene has no file yet; say where to save it with --output.")
    check_output(path)
    if bpy.data.version[:2] > bpy.app.version[:2]:
        made = ".".join(map(str, bpy.data.version[:2]))
        raise UserError(
            f"{path} was saved by Blender {made}, and this older one would lose what it does not "
            "know; say where to save with --output."
        )
    return path


def _set_up(job: Job, options: BakeOptions) -> None:
    """Put a job into the scene's settings, where the panel would show it."""
    settings = bpy.context.scene.jambatalk
    mesh = named_mesh(job.mesh)
    if not job.audio:
        _check_strip(job.strip)
    check_style(options.style, options.checkpoint)
    settings.mesh = mesh
    settings.source = "FILE" if job.audio else "STRIP"
    settings.sound_file = str(job.audio.resolve()) if job.audio else ""
    settings.follow_sequencer = False
    settings.strip_name, settings.follow_sequencer = job.strip, False
    settings.start_frame = job.start
    panel_options.write(settings, options)


def named_mesh(name: str) -> bpy.types.Object:
    """Return the object of a name; the file's own if linked ones are called so too."""
    named = [obj for obj in bpy.data.objects if obj.name == name]
    own = [obj for obj in named if obj.library is None]
    if not named:
        meshes = (obj.name for obj in bpy.data.objects if obj.type == "MESH")
        raise UserError(
            f"The scene has no object named '{name}'; {_on_offer('meshes', name, meshes)}."
        )
    if len(own or named) > 1:
        raise UserError(f"Several linked objects are named '{name}'; make the right one local.")
    return (own or named)[0]


def _check_strip(name: str) -> None:
    names = [strip.name for _, strip in strips.choices(bpy.context)]
    if name not in names:
        offer = _on_offer("sound strips", name, names)
        raise UserError(f"There is no sound strip '{name}'; {offer}.")


def _on_offer(kind: str, wanted: str, names: Iterable[str]) -> str:
    """Return what there is to choose from, what is nearest to the wanted name first."""
    every = sorted(set(names))
    if not every:
        return f"it has no {kind}"
    near = get_close_matches(wanted, every, _LISTED, 0.6)
    listed = (near + [name for name in every if name not in near])[:_LISTED]
    more = f" and {len(every) - len(listed)} more" if len(every) > len(listed) else ""
    return f"its {kind} are {', '.join(listed)}{more}"
