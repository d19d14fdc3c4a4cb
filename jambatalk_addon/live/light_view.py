"""3D views that are drawn with less as long as live speech runs: no overlays, edges as they come.

Without a graphics card these two are most of what drawing a head costs. What was there before is
remembered beside it, on the screens and in the add-on's preferences: then a file or preferences
that were saved meanwhile are put right when they are read. A view that is maximised goes to a
screen of its own: within a session views are known wherever they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import bpy

from ..machine.access import own_preferences

_MARK = "jambatalk_live"
_PLAIN = "OFF"
_hidden: set[int] = set()
"""Addresses of the views whose overlays were taken off in this session."""


def lighten(manager: bpy.types.WindowManager) -> None:
    """Have the 3D views of all windows drawn with less, until `give_back`."""
    for screen in (window.screen for window in manager.windows):
        if _MARK in screen:
            continue
        bare = [number for number, overlay in _overlays(screen) if not overlay.show_overlays]
        screen[_MARK] = json.dumps(bare)
        for view in _views(screen):
            if view.overlay.show_overlays:
                _hidden.add(view.as_pointer())
            view.overlay.show_overlays = False
    own, system = own_preferences(), bpy.context.preferences.system
    if own is not None and not own.edges:
        own.edges = system.viewport_aa
        _smooth(_PLAIN)


def give_back() -> None:
    """Have views drawn as before; where the artist has changed that meanwhile, it stays so."""
    for screen in [screen for screen in bpy.data.screens if _MARK in screen]:
        bare = json.loads(screen[_MARK])
        del screen[_MARK]
        for number, overlay in _overlays(screen):
            overlay.show_overlays = overlay.show_overlays or number not in bare
    for view in [view for screen in bpy.data.screens for view in _views(screen)]:
        if view.as_pointer() in _hidden:
            view.overlay.show_overlays = True
    _hidden.clear()
    own, system = own_preferences(), bpy.context.preferences.system
    if own is not None and own.edges:
        if system.viewport_aa == _PLAIN:
            _smooth(own.edges)
        own.edges = ""


def _smooth(edges: str) -> None:
    """Choose how edges are smoothed, which is nothing that the artist has to save."""
    preferences = bpy.context.preferences
    unsaved = preferences.is_dirty
    preferences.system.viewport_aa = edges
    preferences.is_dirty = unsaved


def _views(screen: bpy.types.Screen) -> Iterator[bpy.types.SpaceView3D]:
    """Yield the 3D views that a screen shows."""
    yield from (area.spaces.active for area in screen.areas if area.type == "VIEW_3D")


def _overlays(screen: bpy.types.Screen) -> Iterator[tuple[int, bpy.types.View3DOverlay]]:
    """Yield the overlays of a screen's 3D views with the numbers of their areas."""
    for number, area in enumerate(screen.areas):
        if area.type == "VIEW_3D":
            yield number, area.spaces.active.overlay
