"""How often a real window draws live speech; run inside it by measure_live_window.py.

A view of its own size is made beside an empty text editor, so that nothing else is drawn. TOLD are
poses drawn a second and seconds of processor a drawn one, of all of Blender's threads, which draw
where there is no graphics card, and of its main one; beside them is what the same view costs with
nothing in it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import gui_session
from gui_session import addon, told, view

SECONDS = 4.0
_WIDTH, _HEIGHT = 0.3, 0.7  # of the window's own 3D view


def session() -> Iterator[float]:
    """Measure an empty view, the demo head and one of ARKit's keys, each as it is and light."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    yield from small_view()
    yield from redrawn("empty view")
    head, _ = addon("demo.scene").build(bpy.context.scene)
    addon("demo.scene").show(bpy.context.scene)
    yield from gui_session.show_panel()
    gui_session.use_shipped_model()
    settings = bpy.context.scene.jambatalk
    settings.source, settings.live_source = "FILE", "SOUND"
    settings.sound_file = str(addon("demo.scene").DEMO_SPEECH)
    keyed = gui_session.arkit_head(head)
    for light in (False, True):
        for who, other in ((head, keyed), (keyed, head)):
            who.hide_set(False)
            other.hide_set(True)
            bpy.context.view_layer.objects.active = who
            settings.mesh, settings.live_light = who, light
            yield from live(who.name + (", light" if light else ""))
    head.hide_set(True)
    addon("live.light_view").lighten(bpy.context.window_manager)
    yield from redrawn("empty view, light")
    addon("live.light_view").give_back()


def small_view() -> Iterator[float]:
    """Have one view of about 390 x 550 pixels."""
    for direction, factor in (("VERTICAL", _WIDTH), ("HORIZONTAL", 1 - _HEIGHT)):
        with view():
            bpy.ops.screen.area_split(direction=direction, factor=factor)
        areas = list(bpy.context.window_manager.windows[0].screen.areas)
        views = [area for area in areas if area.type == "VIEW_3D"]
        views.sort(key=lambda area: area.width if direction == "VERTICAL" else -area.height)
        views[-1].type = "TEXT_EDITOR"
        yield 1.0
    with view():
        told(f"view {bpy.context.region.width} x {bpy.context.region.height}")


def redrawn(name: str) -> Iterator[float]:
    """Tell how often a view is drawn that nothing happens in."""
    with view():
        region = bpy.context.region
    yield from counted(name, region.tag_redraw, object)


def live(name: str) -> Iterator[float]:
    """Tell how often live speech is drawn."""
    with view():
        bpy.ops.jambatalk.live("INVOKE_DEFAULT")
    session = addon("live.session").Session.running
    started = time.monotonic()
    while session._shown < 0 and time.monotonic() - started < gui_session.PATIENCE_SECONDS:
        yield 0.1
    yield from counted(name, lambda: None, lambda: session._shown, session)
    addon("bake.status").STATUS.cancelling = True
    yield from gui_session.until_over()
    yield 1.0


def counted(
    name: str, step: Callable[[], Any], pose: Callable[[], object], session: Any = None
) -> Iterator[float]:
    """Do a step again and again, and tell of the poses that were drawn meanwhile."""
    drawn: list[object] = []
    view3d = bpy.types.SpaceView3D
    handle = view3d.draw_handler_add(lambda: drawn.append(pose()), (), "WINDOW", "POST_PIXEL")
    began = time.monotonic(), time.process_time(), time.thread_time()
    while (passed := time.monotonic() - began[0]) < SECONDS or len(drawn) < 10:
        if session is not None and session.over:
            break
        step()
        yield 0.001
    whole, main = time.process_time() - began[1], time.thread_time() - began[2]
    view3d.draw_handler_remove(handle, "WINDOW")
    poses = max(1, len(set(drawn)))
    told(
        f"{name}: {poses / passed:.1f} poses drawn a second ({len(drawn)} draws of {poses}); "
        f"{1000 * whole / poses:.0f} ms of processor a pose, {1000 * main / poses:.0f} ms of it on "
        f"the main thread, {whole / passed:.2f} cores in use"
        + (f"; the panel: {session.message}" if session is not None else "")
    )


if __name__ == "__main__":
    gui_session.run(session())
