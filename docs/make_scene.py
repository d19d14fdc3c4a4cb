"""Makes a scene of twelve lines on three characters, bakes it with one command, and renders it.

``PYTHON docs/make_scene.py OUT``, where PYTHON has bpy and JAMBATALK_PYTHON names one that can run
the model. It needs flite, whose voices speak, ffmpeg, and for the second head ICT-FaceKit's file in
the material beside the checkout. OUT gets the scene, the frames, a film and a contact sheet of
them; the sheet in docs/images is made of it.
"""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Iterator
from math import pi
from pathlib import Path

import bpy
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jambatalk_addon.__main__ import leave, load_extension  # noqa: E402
from tests.named_heads import Head, arkit_keys, flame_head, ict_head, pose_keys  # noqa: E402

FPS, STEP = 30, 3  # frames a second; every third is rendered
COLUMNS = 3
SIZE = (480, 200)
SILENCE = 6  # frames between lines
VOICES = {"anna": "slt", "ben": "rms", "cleo": "awb"}
LINES = (  # who, in what mood, and what
    ("anna", "happy", "Good morning, both of you."),
    ("ben", "tired", "Morning. My boat is broken."),
    ("cleo", "surprised", "Broken? Who broke it?"),
    ("ben", "sad", "Nobody. The wood is old."),
    ("anna", "tender", "We will build a better one."),
    ("cleo", "happy", "With five sails, please!"),
    ("ben", "angry", "Five? You must be joking."),
    ("anna", "NONE", "Maybe two would do."),
    ("cleo", "sad", "Two is so boring."),
    ("ben", "NONE", "Two, and a purple flag."),
    ("cleo", "happy", "Purple! I will fetch the paint."),
    ("anna", "surprised", "Watch the buckets!"),
)


def main(out: Path) -> None:
    """Build, bake and render."""
    out.mkdir(parents=True, exist_ok=True)
    extension = load_extension()
    extension.register()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    add_cast(scene)
    add_lines(scene, out)
    scene.jambatalk.life = 1.0
    bpy.ops.jambatalk.match_lines()
    direct(scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "stage.blend"))
    command = ["-m", "jambatalk_addon", "bake-scene", out / "stage.blend", "--output"]
    done = subprocess.run(
        [sys.executable, *map(str, [*command, out / "scene.blend"])], cwd=ROOT, check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    bpy.ops.wm.open_mainfile(filepath=str(out / "scene.blend"))
    render(out)
    join(out)


def add_cast(scene: bpy.types.Scene) -> None:
    """Add a FLAME head, an ARKit head of another topology, and a head with visemes."""
    from jambatalk.jambatalk_addon.demo.scene import add_head

    anna = add_head(scene.collection)
    anna.name = "Anna"
    ict, flame = ict_head(ROOT.parent / "shared"), flame_head()
    ben = add_named(scene, "Ben", ict, arkit_keys(ict, "Apple"), (0.62, 0.42, 0.31))
    visemes = {**pose_keys(flame, "Oculus"), **blinks(flame)}
    cleo = add_named(scene, "Cleo", flame, visemes, (0.36, 0.24, 0.20))
    for place, head in zip((-0.24, 0.0, 0.24), (anna, ben, cleo), strict=True):
        stand(head, place)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -1.9, 0.0), (pi / 2, 0.0, 0.0)
    camera.data.lens = 85.0
    scene.collection.objects.link(camera)
    scene.camera = camera


def blinks(head: Head) -> dict[str, np.ndarray]:
    """Return a head's lids and inner brows, beside whatever set of visemes it has."""
    names = ("eyeBlinkLeft", "eyeBlinkRight", "browInnerUp", "browDownLeft", "browDownRight")
    return {name: head.shapes[name] for name in names}


