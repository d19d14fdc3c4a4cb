"""What happens in a real Blender window; run inside it by gui_smoke.py, which defines FAKE_WORKER.

Each check prints PASS or FAIL and its name; ``shot`` (from the launcher) takes pictures.
"""

import hashlib
import importlib
import os
import subprocess
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

PACKAGE = "bl_ext.user_default.jambatalk"
FOLDER = Path("/tmp/s")
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
    launcher, script = FOLDER / "fake-python", FOLDER / "fake_worker.py"
    script.write_text(FAKE_WORKER)  # noqa: F821
    launcher.write_text(f'#!/bin/sh\nexec python3 "{script}"\n')
    launcher.chmod(0o755)
    root = Path(importlib.import_module(PACKAGE).__file__).parent
    os.environ["JAMBATALK_PYTHON"] = str(launcher)
    os.environ.update(JAMBATALK_FAKE=mode, JAMBATALK_FAKE_ROOT=str(root))
    addon("worker.session").drop_worker()


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
    head, _ = addon("demo.scene").build(bpy.context.scene)
    bpy.context.scene.sequence_editor_clear()
    sound = FOLDER / "line.wav"
    write_sound(sound)
    settings = bpy.context.scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = head, "FILE", str(sound)
    yield from show_panel()
    shot("panel")  # noqa: F821
    yield from cancelling()
    yield from baking(head.name)
    yield from escaping()


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
    shot("progress")  # noqa: F821
    with view():
        bpy.ops.jambatalk.cancel()
    yield from until_over()
    yield 0.5
    shot("cancelled")  # noqa: F821
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
    shot("result")  # noqa: F821
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
