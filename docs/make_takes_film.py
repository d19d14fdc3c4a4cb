"""Makes a film of four takes of the demo sentence, side by side, with life and a mood.

``PYTHON docs/make_takes_film.py OUT``, where PYTHON has bpy and JAMBATALK_PYTHON names one that can
run the model. It needs ffmpeg. OUT gets the scene, the frames, ``takes.mp4`` with the sound, and
``takes_sheet.png`` of some frames, from which the sheet in docs/images is made:
``ffmpeg -i takes_sheet.png -vf "split[a][b];[a]palettegen=128[p];[b][p]paletteuse" FILE``.
"""

from __future__ import annotations

import subprocess
import sys
from math import pi
from pathlib import Path

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jambatalk_addon.__main__ import leave, load_extension  # noqa: E402
from model_core.base.assets import DEMO_SPEECH  # noqa: E402

TAKES = 4
FPS, STEP = 30, 2  # frames a second; every second one is rendered
APART = 0.25  # m between heads
SIZE = (640, 200)
MOMENTS = (1.23, 2.86, 3.36, 4.2)  # s; one of them is an m


def main(out: Path) -> None:
    """Build, bake and render."""
    out.mkdir(parents=True, exist_ok=True)
    load_extension().register()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    add_sound(scene)
    add_camera(scene)
    for take in range(TAKES):
        bake(scene, take)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "takes.blend"))
    render(scene, out)
    join(out)
    write_sheet(scene, out)


def add_sound(scene: bpy.types.Scene) -> None:
    """Lay the demo sentence at the first frame."""
    from jambatalk.jambatalk_addon.demo.scene import add_speech
    from jambatalk.jambatalk_addon.sound.strips import right_handle

    scene.render.fps = FPS
    scene.frame_start, scene.frame_end = 1, right_handle(add_speech(scene)) - 1


def add_camera(scene: bpy.types.Scene) -> None:
    """Look at the whole row from the front."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -2.4, -0.01), (pi / 2, 0.0, 0.0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", TAKES * APART
    scene.collection.objects.link(camera)
    scene.camera = camera


def bake(scene: bpy.types.Scene, take: int) -> None:
    """Add a head beside the others and have it say the sentence as a take."""
    from jambatalk.jambatalk_addon.demo.scene import STRIP_NAME, add_head

    head = add_head(scene.collection)
    head.name, head.location.x = f"Take {take}", APART * (take - (TAKES - 1) / 2)
    settings = scene.jambatalk
    settings.mesh, settings.head_object = head, head
    settings.source, settings.strip = "STRIP", STRIP_NAME
    settings.take, settings.life, settings.mood_happy = take, 1.0, 0.35
    if bpy.ops.jambatalk.bake() != {"FINISHED"}:
        raise SystemExit(f"take {take} was not baked")


def render(scene: bpy.types.Scene, out: Path) -> None:
    """Render every second frame in Workbench."""
    from jambatalk.jambatalk_addon.demo.film import picture_settings, use_workbench

    use_workbench(scene)
    picture_settings(scene)
    scene.display.render_aa = "FXAA"
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.frame_step, scene.render.filepath = STEP, str(out / "frame_")
    bpy.ops.render.render(animation=True)


def join(out: Path) -> None:
    """Make a film of the frames and the sentence."""
    frames = ["-framerate", f"{FPS / STEP:g}", "-pattern_type", "glob", "-i", out / "frame_*.png"]
    film = ["-i", DEMO_SPEECH, "-pix_fmt", "yuv420p", "-shortest", out / "takes.mp4"]
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", *frames, *film], check=True)


def write_sheet(scene: bpy.types.Scene, out: Path) -> None:
    """Put some frames into one picture, in reading order."""
    from jambatalk.jambatalk_addon.demo.film import read_image, write_image

    numbers = [1 + STEP * round(second * FPS / STEP) for second in MOMENTS]
    tiles = [read_image(out / f"frame_{min(each, scene.frame_end):04}.png") for each in numbers]
    write_image(np.vstack(tiles[::-1]), out / "takes_sheet.png")  # the first row is the lowest


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
    leave(0)
