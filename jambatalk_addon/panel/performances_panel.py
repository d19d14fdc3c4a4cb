"""The performances of the line that controls act on: a row each, and what blends two."""

from __future__ import annotations

from typing import Any

import bpy

from ..bake import performances
from ..translation.hook import shown
from ..write.performances import Performance, Performances
from . import performances_operators as operators


def draw(layout: bpy.types.UILayout, settings: Any, obj: bpy.types.Object, take: str) -> None:
    """Draw the performances of a line if there are several, or if some lie in the NLA."""
    known, laid = performances.of(obj, take), performances.line_in_nla(obj) == take
    if len(known.packed) < 2:
        if laid:
            _draw_nla(layout.box().row(align=True), laid)
        return
    column = layout.box().column(align=True)
    for one in known.packed:
        _draw_one(column.row(align=True), known, one)
    column.operator(operators.JAMBATALK_OT_compare_performances.bl_idname, icon="ARROW_LEFTRIGHT")
    if known.other is not None:
        column.prop(settings, "take_blend", text=shown(known.other.called), slider=True)
    _draw_nla(column.row(align=True), laid)


def _draw_nla(row: bpy.types.UILayout, laid: bool) -> None:
    """Draw what lays the performances in the NLA, and takes them out."""
    lay, out = operators.JAMBATALK_OT_takes_to_nla, operators.JAMBATALK_OT_takes_from_nla
    if laid:
        row.operator(lay.bl_idname, text="Update There", icon="NLA")
        row.operator(out.bl_idname, text="Take Out", icon="ACTION")
    else:
        row.operator(lay.bl_idname, icon="NLA")


def _draw_one(row: bpy.types.UILayout, known: Performances, one: Performance) -> None:
    """Draw one: a button that shows it, one that blends it, one that forgets it."""
    visible, busy = one == known.shown, one in {known.shown, known.other}
    show = row.operator(
        operators.JAMBATALK_OT_show_performance.bl_idname, text=shown(one.called), depress=visible
    )
    show.called = one.called
    blend = row.row(align=True)
    blend.enabled = not visible
    mixed = blend.operator(
        operators.JAMBATALK_OT_blend_performance.bl_idname,
        text="",
        icon="MOD_SIMPLEDEFORM",
        depress=one == known.other,
    )
    mixed.called = one.called
    forget = row.row(align=True)
    forget.enabled = not busy
    gone = forget.operator(operators.JAMBATALK_OT_forget_performance.bl_idname, text="", icon="X")
    gone.called = one.called
