"""The demonstration: bake the demo head, save the scene, render a film and a contact sheet."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.files import atomic_path
from ..bake.run import Outcome, bake_and_wait
from ..demo import film, scene
from ..export.whole import check_whole
from .console import stop_noted
from .progress_line import ProgressLine, progress_instead_of_output
from .scene_file import save_scene

SCENE_FILE = "talking_head.blend"
FILM_FILE = "talking_head.mp4"
SHEET_FILE = "talking_head.png"
LOG_FILE = "talking_head.log"
_FPS = 30
_BAKED, _FILMED = 0.05, 0.93  # shares of the whole time


def run(folder: Path) -> str:
    """Make the demonstration in a folder; return what was made and how fast.

    What Blender prints meanwhile goes to a log in the folder, and progress to standard error.

    Raises:
        UserError: the folder cannot be written to.
        WorkerError: the model's process failed.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / LOG_FILE).touch()
    except OSError as error:
        raise UserError(f"Cannot write to {folder} ({error.strerror}); choose another.") from error
    try:
        with progress_instead_of_output(folder / LOG_FILE) as show:
            outcome = _make(folder, show)
    except BaseException:
        print(f"What Blender printed is in {folder / LOG_FILE}.", file=sys.stderr)
        raise
    made = ", ".join(str(folder / name) for name in (SCENE_FILE, FILM_FILE, SHEET_FILE))
    speed = outcome.sound_seconds / outcome.seconds
    return f"{outcome.sentence()} That is {speed:.1f} times real time, start included. Made {made}."


def _make(folder: Path, show: ProgressLine) -> Outcome:
    """Bake, save and render, telling progress."""
    show(0.0, "Listening to the sentence and baking it")
    outcome = _bake()
    bpy.data.sounds[-1].pack()  # the saved scene plays wherever it is opened
    save_scene(folder / SCENE_FILE)
    opened = bpy.context.scene
    with atomic_path(folder / FILM_FILE) as made:
        with _frames_shown(show, "Rendering the film", opened.frame_end, (_BAKED, _FILMED)):
            film.render_film(opened, made)
        check_whole(made, made.suffix)
    tiles = film.SHEET_COLUMNS * film.SHEET_ROWS
    with atomic_path(folder / SHEET_FILE) as made:
        with _frames_shown(show, "Rendering the contact sheet", tiles, (_FILMED, 1.0)):
            film.render_sheet(opened, made)
        check_whole(made, made.suffix)
    return outcome


@contextmanager
def _frames_shown(
    show: ProgressLine, stage: str, total: int, shares: tuple[float, float]
) -> Iterator[None]:
    """Show each frame that is rendered in the block, as progress; end a film when told to stop.

    Raises:
        KeyboardInterrupt: it was to be stopped.
    """
    frames = count(1)

    def tell(scene: bpy.types.Scene, *_: object) -> None:
        done = next(frames)
        fraction = shares[0] + (shares[1] - shares[0]) * min(1.0, done / total)
        show(fraction, stage, f"{done} of {total} frames")
        if stopped():
            scene.frame_current = scene.frame_end  # a film has no frame after that

    with stop_noted() as stopped:
        show(shares[0], stage)
        bpy.app.handlers.render_post.append(tell)
        try:
            yield
        finally:
            bpy.app.handlers.render_post.remove(tell)


def _bake() -> Outcome:
    """Bake the demo head in a scene of its own, with the settings the panel would have.

    Blender's own startup file brings the screens that the saved scene opens with.
    """
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    opened = bpy.context.scene
    bpy.data.batch_remove(list(opened.objects))
    opened.render.fps = _FPS
    head, strip = scene.build(opened)
    scene.show(opened)
    film.use_workbench(opened)
    opened.jambatalk.mesh, opened.jambatalk.strip_name = head, strip.name
    return bake_and_wait(bpy.context)