def add_named(
    scene: bpy.types.Scene,
    name: str,
    head: Head,
    keys: dict[str, np.ndarray],
    colour: tuple[float, float, float],
) -> bpy.types.Object:
    """Add a head with shape keys."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(head.points.tolist(), [], head.triangles.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(head.triangles), bool))
    skin = bpy.data.materials.new(name)
    skin.diffuse_color = (*colour, 1.0)
    mesh.materials.append(skin)
    obj = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(obj)
    obj.shape_key_add(name="Basis")
    for key, offsets in keys.items():
        block = obj.shape_key_add(name=key)
        block.value = 0.0
        block.points.foreach_set("co", (head.points + offsets).astype(np.float32).ravel())
    obj.scale = [0.001 / head.millimetre] * 3
    return obj


def stand(head: bpy.types.Object, place: float) -> None:
    """Put a head upright beside the others, at their height."""
    head.rotation_euler = (pi / 2, 0.0, 0.0)
    bpy.context.view_layer.update()
    corners = np.array([head.matrix_world @ vertex.co for vertex in head.data.vertices])
    low, high = corners.min(axis=0), corners.max(axis=0)
    eyes = high[2] - 0.5 * min(high[2] - low[2], 0.26)
    head.location = (place - (low[0] + high[0]) / 2, 0.0, -eyes)


def add_lines(scene: bpy.types.Scene, out: Path) -> None:
    """Have flite speak the lines, and lay them in a row on a channel for each voice."""
    from jambatalk.jambatalk_addon.sound.strips import right_handle

    scene.render.fps = FPS
    editor = scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    first = 1
    for number, (who, _, text) in enumerate(LINES, 1):
        sound = out / f"{who}_{number:03}.wav"
        subprocess.run(["flite", "-voice", VOICES[who], "-t", text, "-o", sound], check=True)
        sound.with_suffix(".txt").write_text(text, encoding="utf-8")
        channel = 1 + list(VOICES).index(who)
        strip = strips.new_sound(sound.stem, str(sound), channel=channel, frame_start=first)
        first = right_handle(strip) + SILENCE
    scene.frame_end = first


def direct(scene: bpy.types.Scene) -> None:
    """Give every line its mood and seed, and every character its head."""
    for line in scene.jambatalk_lines.lines:
        line.own_seed = int(line.strip_name[-3:])
        line.own_mood, line.mood_amount = LINES[line.own_seed - 1][1], 0.7
    for character in scene.jambatalk_lines.cast:
        character.head_object = character.speaker


def render(out: Path) -> None:
    """Render every third frame in Workbench, and a sheet of some."""
    from jambatalk.jambatalk_addon.demo.film import read_image, use_workbench, write_image

    scene = bpy.context.scene
    use_workbench(scene)
    scene.display.render_aa = "FXAA"
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "IMAGE"
    image.file_format = "PNG"
    scene.frame_step, scene.render.filepath = STEP, str(out / "frame_")
    bpy.ops.render.render(animation=True)
    tiles = [read_image(out / f"frame_{frame:04}.png") for frame in moments(scene)]
    rows = [np.hstack(tiles[at : at + COLUMNS]) for at in range(0, len(tiles), COLUMNS)]
    write_image(np.vstack(rows[::-1]), out / "scene_sheet.png")


def join(out: Path) -> None:
    """Make a film of the frames and what is heard."""
    sound = out / "scene.wav"
    bpy.ops.sound.mixdown(filepath=str(sound), container="WAV", codec="PCM")
    frames = ["-framerate", f"{FPS / STEP:g}", "-pattern_type", "glob", "-i", out / "frame_*.png"]
    film = ["-i", sound, "-pix_fmt", "yuv420p", "-shortest", out / "scene.mp4"]
    subprocess.run(["ffmpeg", "-y", "-loglevel", "error", *frames, *film], check=True)


def moments(scene: bpy.types.Scene) -> Iterator[int]:
    """Yield a rendered frame of each line: where it is loudest, and the mouth most likely open."""
    from jambatalk.jambatalk_addon.sound.strips import left_handle

    editor = scene.sequence_editor
    for strip in editor.strips if hasattr(editor, "strips") else editor.sequences:
        with wave.open(bpy.path.abspath(strip.sound.filepath)) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float)
            window = sound.getframerate() // 8
        power = np.convolve(samples**2, np.ones(window), mode="same")
        second = power.argmax() / window / 8
        yield 1 + STEP * round((left_handle(strip) + second * FPS - 1) / STEP)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
    leave(0)
