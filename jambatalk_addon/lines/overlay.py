"""Words and sounds drawn over the dope sheet and the timeline, where Blender has a window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..bake import plan
from . import sounds, table
from .sounds import Said

_ROW = 16  # pixels, times the interface's scale
_TOP = 44  # below the region's top: the numbers of the frames are there
_TEXT = 11
_NARROWEST = 5  # pixels
_WORD = (0.16, 0.30, 0.48, 0.85)
_SOUND = (0.22, 0.22, 0.25, 0.85)
_STRONG = (0.55, 0.36, 0.10, 0.9)
_SILENT = (0.12, 0.12, 0.12, 0.6)
_LETTERS = (0.92, 0.92, 0.92, 1.0)

_handles: list[Any] = []


def attach() -> None:
    """Draw from now on; without a window there is nothing to draw on."""
    if not bpy.app.background and not _handles:
        space = bpy.types.SpaceDopeSheetEditor
        _handles.append(space.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL"))


def detach() -> None:
    """Draw no more."""
    while _handles:
        bpy.types.SpaceDopeSheetEditor.draw_handler_remove(_handles.pop(), "WINDOW")


def _draw() -> None:
    """Draw what is said in the takes of the chosen mesh."""
    context = bpy.context
    scene = context.scene
    if not table.table_of(scene).show_words:
        return
    obj = plan.chosen_mesh(context)
    if obj is None:
        return
    scale = context.preferences.system.ui_scale
    top = context.region.height - _TOP * scale
    for row, said in enumerate((sounds.words_of(obj, scene), sounds.sounds_of(obj, scene))):
        low = top - (row + 1) * (_ROW + 2) * scale
        _draw_row(context, said, low, _ROW * scale, is_word=row == 0)


def _draw_row(
    context: bpy.types.Context, said: Sequence[Said], low: float, height: float, *, is_word: bool
) -> None:
    """Draw words or sounds as boxes with their texts."""
    view, width = context.region.view2d, context.region.width
    for each in said:
        left, _ = view.view_to_region(each.first, 0, clip=False)
        right, _ = view.view_to_region(each.last, 0, clip=False)
        if right < 0 or left > width or right - left < _NARROWEST:
            continue
        _draw_box((left + 0.5, low, right - 0.5, low + height), _colour(each, is_word=is_word))
        _draw_text(each.text, left, right, low, height)


def _colour(said: Said, *, is_word: bool) -> tuple[float, ...]:
    if is_word or said.gain == 1.0:
        return _WORD if is_word else _SOUND
    return _STRONG if said.gain > 1.0 else _SILENT


def _draw_box(box: tuple[float, float, float, float], colour: tuple[float, ...]) -> None:
    """Draw a filled box: left, low, right and high in pixels of the region."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    left, low, right, high = box
    corners = [(left, low), (right, low), (right, high), (left, high)]
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    batch = batch_for_shader(shader, "TRIS", {"pos": corners}, indices=[(0, 1, 2), (0, 2, 3)])
    gpu.state.blend_set("ALPHA")
    shader.uniform_float("color", colour)
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _draw_text(text: str, left: float, right: float, low: float, height: float) -> None:
    """Draw a text in the middle of a box, if it fits."""
    import blf

    blf.size(0, _TEXT * bpy.context.preferences.system.ui_scale)
    wide, _ = blf.dimensions(0, text)
    if wide > right - left:
        return
    blf.color(0, *_LETTERS)
    blf.position(0, (left + right - wide) / 2, low + height * 0.28, 0)
    blf.draw(0, text)
