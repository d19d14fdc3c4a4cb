"""The runtime's part of the preferences."""

import bpy

from ...model_core.errors import UserError
from ..ui import draw_sentence
from . import operators
from .variants import this_target, variants

_items: list[tuple[str, str, str]] = []


def variant_items(
    _preferences: bpy.types.AddonPreferences | None, _context: bpy.types.Context | None
) -> list[tuple[str, str, str]]:
    """Return what can be installed on this machine, with sizes; Blender keeps no copy of them."""
    if not _items:
        try:
            offered = variants(this_target())
        except UserError as error:
            _items.append(("none", "None", str(error)))
        else:
            _items.extend((variant.name, variant.label, variant.title) for variant in offered)
    return _items


def draw_runtime(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    preferences: bpy.types.AddonPreferences,
) -> None:
    """Draw what can be installed, and how an installation goes."""
    column = layout.box().column()
    column.prop(preferences, "runtime_variant")
    column.prop(preferences, "wheel_folder")
    job = operators.job()
    if job is not None and job.running:
        row = column.row(align=True)
        row.progress(factor=job.fraction, text=job.message)
        row.operator("jambatalk.cancel_installation", text="", icon="CANCEL")
        return
    row = column.row(align=True)
    row.operator("jambatalk.install_runtime", icon="IMPORT")
    row.operator("jambatalk.remove_runtime", text="", icon="TRASH")
    if job is not None:
        draw_sentence(column, context, job.message, "ERROR" if job.failed else "CHECKMARK")
