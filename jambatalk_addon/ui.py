"""Drawing helpers shared by the panels."""

import textwrap

import bpy

from .translation.hook import shown

_PIXELS_PER_CHARACTER = 7.0
_MARGIN_PIXELS = 55


def draw_sentence(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str
) -> None:
    """Draw a sentence, in the artist's language, over as many lines as the region asks for."""
    width = context.region.width / context.preferences.system.ui_scale - _MARGIN_PIXELS
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(
        textwrap.wrap(shown(text), max(20, int(width / _PIXELS_PER_CHARACTER)))
    ):
        column.label(text=line, icon="BLANK1" if number else icon)
