"""Sliders that act on lines already baked, while they move: no model runs."""

from __future__ import annotations

from typing import Any

import bpy

from ...model_core.base.errors import UserError
from ..bake import again
from ..bake.status import BUSY, STATUS
from ..write import ownership
from . import options


class _Loading:
    """Whether sliders are being set to a line's own values, which adjusts nothing."""

    now = False
    trouble = ""


def takes_meant(settings: Any, obj: bpy.types.Object | None) -> list[str]:
    """Return the ids of the takes on an object that sliders act on."""
    known = ownership.takes_of(obj)
    if settings.adjust_all:
        return list(known)
    return [settings.adjusted_take] if settings.adjusted_take in known else []


def reason_against(settings: Any, obj: bpy.types.Object | None) -> str | None:
    """Return why sliders only count for the next bake, or None if they act at once."""
    if STATUS.running:
        return BUSY
    return again.problem(obj, takes_meant(settings, obj)) or _Loading.trouble or None


def slider_moved(settings: Any, context: bpy.types.Context) -> None:
    """Pose the lines that are meant again, as the sliders now say."""
    obj = settings.mesh or context.object
    _Loading.trouble = ""
    if _Loading.now or not settings.live or reason_against(settings, obj) is not None:
        return
    try:
        for take in takes_meant(settings, obj):
            again.adjust(obj, take, options.read(settings))
    except UserError as error:
        _Loading.trouble = str(error)


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
