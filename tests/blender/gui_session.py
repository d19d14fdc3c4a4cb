"""What happens in a real Blender window; run inside it by gui_smoke.py, without a network.

Each check prints PASS or FAIL and its name, each sentence for the artist TOLD; pictures go to OUT.
"""

import hashlib
import importlib
import os
import subprocess
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy
import numpy as np

PACKAGE = "bl_ext.user_default.jambatalk"
FOLDER = Path(__file__).parent
OUT = FOLDER / "out"
COMPARED = ("objects", "meshes", "scenes", "actions", "shape_keys", "sounds", "collections")
PATIENCE_SECONDS = 90.0


def addon(name: str) -> Any:
    """Return a module of the installed add-on."""
    return importlib.import_module(f"{PACKAGE}.jambatalk_addon.{name}")


def check(name: str, passed: bool) -> None:
    """Tell the outcome of one check."""
    print("PASS" if passed else "FAIL", name, flush=True)


def use_worker(mode: str) -> None:
    """Have the next bake answered by the fake worker in a mode (see fake_worker.py)."""
    root = Path(importlib.import_module(PACKAGE).__file__).parent
    os.environ["JAMBATALK_PYTHON"] = str(script_file(f'exec python3 "{FOLDER}/fake_worker.py"'))
    os.environ.update(JAMBATALK_FAKE=mode, JAMBATALK_FAKE_ROOT=str(root))
    addon("worker.session").drop_worker()


def script_file(line: str) -> Path:
    """Return a program that is one line of shell."""
    path = FOLDER / "program"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def shot(name: str) -> None:
    """Take a picture of the screen."""
    subprocess.run(["import", "-window", "root", OUT / f"{name}.png"], check=True)


def told(sentence: str) -> str:
    """Print a sentence that the artist sees."""
    print("TOLD", sentence, flush=True)
    return sentence


def view() -> Any:
    """Return a context override for the 3D view."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region, screen=window.screen)


def show_panel() -> Iterator[float]:
    """Open the sidebar at our tab, which can be chosen once the sidebar is drawn."""
    with view():
        bpy.context.space_data.show_region_ui = True
        sidebar = next(region for region in bpy.context.area.regions if region.type == "UI")
    yield 1.5
    sidebar.active_panel_category = "JambaTalk"
    yield 2.0


def dump() -> dict[tuple[str, ...], str]:
    """Return every property of every data-block a bake could touch."""
    found = {}
    for kind in COMPARED:
        for block in getattr(bpy.data, kind):
            for prop in block.bl_rna.properties:
                value = getattr(block, prop.identifier)
                if prop.type == "COLLECTION":
                    value = len(value)
                elif prop.type == "POINTER":
                    value = getattr(value, "name", None)
                elif getattr(prop, "is_array", False):
                    value = tuple(value)
                found[kind, block.name, prop.identifier] = repr(value)
            found[kind, block.name, "custom"] = repr(sorted(block.keys()))
    for mesh in bpy.data.meshes:
        points = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", points)
        found["meshes", mesh.name, "points"] = hashlib.sha256(points).hexdigest()
    return found


def bake() -> None:
    """Press Bake."""
    with view():
        bpy.ops.jambatalk.bake("INVOKE_DEFAULT")


def until_over() -> Iterator[float]:
    """Wait for the bake to end."""
    started = time.monotonic()
    while addon("bake.status").STATUS.running and time.monotonic() - started < PATIENCE_SECONDS:
        yield 0.1


def session() -> Iterator[float]:
    """Go through the checks; each value is how many seconds Blender may go on until the next."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    head, strip = addon("demo.scene").build(bpy.context.scene)
    with view():
        bpy.ops.view3d.view_camera()
    yield 2.0  # drawn for the first time, which takes long without a graphics card
    yield from first_bake(head, strip.name)
    yield from failing_in_preferences()
    bpy.context.scene.sequence_editor_clear()
    sound = FOLDER / "line.wav"
    write_sound(sound)
    settings = bpy.context.scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(sound)
    yield from show_panel()
    shot("panel")
    yield from cancelling()
    yield from baking(head.name)
    yield from escaping()


