"""The demonstration: bake the demo head, save the scene, render a film and a contact sheet."""

from pathlib import Path

import bpy

from ...model_core.errors import UserError
from ..bake.run import Outcome, bake_and_wait
from ..demo import film, scene
from .scene_file import save_scene

SCENE_FILE = "talking_head.blend"
FILM_FILE = "talking_head.mp4"
SHEET_FILE = "talking_head.png"
_FPS = 30


def run(folder: Path) -> str:
    """Make the demonstration in a folder; return what was made and how fast.

    Raises:
        UserError: the folder cannot be written to.
        WorkerError: the model's process failed.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make {folder} ({error.strerror}); choose another.") from error
    outcome = _bake()
    bpy.data.sounds[-1].pack()  # the saved scene plays wherever it is opened
    save_scene(folder / SCENE_FILE)
    film.render_film(bpy.context.scene, folder / FILM_FILE)
    film.render_sheet(bpy.context.scene, folder / SHEET_FILE)
    made = ", ".join(str(folder / name) for name in (SCENE_FILE, FILM_FILE, SHEET_FILE))
    speed = outcome.sound_seconds / outcome.model_seconds
    return f"{outcome.sentence()} That is {speed:.1f} times real time, start included. Made {made}."


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
