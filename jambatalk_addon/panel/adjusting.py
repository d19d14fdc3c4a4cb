"""Sliders that act on lines already baked, while they move: no model runs.

In a window lines follow at once and roughly, and are posed as they should be when the sliders have
rested for a moment. Without one they are posed so at once.
"""

from __future__ import annotations

from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ..bake import again, dragged
from ..bake.status import BUSY, STATUS
from ..bones.takes import takes_of
from . import options

_REST = 0.4  # s


class _Loading:
    """Whether sliders are being set to a line's own values, which adjusts nothing."""

    now = False
    trouble = ""


def takes_meant(settings: Any, obj: bpy.types.Object | None) -> list[str]:
    """Return the ids of the takes on an object that sliders act on."""
    known = takes_of(obj)
    if settings.adjust_all:
        return list(known)
    return [settings.adjusted_take] if settings.adjusted_take in known else []


def reason_against(settings: Any, obj: bpy.types.Object | None) -> str | None:
    """Return why sliders only count for the next bake, or None if they act at once."""
    if STATUS.running:
        return BUSY
    return again.problem(obj, takes_meant(settings, obj)) or _Loading.trouble or None


def notes(settings: Any, obj: bpy.types.Object | None) -> list[str]:
    """Return sentences on sliders that do nothing to the lines that are meant."""
    return again.notes(obj, takes_meant(settings, obj), options.read(settings)) if obj else []


def slider_moved(settings: Any, context: bpy.types.Context) -> None:
    """Pose the lines that are meant again, as the sliders now say."""
    obj = settings.mesh or context.object
    _Loading.trouble = ""
    if _Loading.now or not settings.live or reason_against(settings, obj) is not None:
        return
    for take in takes_meant(settings, obj):
        if not _in_window() or not dragged.follow(obj, take, options.read(settings)):
            _pose(obj, take, options.read(settings))
        else:
            _Moved.takes[obj.data.session_uid, take] = options.read(settings)
    if _Moved.takes:
        _wait_for_rest()


def _in_window() -> bool:
    """Return whether somebody may be dragging a slider."""
    return not bpy.app.background


def _pose(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> None:
    """Pose a line as options want it; what is against it shows in the panel."""
    try:
        again.adjust(obj, take, chosen)
    except UserError as error:
        _Loading.trouble = str(error)


class _Moved:
    """The lines that followed sliders and are to be posed when these rest, and how."""

    takes: dict[tuple[int, str], BakeOptions] = {}


def _wait_for_rest() -> None:
    """Settle a moment from now, and not before."""
    if bpy.app.timers.is_registered(settle):
        bpy.app.timers.unregister(settle)
    bpy.app.timers.register(settle, first_interval=_REST)


def settle() -> None:
    """Pose the lines that followed sliders as they should be."""
    meshes = {mesh.session_uid: mesh for mesh in bpy.data.meshes}
    moved, _Moved.takes = _Moved.takes, {}
    for (uid, take), chosen in moved.items():
        obj = _object_of(meshes.get(uid))
        if obj is not None and not STATUS.running and again.problem(obj, [take]) is None:
            _pose(obj, take, chosen)


def _object_of(mesh: bpy.types.Mesh | None) -> bpy.types.Object | None:
    """Return an object that has a mesh, if one is left."""
    return next((obj for obj in bpy.data.objects if obj.data == mesh), None) if mesh else None


def show(settings: Any, obj: bpy.types.Object, take: str) -> None:
    """Have the sliders stand for one line: they get its values."""
    known = again.options_of(obj, take)
    _Loading.now = True
    try:
        settings.adjusted_take, settings.adjust_all = take, False
        for name in again.ADJUSTABLE:
            setattr(settings, name, getattr(known, name))
    finally:
        _Loading.now = False