def first_bake(head: bpy.types.Object, strip: str) -> Iterator[float]:
    """The model that ships runs with what the zip brought, from the first press."""
    status, settings = addon("bake.status").STATUS, bpy.context.scene.jambatalk
    settings.mesh, settings.strip_name = head, strip
    started = time.monotonic()
    bake()
    yield from until_over()
    told(f"{status.outcome} {time.monotonic() - started:.1f} s after pressing.")
    key = head.data.shape_keys
    check("the first bake works offline", key is not None and "jawOpen" in key.key_blocks)
    bpy.context.scene.frame_set(30)
    yield 1.0
    shot("first_bake")
    bpy.ops.jambatalk.test_worker()
    check("the light runtime runs", "onnxruntime" in told(preferences().tested))
    bpy.ops.jambatalk.clear()


def failing_in_preferences() -> Iterator[float]:
    """Installing without a network and testing a wrong Python each end in a sentence."""
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.addon_show(module=PACKAGE)
    yield 2.0
    window = bpy.context.window_manager.windows[-1]
    with bpy.context.temp_override(window=window, area=window.screen.areas[0]):
        bpy.ops.jambatalk.install_runtime("INVOKE_DEFAULT")
    job = addon("runtime.operators").job()
    while job.running:
        yield 0.1
    check("no network is told", "cannot be reached" in told(job.message))
    preferences().python = str(script_file('unset PYTHONPATH; exec python3 "$@"'))
    test_python("lacks the package")
    yield 1.0
    shot("preferences")
    preferences().python = str(FOLDER / "python3.9")
    test_python("does not start")
    preferences().python = ""
    with bpy.context.temp_override(window=window):
        bpy.ops.wm.window_close()
    yield 1.0


def test_python(words: str) -> None:
    """Press Test, which is to fail."""
    with suppress(RuntimeError):  # how Blender hands an error report to scripts
        bpy.ops.jambatalk.test_worker()
    check(f"a wrong Python {words}", words in told(preferences().tested))


def preferences() -> Any:
    """Return the add-on's preferences."""
    return bpy.context.preferences.addons[PACKAGE].preferences


def write_sound(path: Path) -> None:
    """Write four seconds of silence."""
    import wave

    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 16000 * 4))


def cancelling() -> Iterator[float]:
    """The bar moves while Blender lives; the button cancels and leaves everything as it was."""
    status, before, ticks = addon("bake.status").STATUS, dump(), 0
    use_worker("slow")
    bake()
    started = time.monotonic()
    while status.fraction < 0.35 and time.monotonic() - started < PATIENCE_SECONDS:
        ticks += 1
        yield 0.1
    check("progress moves and the interface is alive", status.fraction >= 0.35 and ticks > 1)
    yield 0.5
    shot("progress")
    with view():
        bpy.ops.jambatalk.cancel()
    yield from until_over()
    yield 0.5
    shot("cancelled")
    check("a cancelled bake changes nothing", dump() == before)


def baking(name: str) -> Iterator[float]:
    """A bake plays, is undone and is cleared."""
    use_worker("")
    with view():
        bpy.ops.ed.undo_push(message="before")
    bake()
    yield from until_over()
    key = bpy.data.objects[name].data.shape_keys
    check("a bake makes shape keys", key is not None and "jawOpen" in key.key_blocks)
    bpy.context.scene.frame_set(10)
    yield 2.0
    shot("result")
    with view():
        bpy.ops.screen.animation_play()
    start = bpy.context.scene.frame_current
    yield 4.0
    check("the result plays", bpy.context.scene.frame_current != start)
    with view():
        bpy.ops.screen.animation_cancel(restore_frame=False)
        bpy.ops.ed.undo()
    check("one undo takes the bake back", bpy.data.objects[name].data.shape_keys is None)


def escaping() -> Iterator[float]:
    """The Esc key cancels."""
    use_worker("slow")
    bake()
    yield 1.5
    subprocess.run(["xdotool", "mousemove", "600", "400"], check=True)
    yield 0.5
    subprocess.run(["xdotool", "key", "Escape"], check=True)
    yield from until_over()
    check("Esc cancels", "Cancelled" in addon("bake.status").STATUS.outcome)


bpy.context.preferences.view.show_splash = False
bpy.context.preferences.system.use_online_access = False
bpy.ops.extensions.package_install_files(
    filepath=str(FOLDER / "extension.zip"), repo="user_default", enable_on_install=True
)
STEPS = session()


def tick() -> float | None:
    """Take the next step; quit Blender after the last one or a failure."""
    try:
        return next(STEPS)
    except StopIteration:
        print("END", flush=True)
    except Exception:
        traceback.print_exc()
    bpy.ops.wm.quit_blender()
    return None


bpy.app.timers.register(tick, first_interval=2.0)
