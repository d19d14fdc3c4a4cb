"""Sliders that act on lines already baked, while they move: no model runs.

In a window lines follow at once and roughly, and are posed as they should be when the sliders have
rested for a moment. Without one they are posed so at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ..bake import again, dragged, performances
from ..bake.status import BUSY, STATUS
from ..bones.takes import takes_of
from ..write import raw
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
        _follow(obj, take, options.read(settings))


def _follow(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> None:
    """Pose a line as options want it: at once and roughly while a slider may be dragged."""
    if not _in_window() or not dragged.follow(obj, take, chosen):
        _pose(obj, take, chosen)
    else:
        settle_in(_REST)


def blend_moved(settings: Any, context: bpy.types.Context) -> None:
    """Blend the takes of the line that controls act on, as the slider now says."""
    obj, take = settings.mesh or context.object, settings.adjusted_take
    if _Loading.now or STATUS.running or obj is None or again.problem(obj, [take]) is not None:
        return
    other = performances.of(obj, take).other
    if other is not None:
        performances.mix(obj, take, other.called, round(settings.take_blend, 4))
        chosen = again.as_posed(obj, take, options.read(settings))
        _follow(obj, take, chosen)
        performances.turn_along(obj, take, chosen)


def _in_window() -> bool:
    """Return whether somebody may be dragging a slider."""
    return not bpy.app.background


def _pose(obj: bpy.types.Object, take: str, chosen: BakeOptions) -> None:
    """Pose a line as options want it; what is against it shows in the panel."""
    try:
        again.adjust(obj, take, chosen)
    except UserError as error:
        _Loading.trouble = str(error)


def settle_in(seconds: float) -> None:
    """Settle so many seconds from now, and not before."""
    if bpy.app.timers.is_registered(settle):
        bpy.app.timers.unregister(settle)
    bpy.app.timers.register(settle, first_interval=seconds)


def settle() -> None:
    """Pose the lines that followed sliders as they should be."""
    if STATUS.running:
        return
    for obj, take in list(_rough()):
        if again.problem(obj, [take]) is None:
            wanted = options.read(bpy.context.scene.jambatalk)
            _pose(obj, take, again.as_posed(obj, take, wanted))


def _rough() -> Iterator[tuple[bpy.types.Object, str]]:
    """Yield the lines of this file that are as a drag left them, each on one object."""
    seen = set()
    for obj in bpy.data.objects:
        key = obj.data.shape_keys if obj.type == "MESH" else None
        if key is None or key in seen or key.library is not None:
            continue
        seen.add(key)
        yield from ((obj, take) for take in takes_of(obj) if raw.is_rough(key, take))


def attach() -> None:
    """Have no line stay as a drag left it: in files that are saved, nor after an undo."""
    bpy.app.handlers.save_pre.append(_settle_before_saving)
    for each in _brought_back():
        each.append(_settle_soon)


def detach() -> None:
    """Undo `attach`."""
    if bpy.app.timers.is_registered(settle):
        bpy.app.timers.unregister(settle)
    bpy.app.handlers.save_pre.remove(_settle_before_saving)
    for each in _brought_back():
        each.remove(_settle_soon)


def _brought_back() -> tuple[Any, ...]:
    """Return the handlers of what brings another state of the file."""
    handlers = bpy.app.handlers
    return (handlers.undo_post, handlers.redo_post, handlers.load_post)


@persistent
def _settle_before_saving(_file: object) -> None:
    settle()


@persistent
def _settle_soon(_file: object) -> None:
    if any(_rough()):
        settle_in(0.0)


def show(settings: Any, obj: bpy.types.Object, take: str) -> None:
    """Have the sliders stand for one line: they get its values."""
    known = again.options_of(obj, take)
    _Loading.now = True
    try:
        settings.adjusted_take, settings.adjust_all = take, False
        settings.take_blend = performances.of(obj, take).share
        for name in again.ADJUSTABLE:
            setattr(settings, name, getattr(known, name))
    finally:
        _Loading.now = False
