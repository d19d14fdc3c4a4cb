"""Redraws the panel when the sequencer's strips change, of which Blender tells no add-on."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..sound import strips

_SECONDS = 0.5

_seen: list[tuple[object, ...]] = []


def start() -> None:
    """Look from now on, as long as a sidebar is open in a window."""
    if not (bpy.app.background or bpy.app.timers.is_registered(_look)):
        bpy.app.timers.register(_look, first_interval=_SECONDS)


def detach() -> None:
    """Stop looking."""
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)


def sidebars(manager: bpy.types.WindowManager) -> Iterator[bpy.types.Region]:
    """Yield the open sidebars of all 3D views: not the views themselves, which may be heavy."""
    for area in _views(manager):
        if area.spaces.active.show_region_ui:
            yield from (region for region in area.regions if region.type == "UI")


def redraw_views(manager: bpy.types.WindowManager) -> None:
    """Have all 3D views drawn anew, and nothing else."""
    for area in _views(manager):
        for region in area.regions:
            if region.type == "WINDOW":
                region.tag_redraw()


def _views(manager: bpy.types.WindowManager) -> Iterator[bpy.types.Area]:
    """Yield the 3D views of all windows."""
    for window in manager.windows:
        yield from (area for area in window.screen.areas if area.type == "VIEW_3D")


def selection(manager: bpy.types.WindowManager) -> list[tuple[object, ...]]:
    """Return what the panels tell of each strip that the windows' sequencers show."""
    scenes = {
        getattr(window.workspace, "sequencer_scene", None) or window.scene
        for window in manager.windows
    }
    return [
        (
            strip.name,
            strip.select,
            strip == scene.sequence_editor.active_strip,
            strips.left_handle(strip),
            strips.right_handle(strip),
        )
        for scene in sorted(scenes, key=lambda scene: scene.name_full)
        for strip in strips.sound_strips(scene)
    ]


def _look() -> float | None:
    """Redraw what shows another selection; return when to look again, if at all."""
    shown, now = list(sidebars(bpy.context.window_manager)), selection(bpy.context.window_manager)
    if now != _seen:
        _seen[:] = now
        for sidebar in shown:
            sidebar.tag_redraw()
    return _SECONDS if shown else None
